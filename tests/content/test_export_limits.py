"""Exports have limits of time, memory and size, and one at a time of each person is written."""

import uuid
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.urls import reverse
from django.utils import timezone, translation

from content.exports import jobs, pdf, rows, writing
from content.models import Export
from content.sandbox import LimitReached, Sandbox
from roadmaps.engine.recovery import recover
from roadmaps.models import Lease
from roadmaps.removal.trash import move_to_trash
from tests import courses
from tests.conftest import wait_for
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)
FOOTNOTES = "".join(f"a[^{number}]\n\n[^{number}]: b\n\n" for number in range(2000))


def course_of(concepts):
    """A course whose PDF takes seconds and a hundred megabytes for each concept."""
    course = samples.course(concepts, FOOTNOTES)
    list(course.concepts())[3].title = "All about clouds"
    list(course.concepts())[3].tutorial += "Cumulus.\n" * 1000
    return course


@pytest.fixture
def large(owner):
    return rows.create(course_of(12), owner=owner)


@pytest.fixture
def small(owner):
    return rows.create(samples.course(1, "Short."), owner=owner)


def written(roadmap, format="pdf"):
    export = jobs.ask_for_export(roadmap, format, by=roadmap.owner)
    jobs.write_export(export.pk, export.run_id)
    export.refresh_from_db()
    return export


@pytest.mark.parametrize(
    ("setting", "value", "format", "sentence"),
    [
        ("EXPORT_SECONDS", 2, "pdf", "takes too long to write as “PDF”"),
        ("EXPORT_MEMORY_MB", 128, "pdf", "takes too much memory to write as “PDF”"),
        ("EXPORT_MAX_BYTES", 10_000, "html", "becomes too large a file as “Web page”"),
    ],
)
def test_what_is_too_much_says_what_to_leave_out_and_others_are_written(
    browser, settings, large, small, setting, value, format, sentence
):
    usual = getattr(settings, setting)
    setattr(settings, setting, value)
    export = written(large, format)
    assert (export.status, export.file) == ("FAILED", None)
    assert sentence in export.error
    assert "Its largest parts are “All about clouds” (59.0 KB), " in export.error
    assert "or take “JSON”, which has room for everything" in export.error
    address = reverse("roadmap_export", args=[large.pk, format])
    assert "All about clouds" in browser.get(address).content.decode()
    setattr(settings, setting, usual)
    assert written(small, format).status == "READY"


def test_the_reason_is_said_in_the_readers_language(large, settings):
    settings.EXPORT_MAX_BYTES = 10_000
    export = written(large, "html")
    with translation.override("zh-hans"):
        assert "网页" in export.reason
        assert "All about clouds" in export.reason
        assert "too large" not in export.reason


@pytest.mark.parametrize("limit", ["time", "memory"])
def test_code_stays_plain_when_its_colours_take_too_much(owner, monkeypatch, limit):
    roadmap = rows.create(samples.course(1, samples.MARKDOWN), owner=owner)
    call, orders = Sandbox.call, []

    def refuse_colours(self, argument, *rest):
        orders.append(argument.partition(b"\n")[0])
        if b'"colours": true' in orders[-1]:
            raise LimitReached(limit)
        return call(self, argument, *rest)

    monkeypatch.setattr(Sandbox, "call", refuse_colours)
    assert written(roadmap).status == "READY"
    assert len(orders) == 2


def test_a_course_without_code_is_not_written_twice(small, monkeypatch):
    calls = []

    def refuse(self, argument, *rest):
        calls.append(1)
        raise LimitReached("time")

    monkeypatch.setattr(Sandbox, "call", refuse)
    assert written(small).status == "FAILED"
    assert calls == [1]


def test_colours_have_a_budget():
    def languages(course, **options):
        data = pdf.course_of(course, **options)
        concepts = data["stages"][0]["modules"][0]["concepts"]
        return [node["lang"] for concept in concepts for node in concept["body"]]

    code = "```python\n" + "x = 1\n" * 3000 + "```\n"
    course = samples.course(8, code)
    assert languages(course) == ["python"] * 5 + [""] * 3
    assert languages(samples.course(1, code * 2), colours=False) == ["", ""]
    assert languages(samples.course(1, "```python\n" + "x = 1\n" * 4000 + "```\n")) == [""]


# One at a time.


@pytest.fixture
def sent(monkeypatch):
    """The exports whose message was sent, in order."""
    ids: list[uuid.UUID] = []

    def note(task, subject, run_id):
        if task == jobs.TASK:
            ids.append(subject)

    monkeypatch.setattr("roadmaps.engine.dispatch.send_on_commit", note)
    return ids


def asked(roadmap, format, by=None):
    return jobs.ask_for_export(roadmap, format, by=by or roadmap.owner)


def overdue(export):
    Export.objects.filter(pk=export.pk).update(dispatched_at=timezone.now() - timedelta(minutes=10))


def test_a_persons_exports_are_written_one_after_the_other(small, sent):
    first, second, third = (asked(small, name) for name in ("pdf", "epub", "html"))
    other = asked(rows.create(samples.course(1), owner=courses.person("other")), "pdf")
    assert sent == [first.pk, other.pk]
    assert jobs.write_export(second.pk, second.run_id) == "refused"  # its message came first
    assert jobs.write_export(other.pk, other.run_id) == "READY"
    assert jobs.write_export(first.pk, first.run_id) == "READY"
    assert sent == [first.pk, other.pk, second.pk]
    assert jobs.write_export(third.pk, third.run_id) == "refused"
    assert jobs.write_export(second.pk, second.run_id) == "READY"
    assert sent[3:] == [third.pk]
    assert jobs.write_export(third.pk, third.run_id) == "READY"


def test_the_next_is_written_when_one_fails_or_is_given_up(small, sent, settings, monkeypatch):
    first, second, third = (asked(small, name) for name in ("pdf", "epub", "html"))
    monkeypatch.setattr(writing, "write_file", None)
    assert jobs.write_export(first.pk, first.run_id) == "FAILED"
    assert sent == [first.pk, second.pk]
    Export.objects.filter(pk=second.pk).update(status="WRITING", attempts=settings.MAX_ATTEMPTS)
    overdue(second)
    recover()
    assert sent == [first.pk, second.pk, third.pk]


def test_what_waits_says_so(browser, small):
    asked(small, "pdf")
    asked(small, "epub")
    pages = [
        browser.get(reverse("roadmap_export", args=[small.pk, name])).content.decode()
        for name in ("pdf", "epub")
    ]
    assert ["one file at a time" in page for page in pages] == [False, True]


def test_a_lost_message_is_sent_again_in_the_order_of_the_line(small, sent):
    first, second = (asked(small, name) for name in ("pdf", "epub"))
    sent.clear()
    overdue(first)
    overdue(second)
    recover()
    assert sent == [first.pk]
    Export.objects.filter(pk=first.pk).delete()  # and nobody is left to send the next
    overdue(second)
    recover()
    assert sent == [first.pk, second.pk]


# In a worker of its own.


def processes_of(worker):
    """The processes in which it writes files."""
    children = psutil.Process(worker.process.pid).children(recursive=True)
    return [child for child in children if "content.exports.process:work" in child.cmdline()]


def busy(process):
    """Whether it has done more than begin."""
    return process.cpu_times().user > 4


@pytest.fixture
def endless(owner):
    return rows.create(course_of(60), owner=owner)


@pytest.fixture
def writing_worker(worker, endless):
    """A worker in the midst of a PDF that takes long, and the process that writes it."""
    limits = {"EXPORT_SECONDS": "3000", "EXPORT_MEMORY_MB": "8000"}
    limits |= {"LEASE_SECONDS": "2", "STOP_SECONDS": "1"}
    running = worker(queues="content_generation", **limits)
    asked(endless, "pdf")
    (process,) = wait_for(lambda: processes_of(running))
    wait_for(lambda: Export.objects.filter(status="WRITING").exists() and busy(process))
    return running, process


def ended(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_lease_is_renewed_while_a_file_is_written(writing_worker):
    leases = Lease.objects.filter(subject=Export.objects.get().pk)
    renewed: set[tuple[Any, Any]] = set()

    def renewals():
        renewed.update(leases.values_list("token", "expires_at"))
        return len(renewed)

    wait_for(lambda: renewals() > 5)
    assert len({token for token, _ in renewed}) == 1
    assert Export.objects.get().attempts == 1


@pytest.mark.parametrize("how", ["trash", "row", "account"])
def test_what_is_deleted_is_not_written_to_its_end(writing_worker, owner, endless, how):
    _, process = writing_worker
    if how == "trash":
        move_to_trash(endless, by=owner)
    elif how == "row":
        endless.delete()
    else:
        owner.delete()
    assert not Export.objects.exists()
    wait_for(lambda: ended(process))
    wait_for(lambda: not Lease.objects.exists())


def test_a_killed_worker_takes_its_process_along(writing_worker):
    running, process = writing_worker
    running.kill()
    wait_for(lambda: ended(process))
