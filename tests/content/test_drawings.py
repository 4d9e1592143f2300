"""Tutorials are drawn when they are stored, by workers; a page only shows what is there."""

import threading
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse

from content import tasks
from content.artifacts import drawings, generation
from content.artifacts.rewrites import retry_artifact
from content.exports import rows
from content.exports.imports import import_course
from content.models import Tutorial
from content.rendering import drawing
from content.sandbox import Sandbox
from roadmaps.engine import leases
from sharing.services import copy_course, open_link
from tests import courses, drawn
from tests.content import samples
from tests.learning import statistics_course

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCE = "We're still formatting this text."
TEXT = "## New <b>\n\n*Words* of a worker of the release before.\n"


@pytest.fixture(autouse=True)
def messages(monkeypatch):
    """Names and arguments of tasks that were sent."""
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda name, args=(), **_: sent.append((name, args))
    )
    return sent


@pytest.fixture
def tutorial(owner):
    """Stored by a worker of the release before, which knows no drawing."""
    roadmap = statistics_course.make(owner, concepts=1)
    Tutorial.objects.update(markdown=TEXT)
    return Tutorial.objects.get(concept__roadmap=roadmap)


def page(browser, tutorial):
    return browser.get(tutorial.concept.get_absolute_url()).content.decode()


def looks(monkeypatch):
    """Texts that are drawn from now on, with whether the database was waited with."""
    seen = []
    draw = drawing.draw

    def look(text, *rest):
        seen.append((text, connection.in_atomic_block or connection.connection is not None))
        return draw(text, *rest)

    monkeypatch.setattr(drawing, "draw", look)
    return seen


def test_a_run_draws_what_it_writes_and_holds_no_connection_meanwhile(monkeypatch, owner):
    seen = looks(monkeypatch)
    roadmap = courses.written(owner)
    tutorials = Tutorial.objects.filter(concept__roadmap=roadmap)
    assert sorted(seen) == sorted((one.markdown, False) for one in tutorials)
    assert not Tutorial.objects.not_drawn().exists()
    for one in tutorials:
        made = drawn.columns(one.markdown)
        assert {name: getattr(one, name) for name in made} == made


def test_a_rewrite_is_drawn_before_it_is_saved(monkeypatch, owner):
    roadmap = courses.written(owner)
    concept = roadmap.concepts.first()
    seen = looks(monkeypatch)
    asked = retry_artifact(concept, "tutorial")
    assert generation.rewrite("tutorial", concept.pk, asked.run_id) == "READY"
    written = Tutorial.objects.get(concept=concept)
    assert seen == [(written.markdown, False)]
    assert written.drawn_of == drawing.digest(written.markdown)


def test_an_imported_course_is_drawn_by_a_worker(messages, owner):
    roadmap = import_course(samples.course(3), owner=owner)
    assert messages == [("drawing.draw_course", [str(roadmap.pk)])]
    tutorials = Tutorial.objects.filter(concept__roadmap=roadmap)
    assert set(tutorials.values_list("html")) == {("",)}
    assert tasks.draw_course(str(roadmap.pk)) == 3
    assert not tutorials.not_drawn().exists()
    assert tasks.draw_course(str(roadmap.pk)) == 0


def test_a_copy_takes_along_what_is_drawn(monkeypatch, owner):
    share = open_link(statistics_course.make(owner, concepts=3))
    Tutorial.objects.filter(concept__key="c2").update(markdown=TEXT)
    monkeypatch.setattr(drawing, "draw", lambda *_: pytest.fail("it is drawn already"))
    copy = copy_course(share, to=courses.person("another"))
    first, second, third = Tutorial.objects.filter(concept__roadmap=copy).order_by("concept__order")
    for one in (first, third):
        made = drawn.columns(statistics_course.TUTORIAL)
        assert {name: getattr(one, name) for name in made} == made
    assert second.html == ""
    assert list(Tutorial.objects.not_drawn().filter(concept__roadmap=copy)) == [second]


def test_a_text_that_is_not_drawn_is_plain_and_many_visits_ask_once(browser, messages, tutorial):
    for _ in range(3):
        answer = page(browser, tutorial)
        assert SENTENCE in answer
        assert '<div class="plain">## New &lt;b&gt;\n\n*Words* of' in answer
        assert "The idea, step by step" not in answer  # of the text before
    assert messages == [("drawing.draw_tutorial", [str(tutorial.pk)])]
    assert tasks.draw_tutorial(str(tutorial.pk)) == "drawn"
    answer = page(browser, tutorial)
    assert SENTENCE not in answer
    assert "<em>Words</em>" in answer


def test_staff_see_the_same(client, superuser, messages, tutorial):
    client.force_login(superuser)
    address = reverse("admin:content_tutorial_change", args=[tutorial.pk])
    assert SENTENCE in client.get(address).content.decode()
    drawings.draw_tutorial(tutorial.pk)
    answer = client.get(address).content.decode()
    assert SENTENCE not in answer
    assert "<em>Words</em>" in answer
    assert len(messages) == 1


def test_what_is_left_over_is_drawn_in_portions_and_by_a_command(capsys, owner):
    statistics_course.make(owner, concepts=4)
    Tutorial.objects.update(markdown=TEXT)
    unchanged = list(Tutorial.objects.order_by("pk").values_list("updated_at"))
    assert drawings.draw_left_over(0) == 0
    assert Tutorial.objects.not_drawn().count() == 4
    assert tasks.draw_left_over() == 4
    Tutorial.objects.update(html="", drawn_of="", drawn_version=0)
    call_command("draw_texts")
    assert "4 drawn" in capsys.readouterr().out
    assert set(Tutorial.objects.values_list("html")) == {(drawn.columns(TEXT)["html"],)}
    assert list(Tutorial.objects.order_by("pk").values_list("updated_at")) == unchanged
    assert drawings.draw_left_over(60) == 0


def test_a_new_renderer_draws_anew_and_the_older_html_is_shown_meanwhile(
    browser, monkeypatch, messages, tutorial
):
    drawings.draw_tutorial(tutorial.pk)
    monkeypatch.setattr(drawing, "VERSION", 2)
    assert "<em>Words</em>" in page(browser, tutorial)
    assert messages == [("drawing.draw_tutorial", [str(tutorial.pk)])]
    monkeypatch.setattr(drawing, "OLDEST_SHOWN", 2)
    assert SENTENCE in page(browser, tutorial)
    assert drawings.draw_left_over(60) == 1
    assert Tutorial.objects.get().drawn_version == 2
    assert "<em>Words</em>" in page(browser, tutorial)


def test_what_is_to_be_drawn_is_found_by_an_index(tutorial):
    not_drawn = Tutorial.objects.not_drawn().order_by("pk").values_list("pk")[:100]
    older = Tutorial.objects.drawn_before(2).order_by("drawn_version", "pk")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        assert "tutorial_not_drawn" in not_drawn.explain()
        assert "tutorial_by_renderer" in older.values_list("pk")[:100].explain()


def test_what_takes_too_long_is_drawn_with_plain_code(settings, caplog):
    settings.DRAW_SECONDS = 1
    stuck = Sandbox("tests.content.sandboxed:stuck_in_colours")
    text = "```python\nx = 1\n```\n"
    made = drawing.draw(text, "a text", stuck)
    assert made.html == '<pre><code class="language-python">x = 1\n</code></pre>\n'
    assert not caplog.records
    stuck.close()


def test_what_can_not_be_drawn_is_kept_as_it_was_written_and_not_tried_again(
    monkeypatch, caplog, tutorial
):
    monkeypatch.setattr(drawing, "HTML_BYTES", 10)
    assert drawings.draw_tutorial(tutorial.pk) == "drawn"
    assert Tutorial.objects.get().html.startswith('<div class="plain">## New &lt;b&gt;')
    lines = [record.getMessage() for record in caplog.records if "as it was written" in record.msg]
    assert lines == [
        f"the tutorial of {tutorial.concept.title!r} ({tutorial.pk}) is shown as it was written:"
        " The limit of size was reached."
    ]
    assert drawings.draw_tutorial(tutorial.pk) == "refused"
    assert drawings.draw_left_over(60) == 0


def refuse(*_: Any) -> None:
    raise drawing.NotDrawn("the process ended")


def test_a_run_saves_its_texts_when_nobody_can_draw(monkeypatch, owner):
    with monkeypatch.context() as away:
        away.setattr(drawing, "draw", refuse)
        roadmap = courses.written(owner)
        count = Tutorial.objects.not_drawn().count()
        assert roadmap.status == "READY"
        assert count == roadmap.concepts.count()
        assert drawings.draw_left_over(60) == 0
    assert drawings.draw_left_over(60) == count


def test_a_process_that_is_stopped_spoils_no_text(tutorial):
    ending = Sandbox("tests.content.sandboxed:misbehave")
    with pytest.raises(drawing.NotDrawn):
        drawing.draw("", "a text", Stopping(ending))  # type: ignore[arg-type]
    ending.close()


class Stopping:
    """A sandbox of which the process gets a TERM, as at a stop of the whole service."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def call(self, _argument, limits):
        return self.sandbox.call(b"stop", limits)


def test_one_text_is_never_drawn_twice_at_once(monkeypatch, tutorial):
    begun, go_on, drawing_now = threading.Event(), threading.Event(), []
    draw = drawing.draw

    def wait(*arguments):
        drawing_now.append(1)
        begun.set()
        assert go_on.wait(60)
        return draw(*arguments)

    monkeypatch.setattr(drawing, "draw", wait)
    outcomes = []

    def first():
        outcomes.append(drawings.draw_tutorial(tutorial.pk))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(60)
    assert drawings.draw_tutorial(tutorial.pk) == "refused"
    assert drawings.draw_left_over(60) == 0
    go_on.set()
    thread.join()
    assert outcomes == ["drawn"]
    assert len(drawing_now) == 1


def test_pages_that_ask_leave_the_threads_of_a_worker_to_runs(tutorial):
    for _ in range(drawings.TURNS):
        assert drawings.turns.acquire(blocking=False)
    try:
        assert tasks.draw_tutorial(str(tutorial.pk)) == "later"
        assert drawings.draw_left_over(60) == 0
    finally:
        drawings.turns.release(drawings.TURNS)
    assert tasks.draw_tutorial(str(tutorial.pk)) == "drawn"


def test_a_text_that_changes_while_it_is_drawn_keeps_nothing_of_the_other(monkeypatch, tutorial):
    draw = drawing.draw

    def change(*arguments):
        Tutorial.objects.update(markdown="Changed.")
        return draw(*arguments)

    monkeypatch.setattr(drawing, "draw", change)
    drawings.draw_tutorial(tutorial.pk)
    changed = Tutorial.objects.get()
    assert changed.drawn_of != drawing.digest(TEXT)
    assert list(Tutorial.objects.not_drawn()) == [changed]


def test_a_worker_that_hands_over_saves_no_drawing(monkeypatch, tutorial):
    draw = drawing.draw

    def stop(*arguments):
        leases.hand_over()
        return draw(*arguments)

    with monkeypatch.context() as stopping:
        stopping.setattr(drawing, "draw", stop)
        assert drawings.draw_tutorial(tutorial.pk) == "stopped"
    assert Tutorial.objects.not_drawn().exists()
    assert drawings.draw_tutorial(tutorial.pk) == "drawn"


def test_exports_read_no_drawing(owner, django_assert_num_queries):
    roadmap = statistics_course.make(owner, concepts=3)
    with django_assert_num_queries(5) as queries:
        rows.load(roadmap)
    assert not any('"html"' in query["sql"] for query in queries)
