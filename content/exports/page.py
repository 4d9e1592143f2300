"""Parts of the formats that are web pages: a concept as XHTML, and the language of the page."""

from itertools import count
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from content.exports.document import Concept, Course
from content.exports.files import PartDone
from content.exports.markup import web_address, xhtml

RIGHT_TO_LEFT = ("ar", "fa", "he", "ps", "sd", "ug", "ur", "yi")


def render(template: str, context: dict[str, Any]) -> str:
    return render_to_string(f"content/exports/{template}", context)


def facts_of(course: Course) -> dict[str, Any]:
    """What every page says of the course."""
    language = course.language
    direction = "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"
    return {"course": course, "language": language, "direction": direction}


def concept_of(
    titles: dict[str, str], concept: Concept, number: int, *, heading: int
) -> dict[str, Any]:
    """A concept as templates show it; the tutorial's topmost headings become <h`heading`>.

    `titles` of all concepts, by id.
    """
    text = xhtml(concept.tutorial, heading=heading, name=f"c{number}")
    return {
        "number": number,
        "concept": concept,
        "first": [titles[key] for key in concept.prerequisites],
        "body": mark_safe(text),  # noqa: S308 - made of tokens, in which no raw HTML is
        "has_formula": "<math" in text,
        "resources": [(resource, web_address(resource.url)) for resource in concept.resources],
    }


def chapters_of(course: Course, part_done: PartDone) -> list[dict[str, Any]]:
    """In reading order, each with the stage and module that it stands in."""
    titles = course.titles()
    chapters = []
    for number, (stage, module, concept) in enumerate(course.places(), 1):
        chapters.append(
            concept_of(titles, concept, number, heading=2) | {"stage": stage, "module": module}
        )
        part_done()
    return chapters


def contents_of(course: Course) -> list[dict[str, Any]]:
    """For the contents: stages of modules of numbered concepts."""
    numbers = count(1)
    stages = []
    for stage in course.stages:
        modules = []
        for module in stage.modules:
            concepts = [(next(numbers), concept.title) for concept in module.concepts]
            modules.append({"title": module.title, "concepts": concepts})
        stages.append({"title": stage.title, "modules": modules})
    return stages
