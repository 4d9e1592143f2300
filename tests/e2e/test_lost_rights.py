"""Open pages whose person loses the right to them: they say so, with a way on, and stop asking."""

from playwright.sync_api import expect

from tests.conftest import wait_for
from tests.e2e.conftest import PASSWORD
from tests.e2e.looking import LOOKS, assert_accessible, follow, show_at
from tests.e2e.test_browser import sign_in, sign_up, state_a_goal

COUNT_SOCKETS = """
window.tries = 0;
window.WebSocket = class extends WebSocket { constructor(...args) { super(...args); window.tries += 1; } };
"""


THROW_AWAY = """() => {
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
return fetch("trash/", {method: "POST", headers: {"X-CSRFToken": token}});
}"""


def sign_out(page):
    page.goto("/accounts/logout/")
    follow(page, page.locator("main button[type=submit]"))


def test_tabs_say_that_they_are_signed_out_moved_or_thrown_away(page):
    page.context.add_init_script(COUNT_SOCKETS)
    sign_up(page, "leaver")
    state_a_goal(page, "Learn to mend a bicycle well enough to tour with it")
    page.wait_for_url("**/roadmaps/*-*/")
    kept = page.url
    tab = page.context.new_page()
    tab.goto(kept)
    expect(tab.locator("#connection")).to_have_text("live")

    # Another password: this browser's session goes on under another key, and so does the line.
    page.goto("/accounts/password/change/")
    page.locator("input[name=oldpassword]").fill(PASSWORD)
    for field in ("password1", "password2"):
        page.locator(f"input[name={field}]").fill(f"{PASSWORD}-too")
    follow(page, page.locator("main button[type=submit]"))
    wait_for(lambda: tab.evaluate("window.tries") == 2)
    expect(tab.locator("#connection")).to_have_text("live")

    sign_out(page)
    expect(tab.locator("#connection")).to_have_text("You're signed out. Sign in")
    assert tab.evaluate("window.tries") <= 3  # once to see whether it goes on
    for width, scheme in LOOKS:
        show_at(tab, width, scheme)
        assert_accessible(tab)
    follow(tab, tab.locator("#connection a"))
    tab.locator("input[name=login]").fill("leaver")
    tab.locator("input[name=password]").fill(f"{PASSWORD}-too")
    follow(tab, tab.locator("main button[type=submit]"))
    expect(tab).to_have_url(kept)
    expect(tab.locator("#connection")).to_have_text("live")

    page.goto(kept)
    expect(page.locator("#connection")).to_have_text("live")
    page.evaluate(THROW_AWAY)
    for one in (page, tab):
        expect(one.locator("#connection")).to_have_text(
            "This roadmap isn't available any more. My roadmaps"
        )
    assert tab.evaluate("window.tries") == 1


def test_an_open_inbox_says_that_it_is_signed_out(desk):
    sign_in(desk)
    tab = desk.context.new_page()
    tab.goto("/admin/roadmaps/review/")
    expect(tab.locator("#inbox-live")).to_have_text("Live")
    sign_out(desk)
    expect(tab.locator("#inbox-live")).to_have_text("You're signed out. Sign in")
    follow(tab, tab.locator("#inbox-live a"))
    assert "/login/" in tab.url
