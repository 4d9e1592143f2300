"""Writing of an export's file in a process of its own, which limits of time, memory and size end.

The course goes there as JSON and the file comes back: what is written has no database, no broker
and no worker's interpreter to hold.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation

from content.exports import FORMATS, ExportImpossible, Format
from content.sandbox import MEGABYTE, LimitReached, Limits, Sandbox
from roadmaps import sentences
from roadmaps.sentences import Sentence

if TYPE_CHECKING:
    from content.exports.document import Course

# Addresses where nothing is, so that the process can't reach what its worker reaches.
NOWHERE = {"DATABASE_URL": "postgresql://nobody@/none?host=/none", "REDIS_URL": "unix:///none"}
AT_ONCE = 2  # processes of one worker
LARGEST = 3  # parts that a failure names
TITLE_MAX = 60  # characters of such a part
FILE, IMPOSSIBLE = b"f", b"i"  # how an answer begins
TOO_MUCH = {
    "time": Sentence("This course takes too long to write as “%(format)s”."),
    "memory": Sentence("This course takes too much memory to write as “%(format)s”."),
    "size": Sentence("This course becomes too large a file as “%(format)s”."),
}
LEAVE_OUT = Sentence("Shorten these, or leave them out.")
LEAVE_OUT_OR_TAKE = Sentence(
    "Shorten these or leave them out, or take “JSON”, which has room for everything."
)


def write_file(
    format: Format, course: "Course", part_done: Callable[[], None], look: Callable[[], None]
) -> bytes:
    """The file, with days in Django's current time zone.

    `look` is called every second, and whatever it raises ends the writing. Raises
    ExportImpossible, with a sentence that names what is too large.
    """
    try:
        return _write(format, course, part_done, look, colours=True)
    except LimitReached as exc:
        limit = exc
    # What colours code is the first that a hostile text would hold up.
    if format.colours and limit.what != "size" and _has_code(course):
        try:
            return _write(format, course, part_done, look, colours=False)
        except LimitReached as exc:
            limit = exc
    raise ExportImpossible(_too_large(format, course, limit)) from limit


def _write(
    format: Format,
    course: "Course",
    part_done: Callable[[], None],
    look: Callable[[], None],
    *,
    colours: bool,
) -> bytes:
    order = {
        "format": format.name,
        "time_zone": timezone.get_current_timezone_name(),
        "options": {"colours": colours} if format.colours else {},
    }
    argument = json.dumps(order).encode() + b"\n" + course.model_dump_json().encode()
    limits = Limits(
        seconds=settings.EXPORT_SECONDS,
        memory=settings.EXPORT_MEMORY_MB * MEGABYTE,
        result=settings.EXPORT_MAX_BYTES,
    )
    with _a_process(look) as process:
        answer = process.call(argument, limits, part_done, look)
    if answer[:1] == FILE:
        return answer[1:]
    text, facts = json.loads(answer[1:])
    raise ExportImpossible(Sentence(text, **facts))


def work(argument: bytes, part_done: Callable[[], None]) -> bytes:
    """The work of that process: an order and a course, as `_write` puts them together."""
    from content.exports.document import Course

    head, _, text = argument.partition(b"\n")
    order = json.loads(head)
    format = FORMATS[order["format"]]
    if format.counts_parts:
        order["options"]["part_done"] = part_done
    try:
        with timezone.override(order["time_zone"]):
            return FILE + format.write(Course.model_validate_json(text), **order["options"])
    except ExportImpossible as exc:
        source = sentences.source_of(exc.said) or {"text": exc.said, "facts": {}}
        return IMPOSSIBLE + json.dumps([source["text"], source["facts"]]).encode()


_processes: LifoQueue[Sandbox] = LifoQueue()
for _number in range(AT_ONCE):
    _processes.put(Sandbox("content.exports.process:work", NOWHERE))


@contextmanager
def _a_process(look: Callable[[], None]) -> Iterator[Sandbox]:
    """One that is free, the last used first: it has imported what it needs."""
    process = None
    while process is None:
        try:
            process = _processes.get(timeout=1)
        except Empty:
            look()
    try:
        yield process
    finally:
        _processes.put(process)


def _has_code(course: "Course") -> bool:
    return any("```" in one.tutorial or "~~~" in one.tutorial for one in course.concepts())


def _too_large(format: Format, course: "Course", limit: LimitReached) -> Sentence:
    sizes = sorted(
        ((len(one.model_dump_json().encode()), one.title) for one in course.concepts()),
        reverse=True,
    )
    largest = [f"“{title[:TITLE_MAX]}” ({_size(size)})" for size, title in sizes[:LARGEST]]
    with translation.override("en"):
        name = Sentence(str(format.title))
    return Sentence(
        "%(problem)s Its largest parts are %(parts)s. %(advice)s",
        problem=Sentence(TOO_MUCH[limit.what].text, format=name),
        parts=", ".join(largest),
        advice=LEAVE_OUT if format.at_once_up_to else LEAVE_OUT_OR_TAKE,
    )


def _size(number: int) -> str:
    return filesizeformat(number).replace("\xa0", " ")
