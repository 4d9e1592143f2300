"""A reviewer's day at one plan: request changes, see what came of it, edit it, approve it."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import open_page
from tests.e2e.looking import LOOKS, WIDTHS, assert_fits, follow, look_at, show_at
from tests.e2e.test_browser import sign_in, sign_up, state_a_goal

pytestmark = pytest.mark.timeout(600)
BALLS = {1280: "five", 390: "seven"}
HOSTILE = '<script>window.hit = 1</script><img src=x onerror="window.hit = 1">{{ 7|add:1 }}'


def open_review(desk, goal):
    desk.goto("/admin/roadmaps/review/")
    follow(desk, desk.get_by_role("link", name=goal).first)
    expect(desk.locator(".review .tiles")).to_be_visible()


def new_review(page, desk, learner, goal):
    """The learner's page and, at the desk, the page of the review."""
    sign_up(page, learner)
    state_a_goal(page, f"Learn to {goal} well enough to teach it")
    expect(page.locator(".state")).to_have_text("Waiting for review")
    sign_in(desk)
    open_review(desk, goal)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_requested_changes_come_back_as_a_diff(page, desk, width, scheme):
    show_at(desk, width, scheme)
    goal = f"juggle {BALLS[width]} balls"
    new_review(page, desk, f"aoi{width}", goal)
    concept = desk.locator("#plan li.concept").first
    concept.get_by_label("point at it").check()
    desk.keyboard.press("Escape")
    desk.locator("body").press("c")
    expect(desk.locator("#decide-comment")).to_be_focused()
    desk.locator("#decide-comment").fill("Please add something about catching with the left hand")
    follow(desk, desk.get_by_role("button", name="Request changes"))
    expect(desk.locator("body")).to_contain_text("1 changes requested.")
    told = page.locator("#timeline li", has_text="The plan waits for a reviewer")
    expect(told).to_have_count(2)

    open_review(desk, goal)
    changes = desk.locator("#changes")
    expect(changes).to_contain_text("What changed since draft 1")
    expect(changes.locator(".cause")).to_contain_text("catching with the left hand")
    expect(changes.locator(".diff .pair:is(.added, .changed)").first).to_be_visible()
    expect(changes.locator(".operations > li").first).to_be_visible()
    expect(desk.locator("#history")).to_contain_text("changes requested by admin")
    assert_fits(desk)
    assert desk.problems == []


@pytest.mark.parametrize(
    ("verb", "width", "scheme", "scripts"),
    [("knit", *LOOKS[0], True), ("felt", *LOOKS[1], True), ("weave", *LOOKS[0], False)],
)
def test_an_edited_and_approved_plan_is_the_course(
    page, desk, chromium, site, verb, width, scheme, scripts
):
    new_review(page, desk, f"{verb}er", f"{verb} a warm blanket")
    state = desk.context.storage_state()
    editor = open_page(chromium, site, storage_state=state, java_script_enabled=scripts)
    show_at(editor, width, scheme)
    editor.goto(desk.url)
    follow(editor, editor.get_by_role("link", name="Edit the plan"))
    follow(editor, editor.locator("#plan li.concept").first.get_by_role("button", name="Edit"))
    editor.get_by_label("Title").fill("Choosing the wool")
    follow(editor, editor.get_by_role("button", name="Apply").last)
    expect(editor.locator(".operations")).to_contain_text("Changed title of")
    follow(editor, editor.get_by_role("button", name="+ Concept").first)
    editor.get_by_label("Title").fill("Reading a pattern")
    editor.get_by_label("Summary").fill("What its signs and numbers mean.")
    editor.get_by_label("Outcomes").fill("You can read a pattern.")
    follow(editor, editor.get_by_role("button", name="Add", exact=True))
    editor.get_by_label("Why?").fill("She asked how to begin")
    follow(editor, editor.get_by_role("button", name="Save as a new draft"))
    expect(editor.locator("body")).to_contain_text("Saved as draft 2.")
    expect(editor.locator("#changes")).to_contain_text("She asked how to begin")
    expect(editor.locator(".picture .concept.added")).to_have_count(1)
    assert_fits(editor)

    follow(desk, desk.get_by_role("button", name="Approve"))  # still shows draft 1
    expect(desk.locator("body")).to_contain_text(
        "Nothing was decided: since you opened it, admin saved draft 2"
    )
    follow(editor, editor.get_by_role("button", name="Approve"))
    expect(editor.locator("body")).to_contain_text("1 approved.")
    expect(page.locator(".state")).to_have_text("Ready")
    expect(page.locator("#course .as-outline")).to_contain_text("Reading a pattern")
    expect(page.locator("#course .as-outline")).to_contain_text("Choosing the wool")
    editor.context.close()


def test_hostile_text_stays_text(page, desk):
    new_review(page, desk, "mallory", "pickle")
    follow(desk, desk.get_by_role("link", name="Edit the plan"))
    follow(desk, desk.locator("#plan li.concept").first.get_by_role("button", name="Edit"))
    desk.get_by_label("Title").fill(HOSTILE)
    desk.get_by_label("Summary").fill(f"{HOSTILE} [x](javascript:window.hit=1)")
    follow(desk, desk.get_by_role("button", name="Apply").last)
    expect(desk.locator("#plan")).to_contain_text(HOSTILE)
    desk.get_by_label("Why?").fill(HOSTILE)
    follow(desk, desk.get_by_role("button", name="Save as a new draft"))
    expect(desk.locator("#plan")).to_contain_text(HOSTILE)
    expect(desk.locator("#changes")).to_contain_text("{{ 7|add:1 }}")
    assert desk.locator(".review [href^='javascript:'], .review img, .review script").count() == 0
    assert desk.evaluate("window.hit") is None
    follow(desk, desk.get_by_role("button", name="Approve"))
    expect(page.locator(".state")).to_have_text("Ready")
    expect(page.locator("#course .as-outline")).to_contain_text(HOSTILE)
    assert page.evaluate("window.hit") is None


def test_review_and_edit_page_fit_each_screen(page, desk):
    new_review(page, desk, "fitter", "whistle")
    address = desk.url
    for width, scheme in itertools.product(WIDTHS, ("light", "dark")):
        show_at(desk, width, scheme)
        desk.goto(address)
        assert_fits(desk)
        expect(desk.get_by_role("button", name="Approve")).to_be_in_viewport()
        expect(desk.locator("html.dark")).to_have_count(int(scheme == "dark"))
        follow(desk, desk.get_by_role("link", name="Edit the plan"))
        follow(desk, desk.locator("#plan li.concept").first.get_by_role("button", name="Edit"))
        expect(desk.get_by_label("Summary")).to_be_visible()
        assert_fits(desk)
        expect(desk.get_by_role("button", name="Save as a new draft")).to_be_in_viewport()


def test_an_expert_without_an_account_looks_comments_and_decides(page, desk, chromium, site):
    new_review(page, desk, "asker", "whittle spoons")
    desk.get_by_label("Ask an expert who has no account").fill("Dr. Birch")
    desk.get_by_label("may decide, not only comment").check()
    follow(desk, desk.get_by_role("button", name="Make a link"))
    (link,) = set(re.findall(r"/review/[\w-]{40,}/", desk.content()))
    expert = open_page(chromium, site)
    look_at(expert, link)
    expert.get_by_label("Your comment").fill("Mind the grain of the wood")
    follow(expert, expert.get_by_role("button", name="Comment only"))
    expect(expert.locator("main")).to_contain_text("Your comment is with the reviewers.")
    follow(expert, expert.get_by_role("button", name="Approve"))
    expect(expert.locator("main")).to_contain_text("There is nothing to decide now.")
    look_at(expert)
    assert expert.problems == []
    expert.context.close()
