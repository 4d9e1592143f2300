"""Study plan for calendars: each concept on its days, by the hours a week."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from content.exports.document import Concept, Course
from roadmaps.plain_text import many_lines, one_line


def write(course: Course, start: date | None = None, hours: int | None = None) -> bytes:
    """Begins next Monday, with the course's own hours, unless told otherwise."""
    calendar = Calendar()
    calendar.add("prodid", "-//Cairn//Study plan//EN")
    calendar.add("version", "2.0")
    # As a text: the library escapes only what its own table knows as one.
    calendar.add("x-wr-calname", vText(one_line(course.title)))
    for concept, first, last in days(
        course, start or next_monday(), hours or course.request.hours_per_week
    ):
        calendar.add_component(event_of(course, concept, first, last))
    return bytes(calendar.to_ical())


def next_monday() -> date:
    today = timezone.localdate()
    return today + timedelta(days=7 - today.weekday())


def days(course: Course, start: date, hours: int) -> Iterator[tuple[Concept, date, date]]:
    """Each concept with its first and last day."""
    minutes_of_week = hours * 60
    begin = 0  # in minutes of study
    for concept in course.concepts():
        end = begin + concept.minutes
        first = start + timedelta(days=begin * 7 // minutes_of_week)
        last = start + timedelta(days=(end - 1) * 7 // minutes_of_week)
        yield concept, first, last
        begin = end


def event_of(course: Course, concept: Concept, first: date, last: date) -> Event:
    event = Event()
    # The same every time, so that a calendar moves it.
    event.add("uid", f"{course.id}-{concept.id}@cairn")
    event.add("dtstamp", datetime.now(UTC))
    event.add("summary", one_line(concept.title))
    event.add("dtstart", first)
    event.add("dtend", last + timedelta(days=1))  # the day after, as the format wants it
    minutes = _("%(count)d minutes") % {"count": concept.minutes}
    text = f"{minutes} · {one_line(course.title)}\n\n{many_lines(concept.summary)}"
    event.add("description", text)
    event.add("transp", "TRANSPARENT")  # studying does not make the whole day busy
    return event
