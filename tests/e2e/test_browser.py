"""As a person: sign in, state a goal, watch the review come, approve it, read, answer a quiz."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD, open_page
from tests.e2e.looking import WIDTHS, assert_fits, follow

pytestmark = pytest.mark.timeout(600)
PLACE = "one => one.getBoundingClientRect().top + scrollY"


def sign_in(page, name="admin", password=PASSWORD):
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(password)
    follow(page, page.locator("main button[type=submit]"))
    page.wait_for_url("**/roadmaps/")


def sign_up(page, name):
    page.goto("/accounts/signup/")
    page.locator("input[name=username]").fill(name)
    for field in ("password1", "password2"):
        page.locator(f"input[name={field}]").fill(PASSWORD)
    follow(page, page.locator("main button[type=submit]"))
    page.wait_for_url("**/roadmaps/")


def state_a_goal(page, goal):
    page.goto("/")
    page.get_by_label("What do you want to learn?").fill(goal)
    follow(page, page.get_by_role("button", name="Start"))
    expect(page.get_by_label("What do you want to learn?")).to_have_value(goal)
    page.get_by_label("Hours a week").fill("4")
    follow(page, page.get_by_role("button", name="Design my roadmap"))


def test_a_goal_becomes_a_course_that_a_person_has_approved(page, desk):
    sign_up(page, "learner")
    state_a_goal(page, "Learn to read weather maps well enough to plan a hike")
    expect(page.locator(".state")).to_have_text("Waiting for review")  # without a reload
    expect(page.locator("#timeline")).to_contain_text("The plan waits for a reviewer")
    roadmap = page.url

    sign_in(desk)
    desk.goto("/admin/roadmaps/review/")
    follow(desk, desk.get_by_role("link", name="weather maps").first)
    expect(desk.locator("#plan")).to_contain_text("The plan")
    follow(desk, desk.get_by_role("button", name="Approve"))
    expect(desk.locator("body")).to_contain_text("1 approved.")

    expect(page.locator(".state")).to_have_text("Ready")  # the learner's page was open all the time
    assert page.url == roadmap
    follow(page, page.locator(".picture.wide a").first)
    expect(page.locator("#tutorial h2").first).to_be_visible()
    for fieldset in page.locator(".quiz fieldset").all():
        fieldset.locator("input").first.check()
    follow(page, page.get_by_role("button", name="Check my answers"))
    expect(page.locator("#quiz [role=status]")).to_contain_text("right.")
    assert page.problems == []


def test_a_wrong_password_and_a_bad_goal_are_refused_with_a_sentence(page):
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill("a guess")
    follow(page, page.locator("main button[type=submit]"))
    expect(page.locator("main")).to_contain_text("not correct")
    sign_in(page)
    page.goto("/roadmaps/new/")
    page.get_by_label("What do you want to learn?").fill("Go")
    page.get_by_label("Hours a week").fill("200")
    follow(page, page.get_by_role("button", name="Design my roadmap"))
    expect(page.locator("main")).to_contain_text("at least 10 characters")
    expect(page.locator("main")).to_contain_text("less than or equal to 80")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_estimate_does_not_move_the_button_away_from_a_press(page, width):
    sign_in(page)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/roadmaps/new/?goal=Go&hours_per_week=4&weeks=4")
    expect(page.locator("#estimate dd").first).to_contain_text("about")
    button = page.get_by_role("button", name="Design my roadmap")
    place = button.evaluate(PLACE)
    page.get_by_label("Hours a week").fill("200")
    expect(page.locator("#estimate")).not_to_contain_text("about")
    assert button.evaluate(PLACE) == place
    page.get_by_label("Hours a week").fill("4")
    button.hover()
    with page.expect_response("**/estimate/*"):
        page.mouse.down()  # leaves the field, so the estimate is asked for now
    with page.expect_navigation():
        page.mouse.up()
    expect(page.locator("main")).to_contain_text("at least 10 characters")


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(page, width):
    sign_in(page)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/roadmaps/", "/roadmaps/new/"):
        page.goto(address)
        assert_fits(page)


def test_without_a_connection_there_is_a_page_that_says_so(chromium, site):
    page = open_page(chromium, site)
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto("/gallery/")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    page.context.set_offline(False)
    page.goto("/gallery/")
    expect(page.get_by_role("heading", name="You are offline")).to_have_count(0)
    page.context.close()
