"""A study plan for calendars: each concept on the days that its minutes fall on, by the hours of a
week.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from content.exports.document import Concept, Course


def write(course: Course, start: date | None = None, hours: int | None = None) -> bytes:
    """Begins next Monday, with the course's own hours, unless told otherwise."""
    calendar = Calendar()
    calendar.add("prodid", "-//Cairn//Study plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", course.title)
    for concept, first, last in days(
        course, start or next_monday(), hours or course.request.hours_per_week
    ):
        calendar.add_component(_event(course, concept, first, last))
    return bytes(calendar.to_ical())


def next_monday() -> date:
    today = timezone.localdate()
    return today + timedelta(days=7 - today.weekday())


def days(course: Course, start: date, hours: int) -> Iterator[tuple[Concept, date, date]]:
    """Each concept with its first and last day."""
    week = hours * 60
    before = 0
    for concept in course.concepts():
        first, last = (
            start + timedelta(days=minute * 7 // week)
            for minute in (before, before + concept.minutes - 1)
        )
        yield concept, first, last
        before += concept.minutes


def _event(course: Course, concept: Concept, first: date, last: date) -> Event:
    event = Event()
    event.add(
        "uid", f"{course.id}-{concept.id}@cairn"
    )  # the same every time, so that a calendar moves it
    event.add("dtstamp", datetime.now(UTC))
    event.add("summary", concept.title)
    event.add("dtstart", first)
    event.add("dtend", last + timedelta(days=1))  # the day after, as the format wants it
    minutes = _("%(count)d minutes") % {"count": concept.minutes}
    event.add("description", f"{minutes} · {course.title}\n\n{concept.summary}")
    event.add("transp", "TRANSPARENT")  # studying does not make the whole day busy
    return event
