"""A course as Markdown files."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

from content.models import Quiz, ResourceList, Tutorial
from roadmaps.llm import CONNECT_A_MODEL
from roadmaps.models import Concept, ReviewStatus, Roadmap

UNSAFE = re.compile(r"[^\w\-]+", re.UNICODE)
NAME_MAX = 60


def write_markdown(roadmap: Roadmap, folder: Path) -> list[Path]:
    """Write the course below `folder`; returns the files, the outline first."""
    written = []
    for name, text in markdown_files(roadmap).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def markdown_zip(roadmap: Roadmap) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in markdown_files(roadmap).items():
            archive.writestr(name, text)
    return out.getvalue()


def as_json(roadmap: Roadmap) -> dict[str, Any]:
    """The course as plain data: the request, and per concept its place, facts, tutorial, resources and questions."""
    concepts = [_concept_as_json(concept) for concept in _concepts(roadmap)]
    return {"title": str(roadmap), "request": roadmap.request_payload(), "concepts": concepts}


def _concept_as_json(concept: Concept) -> dict[str, Any]:
    facts = ("title", "summary", "minutes", "difficulty", "keywords", "outcomes")
    tutorial, resources, quiz = (getattr(concept, name, None) for name in ("tutorial", "resource_list", "quiz"))
    return {
        "stage": concept.module.stage.title,
        "module": concept.module.title,
        **{name: getattr(concept, name) for name in facts},
        "prerequisites": [needed.title for needed in concept.prerequisites.all()],
        "tutorial": tutorial.markdown if tutorial else "",
        "resources": _rows(resources.resources, "title", "url", "kind", "language", "note") if resources else [],
        "quiz": _rows(quiz.questions, "text", "options", "correct_indexes", "explanation") if quiz else [],
    }


def _rows(related: Any, *names: str) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in related.all()]


def _concepts(roadmap: Roadmap) -> list[Concept]:
    return list(
        roadmap.concepts.select_related("module__stage", "tutorial", "resource_list", "quiz")
        .prefetch_related("prerequisites", "resource_list__resources", "quiz__questions")
        .order_by("order")
    )


def markdown_files(roadmap: Roadmap) -> dict[str, str]:
    """Path → Markdown, all below one folder named after the course."""
    root = file_name(str(roadmap))
    concepts = _concepts(roadmap)
    paths = {concept.pk: _path(concept) for concept in concepts}
    files = {f"{root}/README.md": _outline(roadmap, concepts, paths)}
    return files | {f"{root}/{paths[concept.pk]}": _concept(concept) for concept in concepts}


def file_name(title: str) -> str:
    """Letters of any script stay; what a file system could stumble over goes."""
    return UNSAFE.sub("-", title).strip("-")[:NAME_MAX].strip("-") or "course"


def _path(concept: Concept) -> str:
    stage, module = concept.module.stage, concept.module
    parts = [f"{part.order:02d}-{file_name(part.title)}" for part in (stage, module, concept)]
    return "/".join(parts) + ".md"


def _outline(roadmap: Roadmap, concepts: list[Concept], paths: dict[int, str]) -> str:
    hours = sum(concept.minutes for concept in concepts) / 60
    lines = [f"# {roadmap}", "", *_notes(roadmap), f"**Goal:** {roadmap.goal}", ""]
    lines += [
        f"{len(concepts)} concepts, {hours:.0f} hours: {roadmap.hours_per_week} a week for {roadmap.weeks} weeks.",
        "",
    ]
    stage = module = None
    for concept in concepts:
        if concept.module.stage != stage:
            stage = concept.module.stage
            lines += ["", f"## {stage.order}. {stage}", "", stage.summary, ""]
        if concept.module != module:
            module = concept.module
            lines += ["", f"### {module}", ""]
        lines.append(f"- [{concept}]({paths[concept.pk]}) · {concept.minutes} minutes")
    return "\n".join(lines) + "\n"


def _notes(roadmap: Roadmap) -> list[str]:
    lines = []
    if roadmap.made_without_model:
        lines += [f"> Made without a model. To connect one: `{CONNECT_A_MODEL}`", ""]
    review = roadmap.reviews.filter(status=ReviewStatus.APPROVED).first()
    if review:
        unseen = "" if review.decided_by_person else ", not a person"
        lines += [f"Approved by {review.decider}{unseen}, {review.decided_at:%Y-%m-%d}.", ""]
    return lines


def _concept(concept: Concept) -> str:
    lines = [f"# {concept}", "", concept.summary, "", f"{concept.minutes} minutes · {concept.difficulty}", ""]
    if needed := list(concept.prerequisites.all()):
        lines += ["First: " + ", ".join(map(str, needed)), ""]
    lines += _tutorial(getattr(concept, "tutorial", None))
    lines += _resources(getattr(concept, "resource_list", None))
    lines += _quiz(getattr(concept, "quiz", None))
    return "\n".join(lines) + "\n"


def _tutorial(tutorial: Tutorial | None) -> list[str]:
    return [tutorial.markdown, ""] if tutorial and tutorial.markdown else ["*The tutorial is not written yet.*", ""]


def _resources(resource_list: ResourceList | None) -> list[str]:
    resources = resource_list.resources.all() if resource_list else []
    lines = [f"- [{one.title}](<{one.url}>) ({one.kind}, {one.language}): {one.note}" for one in resources]
    return ["## Resources", "", *lines, ""] if lines else []


def _quiz(quiz: Quiz | None) -> list[str]:
    questions = quiz.questions.all() if quiz else []
    lines: list[str] = []
    for question in questions:
        answers = "; ".join(question.options[index] for index in question.correct_indexes)
        lines += [f"{question.order}. {question.text}", ""]
        lines += [f"   - {option}" for option in question.options]
        lines += ["", f"   <details><summary>Answer</summary>{answers}: {question.explanation}</details>", ""]
    return ["## Quiz", "", *lines] if lines else []
