"""As a learner: read, find the way by keys, take notes, answer, complete and practise, on a desk
and on a phone.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import wait_for
from tests.e2e.looking import assert_accessible, follow
from tests.e2e.test_browser import sign_in

pytestmark = pytest.mark.timeout(600)
MAKE = """
from django.contrib.auth.models import User
from learning.models import Card
from tests.learning import statistics_course
roadmap = statistics_course.make(User.objects.get(username="admin"), concepts=14)
Card.objects.all().delete()
print(roadmap.concepts.first().get_absolute_url())
"""


@pytest.fixture
def concept(shell):
    """The address of the first concept of a course of its own."""
    return shell(MAKE)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_concept_is_read_answered_noted_completed_and_practised(page, concept, width):
    page.on(
        "console", lambda said: page.problems.append(said.text) if said.type == "error" else None
    )
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page)
    read(page, concept)
    find_the_way(page, concept)
    take_notes(page, concept)
    answer_the_quiz(page, concept)
    complete_and_practise(page, concept)
    assert page.problems == []


def read(page, concept):
    page.goto(concept)
    image = page.locator(".diagram img")
    expect(image).to_have_attribute("src", re.compile("^data:image/svg"))
    assert page.evaluate("document.querySelector('.diagram img').decode().then(() => true)")
    expect(page.locator(".diagram details pre")).to_contain_text("flowchart LR")
    expect(page.locator("math").first).to_be_visible()
    expect(page.locator(".copy")).to_have_count(1)
    assert_accessible(page)


def find_the_way(page, concept):
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url("**/concept-2-**")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{concept}")
    with page.expect_request("**/place/"):
        page.locator("#t-summary").scroll_into_view_if_needed()
        page.mouse.wheel(0, 400)
    wait_for(lambda: place(page, concept) > 0)
    page.goto(concept)
    expect(page.locator("#resumed")).to_be_visible()
    page.wait_for_function("scrollY > 300")


def place(page, concept):
    """As the server has it, asked beside the page: each page that opens or closes in the browser
    may tell a new one.
    """
    (kept,) = re.findall(r'data-place="(\d+)"', page.request.get(concept).text())
    return int(kept)


def take_notes(page, concept):
    page.locator("#note").fill("The root of n, j and k included")
    expect(page.locator("#note-saved")).to_contain_text("Saved at")
    page.goto(concept)
    expect(page.locator("#note")).to_have_value("The root of n, j and k included")


def answer_the_quiz(page, concept):
    assert "Explained:" not in page.content()
    for fieldset in page.locator("#quiz fieldset").all():
        fieldset.locator("label").nth(1).click()
    follow(page, page.get_by_role("button", name="Check my answers"))
    expect(page.locator("#quiz [role=status]")).to_contain_text("2 of 3 right.")
    expect(page.locator("#quiz")).to_contain_text("Explained: What does it mean.")
    assert_accessible(page)


def complete_and_practise(page, concept):
    page.goto(concept)
    follow(page, page.locator(".turn [rel=next]"))
    follow(page, page.get_by_role("button", name="Mark complete"))
    expect(page.locator(".finish")).to_contain_text("You completed this concept")
    if page.viewport_size["width"] < 800:
        page.locator(".menu > summary").click()
        assert_accessible(page)
    follow(page, page.get_by_role("link", name="Practice"))
    expect(page.locator("main")).to_contain_text("3 questions left today")
    assert_accessible(page)
    page.locator(".option", has_text="The right one").click()
    follow(page, page.get_by_role("button", name="Check"))
    expect(page.locator(".verdict")).to_have_text("Right.")
    assert_accessible(page)
    follow(page, page.get_by_role("button", name="Good"))
    page.locator(".option", has_text="The wrong one").click()
    follow(page, page.get_by_role("button", name="Check"))
    expect(page.locator(".verdict")).to_have_text("Not quite.")
    follow(page, page.get_by_role("link", name="Next question"))
    expect(page.locator("main")).to_contain_text("1 question left today")
    page.goto(concept.split("concepts/")[0] + "progress/")
    expect(page.locator(".figures")).to_contain_text("1 of 14")
    assert_accessible(page)
