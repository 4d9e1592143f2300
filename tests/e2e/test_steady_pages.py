"""Pages that change by themselves keep still under the hand that is about to press something."""

import json
import re

import pytest
from playwright.sync_api import expect

from content.exports import FORMATS
from tests.conftest import wait_for
from tests.content import samples
from tests.e2e.looking import follow
from tests.e2e.test_browser import sign_up
from tests.e2e.test_desk import INBOX, row
from tests.e2e.test_review_page import new_review

pytestmark = pytest.mark.timeout(600)
# They end when htmx has done with the answer.
REFRESH = """() => new Promise((done) => {
    document.addEventListener("htmx:xhr:loadend", () => setTimeout(done), { once: true });
    htmx.trigger("#state", "refresh");
})"""
RING = """() => new Promise((done) => {
    document.addEventListener("htmx:afterSettle", () => setTimeout(done), { once: true });
    const bell = document.querySelector(".bell");
    htmx.ajax("GET", bell.getAttribute("hx-get"), { source: bell, swap: "outerHTML" });
})"""
MARK = "one => { one.id = 'old'; }"
EVENT = json.dumps({"type": "event", "event": {"said": "Something happened"}})


def answer_at_once(page, **headers):
    """From now on this page gets from its address what it gets now: no press lasts as long as a
    slow answer.
    """
    body = page.request.get(page.url, headers=headers).text()
    page.route(page.url, lambda route: route.fulfill(body=body, content_type="text/html"))


@pytest.fixture
def learner(page, tmp_path, request):
    """At the page of a course of their own, which is told of what happens."""
    sign_up(page, request.node.name[-30:])
    file = tmp_path / "course.json"
    file.write_bytes(FORMATS["json"].write(samples.course(60, title="How to stand still")))
    page.goto("/roadmaps/import/")
    page.get_by_label("JSON file").set_input_files(file)
    follow(page, page.get_by_role("button", name="Import"))
    expect(page.locator("#connection")).to_have_text("live")
    return page


def test_a_pressed_button_is_not_replaced(learner):
    answer_at_once(learner, **{"HX-Request": "true"})
    learner.get_by_role("button", name="Move to trash").hover()
    learner.mouse.down()
    learner.evaluate(REFRESH)
    with learner.expect_navigation():
        learner.mouse.up()
    expect(learner.locator("main")).to_contain_text("is in the trash.")


def test_a_refresh_folds_nothing_and_takes_no_focus(learner):
    learner.get_by_text("What you asked for").click()
    for control in (
        learner.get_by_role("button", name="Move to trash"),
        learner.locator(".picture.wide"),
    ):
        control.focus()
        learner.locator("#state h1").evaluate(MARK)
        learner.evaluate(REFRESH)
        expect(learner.locator("#old")).to_have_count(0)
        expect(control).to_be_focused()
        expect(learner.locator("details.asked")).to_have_attribute("open", "")


def test_the_picture_stays_where_it_was_scrolled_to(learner):
    picture = learner.locator(".picture.wide")
    picture.evaluate("one => { one.scrollTop = 150; }")

    def is_where_it_was():
        return picture.evaluate("one => one.scrollTop") == 150

    learner.locator(".bell").evaluate(MARK)
    learner.evaluate(RING)
    expect(learner.locator("#old")).to_have_count(0)
    wait_for(is_where_it_was)  # one that is replaced while it is asked says 0
    learner.locator("#state h1").evaluate(MARK)
    learner.evaluate(REFRESH)
    expect(learner.locator("#old")).to_have_count(0)
    wait_for(is_where_it_was)


@pytest.fixture
def inbox(page, desk):
    """The open inbox with a review in it; and what tells it of something, and ends when its rows
    have come.
    """
    lines = []
    new_review(page, desk, "walker", "walk a slackline")
    desk.route_web_socket("**/ws/reviews/", lambda line: lines.append(line))
    desk.goto(INBOX)
    answer_at_once(desk)

    def tell():
        with desk.expect_response(lambda answer: "/admin/roadmaps/review/" in answer.url) as answer:
            lines[-1].send(EVENT)
        answer.value.finished()
        desk.evaluate("() => new Promise((done) => setTimeout(done))")

    return desk, tell


def test_no_other_row_comes_under_the_pointer_or_a_press(inbox):
    desk, tell = inbox
    ours = row(desk, "slackline")
    ours.get_by_role("button", name=re.compile("^Approve")).hover()
    ours.evaluate(MARK)
    tell()
    assert desk.locator("#old").count() == 1
    desk.mouse.move(0, 0)
    expect(desk.locator("#old")).to_have_count(0)
    expect(desk.locator("#inbox-live")).to_have_text("Something happened")
    ours.get_by_role("link").first.hover()
    desk.mouse.down()
    tell()
    with desk.expect_navigation():
        desk.mouse.up()
    expect(desk.locator(".review .tiles")).to_be_visible()
