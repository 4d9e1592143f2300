"""A course as Markdown files, one for each concept, and an outline that leads to them."""

from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from content.artifacts import labels
from content.exports.document import Concept, Course, Question, Resource
from content.exports.files import file_name, zip_of
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Roadmap
from roadmaps.people.languages import name_of


def write_files(course: Course, folder: Path) -> list[Path]:
    """Write the course below `folder`; returns the files, the outline first."""
    written = []
    for name, text in files(course).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def write(course: Course) -> bytes:
    return zip_of(files(course))


def files(course: Course) -> dict[str, str]:
    """Path → Markdown, all below one folder named after the course."""
    root = file_name(course.title)
    paths = _paths(course)
    found = {f"{root}/README.md": _outline(course, paths)}
    titles = course.titles()
    return found | {f"{root}/{paths[one.id]}": _concept(one, titles) for one in course.concepts()}


def _paths(course: Course) -> dict[str, str]:
    paths, number = {}, 0
    for at, stage in enumerate(course.stages, 1):
        for place, module in enumerate(stage.modules, 1):
            folder = f"{at:02d}-{file_name(stage.title)}/{place:02d}-{file_name(module.title)}"
            for concept in module.concepts:
                number += 1
                paths[concept.id] = f"{folder}/{number:02d}-{file_name(concept.title)}.md"
    return paths


def _outline(course: Course, paths: dict[str, str]) -> str:
    wanted = course.request
    count = len(paths)
    facts = _("%(count)d concepts, %(total)d hours: %(hours)d a week for %(weeks)d weeks.") % {
        "count": count,
        "total": round(course.minutes / 60),
        "hours": wanted.hours_per_week,
        "weeks": wanted.weeks,
    }
    goal = _("Goal:")
    lines = [f"# {course.title}", "", *_notes(course), f"**{goal}** {wanted.goal}", "", facts, ""]
    for at, stage in enumerate(course.stages, 1):
        lines += ["", f"## {at}. {stage.title}", "", stage.summary, ""]
        for module in stage.modules:
            lines += ["", f"### {module.title}", ""]
            lines += [
                f"- [{one.title}]({paths[one.id]}) · {_minutes(one)}" for one in module.concepts
            ]
    return "\n".join(lines) + "\n"


def _minutes(concept: Concept) -> str:
    return _("%(count)d minutes") % {"count": concept.minutes}


def _notes(course: Course) -> Iterator[str]:
    if course.made_without_model:
        yield "> " + _("Made without a model. To connect one:") + f" `{CONNECT_A_MODEL}`"
        yield ""
    if course.checked:
        yield checked_line(course)
        yield ""


def checked_line(course: Course) -> str:
    """Who approved the plan, and whether that was a person."""
    if course.checked is None:
        return ""
    by = {"name": course.checked.by, "date": course.checked.on.isoformat()}
    if course.checked.person:
        return _("Approved by %(name)s, %(date)s.") % by
    return _("Approved by %(name)s, not a person, %(date)s.") % by


def _concept(concept: Concept, titles: dict[str, str]) -> str:
    facts = f"{_minutes(concept)} · {Roadmap.Level.word(concept.difficulty)}"
    lines = [f"# {concept.title}", "", concept.summary, "", facts, ""]
    if concept.prerequisites:
        first = ", ".join(titles[key] for key in concept.prerequisites)
        lines += [_("First: %(titles)s") % {"titles": first}, ""]
    lines += [concept.tutorial or f"*{_('The tutorial is not written yet.')}*", ""]
    lines += [*_resources(concept.resources), *_quiz(concept.quiz)]
    return "\n".join(lines) + "\n"


def _resources(resources: list[Resource]) -> list[str]:
    lines = [f"- [{one.title}](<{one.url}>) ({_about(one)}): {one.note}" for one in resources]
    return [f"## {_('Resources')}", "", *lines, ""] if lines else []


def _about(resource: Resource) -> str:
    return f"{labels.resource_kind(resource.kind)}, {name_of(resource.language)}"


def _quiz(questions: list[Question]) -> list[str]:
    lines: list[str] = []
    for number, question in enumerate(questions, 1):
        lines += [f"{number}. {question.text}", ""]
        lines += [f"   - {option}" for option in question.options]
        answer = f"{'; '.join(question.answers)}: {question.explanation}"
        lines += ["", f"   <details><summary>{_('Answer')}</summary>{answer}</details>", ""]
    return [f"## {_('Quiz')}", "", *lines] if lines else []
