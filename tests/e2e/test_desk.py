"""Reviewers at the inbox: what arrives while it is open, many at once, and who may only look."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD, open_page
from tests.e2e.looking import LOOKS, assert_fits, follow, show_at
from tests.e2e.test_browser import sign_in, sign_up, state_a_goal

pytestmark = pytest.mark.timeout(600)
INBOX = "/admin/roadmaps/review/?status__exact=PENDING"


def row(page, words):
    return page.locator("#result_list tr.data-row", has_text=words)


def add_staff(admin, name, group=None, permission=None):
    """As an admin does it, in the admin."""
    admin.goto("/admin/auth/user/add/")
    admin.locator("input[name=username]").fill(name)
    admin.locator("input[name=password1]").fill(PASSWORD)
    admin.locator("input[name=password2]").fill(PASSWORD)
    follow(admin, admin.locator("button[name=_continue]"))
    admin.wait_for_url(re.compile(r"/change/"))
    admin.locator("input[name=is_staff]").check()
    for field, label in (("groups", group), ("user_permissions", permission)):
        if label:
            choices = admin.locator(f"#id_{field}_from, #id_{field}")
            choices.first.select_option(label=label)
            if admin.locator(f"#id_{field}_from").count():
                admin.locator(f"#id_{field}_from option", has_text=label).first.dblclick()
    follow(admin, admin.locator("button[name=_save]"))
    admin.wait_for_url("**/auth/user/")


@pytest.fixture(scope="module")
def people(chromium, site):
    """mia may decide, lou may only look."""
    admin = open_page(chromium, site)
    sign_in(admin)
    add_staff(admin, "mia", group="Reviewers")
    add_staff(admin, "lou", permission="Roadmaps | review | Can view review")
    admin.context.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_new_review_arrives_in_the_open_inbox(chromium, site, people, page, desk, width, scheme):
    goal = f"Learn to name every cloud of the sky {width}"
    show_at(desk, width, scheme)
    sign_in(desk, "mia")
    desk.goto(INBOX)
    expect(desk.locator("#inbox-live")).to_have_text("Live")
    sign_up(page, f"learner{width}")
    state_a_goal(page, goal)
    expect(row(desk, goal)).to_be_visible()  # without a reload
    expect(desk.locator("#inbox-live")).to_contain_text("opened by the workflow")
    assert_fits(desk)
    assert desk.problems == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_many_are_approved_and_what_somebody_else_decided_is_named(
    chromium, site, people, page, desk, width, scheme
):
    show_at(desk, width, scheme)
    sign_up(page, f"baker{width}")
    goals = [f"Learn to bake bread from {grain} flour {width}" for grain in ("rye", "spelt")]
    for goal in goals:
        state_a_goal(page, goal)
        expect(page.locator(".state")).to_have_text("Waiting for review")
    desk.route_web_socket(
        "**/ws/reviews/", lambda socket: socket.close()
    )  # it doesn't hear of the other decision
    sign_in(desk, "mia")
    desk.goto(INBOX)
    for goal in goals:
        row(desk, goal).locator("input.action-select").focus()
        desk.keyboard.press("Space")
        expect(row(desk, goal).locator("input.action-select")).to_be_checked()
    admin = open_page(chromium, site)
    sign_in(admin)
    admin.goto(INBOX)
    admin.get_by_role("button", name=re.compile(f"^Approve: .*rye flour {width}", re.I)).press(
        "Enter"
    )
    expect(admin.locator("body")).to_contain_text("1 approved.")
    admin.context.close()
    desk.locator("select[name=action]").select_option(label="Approve")
    follow(desk, desk.get_by_role("button", name="Run"))
    expect(desk.locator("body")).to_contain_text("1 approved.")
    assert_fits(desk)
    expect(desk.locator("body")).to_contain_text(
        "skipped. This review was already decided: approved by admin"
    )
    assert desk.problems == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_decision_of_somebody_else_shows_in_the_open_inbox_and_the_selection_stays(
    chromium, site, people, page, desk, width, scheme
):
    show_at(desk, width, scheme)
    sign_up(page, f"sailor{width}")
    goals = [
        f"Learn to {skill} of a sailor {width}" for skill in ("tie the knots", "read the charts")
    ]
    for goal in goals:
        state_a_goal(page, goal)
        expect(page.locator(".state")).to_have_text("Waiting for review")
    sign_in(desk, "mia")
    desk.goto(INBOX)
    expect(desk.locator("#inbox-live")).to_have_text("Live")
    box = row(desk, goals[1]).locator("input.action-select")
    box.check()
    box.focus()
    admin = open_page(chromium, site)
    sign_in(admin)
    admin.goto(INBOX)
    follow(
        admin, admin.get_by_role("button", name=re.compile(f"^Approve: .*knots.* {width}", re.I))
    )
    expect(row(desk, goals[0])).to_have_count(0)
    expect(desk.locator("#inbox-live")).to_contain_text("approved by admin")
    expect(row(desk, goals[1]).locator("input.action-select")).to_be_checked()
    expect(row(desk, goals[1]).locator("input.action-select")).to_be_focused()
    expect(desk.locator("span.action-counter")).to_contain_text("1 of")
    admin.context.close()
    assert desk.problems == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_of_two_reviewers_at_one_review_the_second_is_told(
    chromium, site, people, page, desk, width, scheme
):
    sign_up(page, f"gardener{width}")
    goal = f"Learn to graft the apple trees of a garden {width}"
    state_a_goal(page, goal)
    expect(page.locator(".state")).to_have_text("Waiting for review")
    admin = open_page(chromium, site)
    for person, name in ((desk, "mia"), (admin, "admin")):
        show_at(person, width, scheme)
        sign_in(person, name)
        person.goto(INBOX)
        follow(person, row(person, goal).get_by_role("link").first)
        expect(person.get_by_role("button", name="Approve")).to_be_visible()
    follow(desk, desk.get_by_role("button", name="Approve"))
    expect(desk.locator("body")).to_contain_text("1 approved.")
    admin.locator("textarea[name=comment]").first.fill("Too many apples")
    follow(admin, admin.get_by_role("button", name="Reject for good"))
    expect(admin.locator("body")).to_contain_text("already decided: approved by mia")
    assert_fits(admin)
    admin.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_who_may_only_look_has_no_buttons(site, people, desk, width, scheme):
    show_at(desk, width, scheme)
    sign_in(desk, "lou")
    desk.goto("/admin/roadmaps/review/")
    expect(desk.locator("#inbox-live")).to_have_text("Live")
    expect(desk.get_by_role("button", name=re.compile("^(Approve|Claim)"))).to_have_count(0)
    expect(desk.locator("input.action-select")).to_have_count(0)
    follow(desk, desk.locator("#result_list tr.data-row").get_by_role("link").first)
    expect(desk.locator("#desk")).to_contain_text("History of this review")
    for name in ("Approve", "Request changes", "Reject for good", "Claim", "Make a link"):
        expect(desk.get_by_role("button", name=name)).to_have_count(0)
    assert_fits(desk)
    assert desk.problems == []


def test_the_filters_of_a_list_open_and_close_from_the_keyboard(site, people, desk):
    sign_in(desk, "lou")
    desk.goto("/admin/roadmaps/review/")
    filters, panel = (
        desk.get_by_role("button", name="Filters", exact=True),
        desk.locator("#changelist-filter"),
    )
    expect(filters).to_have_attribute("aria-expanded", "false")
    desk.locator("#searchbar").focus()
    for _ in range(5):
        desk.keyboard.press("Tab")
        if filters.evaluate("one => one === document.activeElement"):
            break
    expect(filters).to_be_focused()
    assert filters.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    for key in ("Enter", "Space"):
        desk.keyboard.press(key)
        expect(panel).to_be_visible()
        expect(filters).to_have_attribute("aria-expanded", "true")
        expect(panel.locator(":focus")).to_have_count(1)
        desk.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(filters).to_be_focused()
        expect(filters).to_have_attribute("aria-expanded", "false")
    assert desk.problems == []
