"""An operator's pages: found from the keyboard, fit at any width; chips need no script."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import open_page
from tests.e2e.looking import follow, look_at
from tests.e2e.test_browser import sign_in, sign_up, state_a_goal

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def goal(chromium, site):
    """Of a plan that waits for a review."""
    text, page = "Learn to keep bees on a roof", open_page(chromium, site)
    sign_up(page, "beekeeper")
    state_a_goal(page, text)
    expect(page.locator(".state")).to_have_text("Waiting for review")
    page.context.close()
    return text


def test_a_review_is_found_from_the_keyboard_and_the_pages_beside_it_fit(goal, desk):
    sign_in(desk)
    desk.goto("/admin/")
    desk.keyboard.press("Control+k")
    expect(desk.locator("#search-input-command")).to_be_focused()
    desk.keyboard.type("bees roof")
    expect(desk.locator("#command-results-list li").first).to_contain_text(
        "review, round 1, pending, for beekeeper"
    )
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/admin/roadmaps/review/\d+/change/"))

    follow(desk, desk.get_by_role("link", name="Checkpoints"))
    look_at(desk)
    desk.get_by_text("Go back to here…").nth(1).click()
    look_at(desk)
    follow(desk, desk.get_by_role("button", name="Go back to: before the plan is checked"))
    expect(desk.locator("body")).to_contain_text("1 sent on from there.")
    desk.goto("/admin/roadmaps/modelcall/")
    follow(desk, desk.locator("#result_list tr.data-row").get_by_role("link").first)
    expect(desk.locator("body")).to_contain_text("no model was asked, and no prompt was sent")
    look_at(desk)
    for address in ("/admin/failures/", "/admin/roadmaps/roadmap/?level__exact=beginner&q=learn"):
        look_at(desk, address)
    assert desk.problems == []


def test_a_filter_is_removed_by_its_chip_without_a_script(chromium, site, goal):
    plain = open_page(chromium, site, java_script_enabled=False)
    sign_in(plain)
    plain.goto("/admin/roadmaps/roadmap/?level__exact=beginner&q=zeppelin")
    chips = plain.get_by_role("navigation", name="Active filters")
    expect(chips.get_by_role("link")).to_have_count(3)
    follow(plain, chips.get_by_role("link", name="Remove filter Search: zeppelin"))
    expect(plain.locator("#result_list")).to_contain_text("bees")
    follow(plain, chips.get_by_role("link", name="Clear all"))
    expect(chips).to_have_count(0)
    plain.context.close()
