"""Markdown export: one file for each concept, and an outline that leads to them."""

from html import escape
from pathlib import Path

from django.utils.translation import gettext as _

from content.artifacts import labels
from content.exports.document import Concept, Course, Question, Resource
from content.exports.files import PartDone, file_name, nobody_waits, zip_of
from content.exports.markdown_text import address, block, harmless, inline
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Roadmap
from roadmaps.people.languages import name_of
from roadmaps.plain_text import many_lines


def write_files(course: Course, folder: Path) -> list[Path]:
    """Write the course below `folder`; returns the files, the outline first."""
    written = []
    for name, text in files(course).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def write(course: Course, part_done: PartDone = nobody_waits) -> bytes:
    return zip_of(files(course, part_done))


def files(course: Course, part_done: PartDone = nobody_waits) -> dict[str, str]:
    """Path → Markdown, all below one folder named after the course."""
    root = file_name(course.title)
    paths = paths_of(course)
    titles = course.titles()
    texts = {f"{root}/README.md": outline(course, paths)}
    for concept in course.concepts():
        texts[f"{root}/{paths[concept.id]}"] = concept_text(concept, titles)
        part_done()
    return texts


def paths_of(course: Course) -> dict[str, str]:
    """Path of each concept's file, by the concept's id."""
    paths: dict[str, str] = {}
    for stage_number, stage in enumerate(course.stages, 1):
        stage_folder = f"{stage_number:02d}-{file_name(stage.title)}"
        for module_number, module in enumerate(stage.modules, 1):
            folder = f"{stage_folder}/{module_number:02d}-{file_name(module.title)}"
            for concept in module.concepts:
                number = len(paths) + 1
                paths[concept.id] = f"{folder}/{number:02d}-{file_name(concept.title)}.md"
    return paths


def outline(course: Course, paths: dict[str, str]) -> str:
    lines = [f"# {inline(course.title)}", ""]
    if course.made_without_model:
        lines += ["> " + _("Made without a model. To connect one:") + f" `{CONNECT_A_MODEL}`", ""]
    if course.checked:
        lines += [checked_line(course), ""]

    size = _("%(count)d concepts, %(total)d hours: %(hours)d a week for %(weeks)d weeks.") % {
        "count": len(paths),
        "total": round(course.minutes / 60),
        "hours": course.request.hours_per_week,
        "weeks": course.request.weeks,
    }
    goal = _("Goal:")
    lines += [f"**{goal}** {block(course.request.goal)}", "", size, ""]

    for number, stage in enumerate(course.stages, 1):
        lines += ["", f"## {number}. {inline(stage.title)}", "", block(stage.summary), ""]
        for module in stage.modules:
            lines += ["", f"### {inline(module.title)}", ""]
            for concept in module.concepts:
                link = f"[{inline(concept.title)}]({paths[concept.id]})"
                lines.append(f"- {link} · {minutes(concept)}")
    return "\n".join(lines) + "\n"


def minutes(concept: Concept) -> str:
    return _("%(count)d minutes") % {"count": concept.minutes}


def checked_line(course: Course) -> str:
    """Who approved the plan, and whether that was a person."""
    if course.checked is None:
        return ""
    by = {"name": inline(course.checked.by), "date": course.checked.on.isoformat()}
    if course.checked.person:
        return _("Approved by %(name)s, %(date)s.") % by
    return _("Approved by %(name)s, not a person, %(date)s.") % by


def concept_text(concept: Concept, titles: dict[str, str]) -> str:
    """`titles` of all concepts, by id."""
    size = f"{minutes(concept)} · {Roadmap.Level.word(concept.difficulty)}"
    lines = [f"# {inline(concept.title)}", "", block(concept.summary), "", size, ""]
    if concept.prerequisites:
        prerequisites = ", ".join(inline(titles[key]) for key in concept.prerequisites)
        lines += [_("First: %(titles)s") % {"titles": prerequisites}, ""]
    if concept.outcomes:
        outcomes = [f"- {inline(outcome)}" for outcome in concept.outcomes]
        lines += [f"**{_('Afterwards you can')}**", "", *outcomes, ""]
    tutorial = harmless(concept.tutorial) or f"*{_('The tutorial is not written yet.')}*"
    lines += [tutorial, ""]
    if concept.resources:
        lines += [f"## {_('Resources')}", "", *map(resource_line, concept.resources), ""]
    if concept.quiz:
        lines += [f"## {_('Quiz')}", ""]
    for number, question in enumerate(concept.quiz, 1):
        lines += question_lines(number, question)
    return "\n".join(lines) + "\n"


def resource_line(resource: Resource) -> str:
    kind, language = labels.resource_kind(resource.kind), name_of(resource.language)
    link = f"[{inline(resource.title)}](<{address(resource.url)}>)"
    facts = f"({inline(kind)}, {inline(language)})"
    return f"- {link} {facts}: {block(resource.note, '  ')}"


def question_lines(number: int, question: Question) -> list[str]:
    """A list's item; the answer is HTML, in which Markdown means nothing."""
    mark = f"{number}. "
    indent = " " * len(mark)
    options = [f"{indent}- {block(option, indent + '  ')}" for option in question.options]
    answer = many_lines(f"{'; '.join(question.answers)}: {question.explanation}").strip()
    shown = escape(answer).replace("\n", "<br>")
    details = f"{indent}<details><summary>{_('Answer')}</summary>{shown}</details>"
    return [f"{mark}{block(question.text, indent)}", "", *options, "", details, ""]
