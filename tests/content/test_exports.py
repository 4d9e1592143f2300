"""Exports as a person asks for them, and as a worker writes them."""

import uuid
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from markdown_it import MarkdownIt
from pygments.lexer import Lexer

from content.exports import FORMATS, Format, jobs, rows, writing
from content.models import Export
from content.rendering import formulas
from roadmaps.engine import leases
from roadmaps.engine.recovery import recover
from roadmaps.models import Lease
from roadmaps.removal import retention
from tests import courses
from tests.conftest import wait_for
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def roadmap(owner):
    return rows.create(samples.course(), owner=owner)


def address(roadmap, format, name="roadmap_export"):
    return reverse(name, args=[roadmap.pk, format])


def asked(roadmap, format="pdf", by=None):
    return jobs.ask_for_export(roadmap, format, by=by or roadmap.owner)


def put_back(export, seconds=60):
    Export.objects.filter(pk=export.pk).update(
        dispatched_at=timezone.now() - timedelta(seconds=seconds)
    )


def test_a_worker_writes_what_takes_long_and_the_page_leads_to_it(browser, roadmap, worker):
    worker(queues="content_generation")
    page = browser.get(address(roadmap, "pdf")).content.decode()
    assert "Prepare the file" in page
    assert browser.post(address(roadmap, "pdf")).url == address(roadmap, "pdf")
    assert "hx-trigger" in browser.get(address(roadmap, "pdf")).content.decode()
    wait_for(lambda: Export.objects.get().status == "READY")
    page = browser.get(address(roadmap, "pdf"), headers={"HX-Request": "true"}).content.decode()
    assert "The file is ready." in page
    assert "<html" not in page
    formats = reverse("export_list", args=[roadmap.pk])
    assert (
        f'href="{address(roadmap, "pdf", "export_file")}"' in browser.get(formats).content.decode()
    )
    Export.objects.update(status="FAILED")
    assert address(roadmap, "pdf", "export_file") not in browser.get(formats).content.decode()
    Export.objects.update(status="READY")
    answer = browser.get(address(roadmap, "pdf", "export_file"))
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"] == 'attachment; filename="Weather-maps-hikers.pdf"'


PLAIN = sorted(name for name, format in FORMATS.items() if format.at_once_up_to)


@pytest.mark.parametrize("format", PLAIN)
def test_what_is_only_copied_is_there_at_once(browser, roadmap, format):
    answer = browser.get(address(roadmap, format))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(FORMATS[format].content_type)
    assert "attachment" in answer["Content-Disposition"]
    assert not Export.objects.exists()


@pytest.mark.parametrize("format", PLAIN)
def test_what_is_there_at_once_is_not_parsed(browser, roadmap, format, monkeypatch):
    monkeypatch.setattr(MarkdownIt, "parse", None)
    monkeypatch.setattr(formulas, "element", None)
    monkeypatch.setattr(Lexer, "get_tokens", None)
    assert browser.get(address(roadmap, format)).status_code == 200


@pytest.mark.parametrize("format", sorted(set(FORMATS) - set(PLAIN)))
def test_what_is_parsed_or_typeset_is_never_written_within_a_request(
    browser, roadmap, format, monkeypatch
):
    monkeypatch.setattr(Format, "write", None)
    assert "Prepare the file" in browser.get(address(roadmap, format)).content.decode()
    browser.post(address(roadmap, format))
    export = Export.objects.get()
    assert jobs.write_export(export.pk, export.run_id) == "READY"
    answer = browser.get(address(roadmap, format, "export_file"))
    assert answer["Content-Type"].startswith(FORMATS[format].content_type)
    assert len(answer.content) > 100


@pytest.mark.parametrize("format", [name for name in PLAIN if name != "ics"])
def test_large_courses_are_left_to_a_worker(browser, owner, format):
    large = rows.create(samples.course(30, "a" * 40_000), owner=owner)
    assert "Prepare the file" in browser.get(address(large, format)).content.decode()
    browser.post(address(large, format))
    export = Export.objects.get()
    assert jobs.write_export(export.pk, export.run_id) == "READY"
    assert len(browser.get(address(large, format, "export_file")).content) > 1000


def test_strangers_get_404_and_staff_get_no_file_of_others(client, roadmap):
    export = asked(roadmap)
    jobs.write_export(export.pk, export.run_id)
    every = [
        address(roadmap, "pdf"),
        address(roadmap, "json"),
        address(roadmap, "pdf", "export_file"),
    ]
    every.append(reverse("export_list", args=[roadmap.pk]))
    for path in every:
        assert client.get(path).status_code == 302, path
    client.force_login(courses.person("stranger"))
    for path in every:
        assert client.get(path).status_code == 404, path
    assert client.post(every[0]).status_code == 404
    client.force_login(courses.person("viewer", "view_roadmap", staff=True))
    assert client.get(address(roadmap, "pdf", "export_file")).status_code == 404


def test_a_second_click_while_it_is_written_starts_nothing(roadmap):
    first, second = asked(roadmap), asked(roadmap)
    assert (first.pk, first.run_id) == (second.pk, second.run_id)
    assert jobs.write_export(first.pk, first.run_id) == "READY"
    third = asked(roadmap)
    assert third.pk == first.pk
    assert third.run_id != first.run_id
    assert jobs.write_export(first.pk, first.run_id) == "refused"


def test_what_cannot_be_written_says_why(browser, owner):
    arabic = rows.create(samples.course(1, "مقدمة في قراءة خرائط الطقس", "ar"), owner=owner)
    export = asked(arabic)
    assert jobs.write_export(export.pk, export.run_id) == "FAILED"
    page = browser.get(address(arabic, "pdf")).content.decode()
    assert "no Arabic letters" in page
    assert "Try again" in page
    answer = browser.get(address(arabic, "pdf", "export_file"), follow=True)
    assert "not written yet" in answer.content.decode()


def test_an_export_whose_writing_breaks_ends_with_a_sentence(roadmap, monkeypatch):
    def broken(_roadmap):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr("content.exports.rows.load", broken)
    export = asked(roadmap)
    assert jobs.write_export(export.pk, export.run_id) == "FAILED"
    export.refresh_from_db()
    assert "fire" not in export.error
    assert "log has the details" in export.error


def test_the_page_shows_how_many_parts_are_written(browser, owner, monkeypatch):
    roadmap = rows.create(samples.course(3, "Short."), owner=owner)
    told, page = [], {"headers": {"HX-Request": "true"}}
    write_file = writing.write_file

    def watched(format, course, part_done, look):
        def watched_part():
            told.append(browser.get(address(roadmap, "pdf"), **page).content.decode())
            told.append(
                browser.get(address(roadmap, "pdf"), headers={"Accept": "application/json"}).json()
            )
            part_done()

        return write_file(format, course, watched_part, look)

    export = asked(roadmap)
    waiting = browser.get(address(roadmap, "pdf"), **page).content.decode()
    assert "<progress" in waiting
    assert "aria-valuetext" not in waiting  # nobody knows yet
    monkeypatch.setattr(writing, "write_file", watched)
    assert jobs.write_export(export.pk, export.run_id) == "READY"
    assert [one["parts_done"] for one in told[1::2]] == [0, 1, 2]
    assert {(one["status"], one["parts"], one["file"]) for one in told[1::2]} == {
        ("WRITING", 4, None)
    }
    assert 'max="4" value="2" aria-valuetext="2 of 4 parts"' in told[4]
    answer = browser.get(address(roadmap, "pdf"), headers={"Accept": "application/json"}).json()
    assert (answer["status"], answer["error"]) == ("READY", "")
    assert browser.get(answer["file"]).content.startswith(b"%PDF-")
    assert browser.get(address(roadmap, "pdf")).headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("format", ["pdf", "epub", "html", "scorm"])
def test_every_long_format_counts_its_concepts(format):
    counted = []
    FORMATS[format].write(samples.course(3, "Short."), part_done=lambda: counted.append(1))
    assert len(counted) == 3


def test_a_lost_message_is_sent_again(roadmap, worker):
    export = asked(roadmap)
    assert recover() == 0  # it may still be on its way
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    put_back(export)
    assert recover() == 1
    worker(queues="content_generation")
    wait_for(lambda: Export.objects.get().status == "READY")


def test_a_dead_workers_export_goes_on_until_it_has_killed_too_many(roadmap, settings):
    export = asked(roadmap)
    Export.objects.update(status="WRITING", attempts=1)
    Lease.objects.create(
        subject=export.pk, token=uuid.uuid4(), expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert recover() == 1
    assert jobs.write_export(export.pk, export.run_id) == "READY"
    Export.objects.update(status="WRITING", attempts=settings.MAX_ATTEMPTS)
    put_back(export)
    assert recover() == 0
    export.refresh_from_db()
    assert export.status == "FAILED"
    assert "died 5 times" in export.error


def test_a_stopping_workers_export_is_handed_over_and_has_lost_no_attempt(monkeypatch, roadmap):
    export = asked(roadmap)
    with monkeypatch.context() as stopping:
        stopping.setattr(writing, "write_file", lambda *_: leases.hand_over())
        assert jobs.write_export(export.pk, export.run_id) == "stopped"
    export.refresh_from_db()
    assert (export.status, export.attempts) == ("WRITING", 0)
    assert recover() == 1
    assert jobs.write_export(export.pk, export.run_id) == "READY"


def test_files_are_thrown_away_when_they_have_expired(roadmap):
    asked(roadmap)
    assert retention.prune()["exports"] == 0
    Export.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert retention.prune()["exports"] == 1
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("start=yesterday", "is no date"),
        ("hours=0", "1 to 80 whole hours"),
        ("start=9999-12-31", "ten years away"),
    ],
)
def test_a_study_plan_refuses_what_is_no_plan(browser, roadmap, query, sentence):
    answer = browser.get(address(roadmap, "ics") + "?" + query)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_a_study_plan_begins_when_asked_to(browser, roadmap):
    answer = browser.get(address(roadmap, "ics") + "?start=2027-01-04&hours=3")
    assert b"DTSTART;VALUE=DATE:20270104" in answer.content


def test_every_format_and_its_purpose_is_on_the_page(browser, roadmap, owner):
    page = browser.get(reverse("export_list", args=[roadmap.pk])).content.decode()
    for format in FORMATS.values():
        assert str(format.title) in page
        assert str(format.purpose) in page
    empty = courses.requested(owner)
    assert "not approved" in browser.get(reverse("export_list", args=[empty.pk])).content.decode()


def test_an_export_costs_the_same_queries_for_a_large_course(owner):
    counts = []
    for concepts in (2, 40):
        with CaptureQueriesContext(
            connection,
        ) as created:
            made = rows.create(samples.course(concepts, "Short."), owner=owner)
        with CaptureQueriesContext(connection) as loaded:
            rows.load(made)
        counts.append((len(created), len(loaded)))
    assert counts[0] == counts[1]
