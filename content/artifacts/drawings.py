"""Drawings of tutorials: made by workers when a text is stored, and only read by pages.

A run draws what it has written before it saves it. What a request stores, as an import does, and
what an older release or renderer left is drawn by tasks; until then its readers see plain text.
"""

import logging
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from time import monotonic
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils.safestring import mark_safe

from content.artifacts.kinds import Kind
from content.models import Tutorial
from content.rendering import drawing
from content.rendering.document import Document, Heading, plain
from roadmaps.engine import dispatch, leases, loop
from roadmaps.engine.driving import drive
from roadmaps.models import Roadmap

logger = logging.getLogger(__name__)

TUTORIAL, COURSE = "drawing.draw_tutorial", "drawing.draw_course"
ASKED_SECONDS = 120  # for so long a page that is opened again asks for nothing
AT_ONCE = 100  # keys that are looked up together
DRAWN, LATER = "drawn", "later"
# Threads of a worker that draw stored texts, or wait for another to do so: however many pages ask,
# most of its threads are left to runs.
TURNS = 3
turns = threading.BoundedSemaphore(TURNS)


def document(tutorial: Tutorial) -> tuple[Document, bool]:
    """What a page shows of a tutorial, and whether it is drawn; a worker is asked if it isn't."""
    version = tutorial.drawn_version if is_of_text(tutorial) else 0
    if version < drawing.VERSION:
        ask(tutorial)
    if version < drawing.OLDEST_SHOWN:
        return shown(plain(tutorial.markdown)), False
    headings = tuple(Heading(*heading) for heading in tutorial.headings or [])
    return shown(Document(tutorial.html, headings, tutorial.has_diagram)), True


def shown(document: Document) -> Document:
    return replace(document, html=mark_safe(document.html))  # noqa: S308 - drawn, or escaped


def is_of_text(tutorial: Tutorial) -> bool:
    return tutorial.drawn_of == drawing.digest(tutorial.markdown)


def ask(tutorial: Tutorial) -> None:
    """Have a tutorial drawn, once for many visits."""
    key, asking = f"drawing:{tutorial.pk}", uuid.uuid4()
    # While Redis is away, `add` says yes and `get` nothing: no visit then waits for the broker.
    if cache.add(key, asking, ASKED_SECONDS) and cache.get(key) == asking:
        dispatch.send_on_commit(TUTORIAL, tutorial.pk, asking)


def ask_for_course(roadmap: Roadmap) -> None:
    """Have the texts of a new course drawn, after the commit."""
    dispatch.send_on_commit(COURSE, roadmap.pk, uuid.uuid4())


def of_answer(kind: Kind, answer: Any, name: str) -> dict[str, Any]:
    """Columns of a text that a model has just written; none where there is nothing to draw, or
    nobody can just now.
    """
    if not kind.text:
        return {}
    text = getattr(answer, kind.text)
    loop.give_back_connection()
    try:
        return columns(text, drawing.draw(text, name, drawing.OF_RUNS))
    except drawing.NotDrawn as exc:
        logger.warning("%s", exc)
        return {}


def columns(text: str, document: Document) -> dict[str, Any]:
    return {
        "html": document.html,
        "headings": [[part.level, part.id, part.text] for part in document.headings],
        "has_diagram": document.has_diagram,
        "drawn_of": drawing.digest(text),
        "drawn_version": drawing.VERSION,
    }


def draw_tutorial(pk: uuid.UUID) -> str:
    """Draw a stored text unless that is done; returns DRAWN, LATER when nobody can just now, or an
    Outcome: another process does it.
    """
    if not turns.acquire(blocking=False):
        return LATER
    try:
        return drive_drawing(pk)
    finally:
        turns.release()


def drive_drawing(pk: uuid.UUID) -> str:
    rows = Tutorial.objects.select_related("concept").filter(pk=pk)

    def claim() -> Tutorial | None:
        tutorial = rows.first()
        if tutorial is None or not tutorial.markdown:
            return None
        is_drawn = tutorial.drawn_version >= drawing.VERSION and is_of_text(tutorial)
        return None if is_drawn else tutorial

    def work(tutorial: Tutorial, hold: leases.Hold) -> str:
        loop.give_back_connection()
        name = f"the tutorial of {tutorial.concept.title!r} ({tutorial.pk})"
        drawn = drawing.draw(tutorial.markdown, name, drawing.OF_STORED)
        with hold.writing():
            # Who reads it sees the same text as before, so it counts as no change of it.
            of_text = Tutorial.objects.filter(pk=pk, markdown=tutorial.markdown)
            of_text.update(**columns(tutorial.markdown, drawn))
            hold.end()
        return DRAWN

    def fail(_tutorial: Tutorial, hold: leases.Hold, exc: Exception) -> str:
        with hold.writing():
            hold.end()
        if not isinstance(exc, drawing.NotDrawn):
            raise exc
        logger.warning("%s", exc)
        return LATER

    # Not the tutorial's own lease: that one is its rewrite's.
    return drive(uuid.uuid5(pk, "drawing"), claim, work, fail)


def draw_course(roadmap_id: uuid.UUID, seconds: float) -> int:
    """Draw what isn't drawn of a course, for about so long; returns how many."""
    rows = Tutorial.objects.not_drawn().filter(concept__roadmap=roadmap_id)
    return draw_all(rows.order_by("concept__order").values_list("pk", flat=True), seconds)


def draw_left_over(seconds: float) -> int:
    """Draw texts that an older release or renderer or a long course left, for about so long;
    returns how many.
    """
    return draw_all(left_over(), seconds)


def draw_all(keys: Iterable[uuid.UUID], seconds: float) -> int:
    ends_at = monotonic() + seconds
    count = 0
    for pk in takewhile(lambda _: monotonic() < ends_at, keys):
        outcome = draw_tutorial(pk)
        if outcome == LATER:
            break
        count += outcome == DRAWN
    return count


def left_over() -> Iterator[uuid.UUID]:
    """Keys of texts to draw: first those of which nobody sees more than plain text."""
    not_drawn = Tutorial.objects.not_drawn().order_by("pk")
    before = Tutorial.objects.drawn_before(drawing.VERSION).order_by("drawn_version", "pk")
    for rows in (not_drawn, before):
        seen: set[uuid.UUID] = set()
        # Those that are drawn leave the rows; those that another process draws are in its hands.
        while keys := set(rows.values_list("pk", flat=True)[: AT_ONCE + len(seen)]) - seen:
            seen |= keys
            yield from keys


TAKE_ALONG = """
UPDATE content_tutorial AS copied SET html = drawn.html, headings = drawn.headings,
    has_diagram = drawn.has_diagram, drawn_of = drawn.drawn_of,
    drawn_version = drawn.drawn_version
FROM content_tutorial drawn
JOIN roadmaps_concept old ON old.id = drawn.concept_id
JOIN roadmaps_concept new ON new.key = old.key
WHERE old.roadmap_id = %s AND new.roadmap_id = %s AND copied.concept_id = new.id
    AND drawn.drawn_of = md5(copied.markdown)
"""


def take_along(course: Roadmap, copy: Roadmap) -> None:
    """What is drawn of a course, for its copy."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ALONG, [course.pk, copy.pk])
