"""A person's account in a browser: up, in, a new address, a new password, settings, notices,
trash, leaving.
"""

import re
import time
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import expect

from tests.conftest import wait_for
from tests.e2e.conftest import PASSWORD, open_page
from tests.e2e.looking import follow, look_at
from tests.e2e.test_browser import sign_in, sign_up, state_a_goal

pytestmark = pytest.mark.timeout(600)
NEW_PASSWORD = "cairns-of-slate"  # noqa: S105 - of a database that ends with the test


def link_to(letters, address, path):
    """The newest link below `path` that was mailed to `address`."""

    def found():
        for letter in sorted(letters.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True):
            for part in re.split(rb"-{79}\n", letter.read_bytes()):
                message = message_from_bytes(part, policy=policy.default)
                if message["To"] == address and (
                    links := re.findall(rf"http://\S+({path}\S*)", message.get_content())
                ):
                    return links[0]
        return None

    return wait_for(found)


def hear(page):
    """What the console calls an error, refused scripts and styles among them; a 400 that was meant
    is none.
    """

    def note(message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            page.problems.append(message.text)

    page.on("console", note)


def send(page, button, **fields):
    for name, value in fields.items():
        page.locator(f"main input[name={name}]:not([type=hidden])").fill(value)
    follow(page, page.locator("main").get_by_role("button", name=button, exact=True))


def test_an_account_from_its_first_page_to_its_last(page, desk, letters):
    hear(page)
    for address in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        look_at(page, address)
    send_up = {
        "username": "ann",
        "email": "ann@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    page.goto("/accounts/signup/")
    send(page, "Sign up", **send_up)
    page.wait_for_url("**/roadmaps/")

    look_at(page, "/accounts/email/")
    send(page, "Send the link", email="new@example.org")
    look_at(page)  # asks who it is
    send(page, "Confirm", password=PASSWORD)
    look_at(page, "/accounts/email/")
    look_at(desk, link_to(letters, "ann@example.org", "/accounts/withdraw/"))
    page.goto(link_to(letters, "new@example.org", "/accounts/confirm-email/"))
    look_at(page)
    send(page, "Confirm")
    page.goto("/accounts/")
    expect(page.locator("main")).to_contain_text("new@example.org")

    look_at(page, "/accounts/")
    send(page, "Save the name", username="Ann-Lee")
    expect(page.locator("main")).to_contain_text("Your name is changed.")
    page.get_by_label("My plan is approved: By e-mail").check()
    send(page, "Save the notices")
    expect(page.get_by_label("My plan is approved: By e-mail")).to_be_checked()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    assert download.value.suggested_filename.startswith("cairn-my-data-")
    for address in ("/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/"):
        look_at(page, address)

    follow(page, page.get_by_role("button", name="Sign out").last)
    page.goto("/accounts/password/reset/")
    send(page, "Send me the link", email="new@example.org")
    look_at(page)
    page.goto(link_to(letters, "new@example.org", "/accounts/password/reset/key/"))
    look_at(page)
    send(page, "Change password", password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    sign_in(page, "Ann-Lee", NEW_PASSWORD)

    state_a_goal(page, "Learn to build a dry stone wall that stands")
    expect(page.locator(".state").first).to_have_text("Waiting for review")
    sign_in(desk)
    desk.goto("/admin/roadmaps/review/")
    follow(desk, desk.get_by_role("link", name="dry stone").first)
    follow(desk, desk.get_by_role("button", name="Approve"))
    expect(desk.locator("body")).to_contain_text("1 approved.")
    expect(page.locator(".state").first).to_have_text("Ready")
    assert "/accounts/notices/" in link_to(letters, "new@example.org", "/accounts/notices/")

    page.goto("/roadmaps/")
    expect(page.locator(".bell")).to_contain_text("2 unread")
    look_at(page, "/accounts/notices/")
    follow(page, page.get_by_role("button", name="Mark all as read"))
    expect(page.locator(".bell .unread")).to_have_count(0)
    unsubscribe = link_to(letters, "new@example.org", "/accounts/unsubscribe/")
    look_at(desk, unsubscribe)
    send(desk, "Stop all notices by e-mail")
    expect(desk.locator("main")).to_contain_text("You will get no more of these e-mails.")

    page.goto("/accounts/notices/")
    follow(page, page.get_by_role("link", name="The course is ready").first)
    throw_away(page)
    look_at(page, "/roadmaps/trash/")
    follow(page, page.get_by_role("button", name="Restore"))
    expect(page.locator("main")).to_contain_text("back among your roadmaps")

    look_at(page, "/accounts/delete/")
    send(page, "Delete my account for good", password="a guess")
    expect(page.locator("main")).to_contain_text("That is not your password.")
    send(page, "Delete my account for good", password=NEW_PASSWORD)
    expect(page.locator("main")).to_contain_text("Farewell")
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    assert page.problems == desk.problems == []


def throw_away(page):
    """By the button's own form, wherever the roadmap's page puts it."""
    script = """([address, token]) => {
        const form = document.createElement("form");
        form.method = "post";
        form.action = address;
        form.innerHTML = `<input name="csrfmiddlewaretoken" value="${token}">`;
        document.body.append(form);
        form.submit();
    }"""
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    with page.expect_navigation():
        page.evaluate(script, [f"{page.url}trash/", token])
    expect(page.locator("main")).to_contain_text("is in the trash.")


def test_a_second_factor_in_the_browser(chromium, site):
    page = open_page(chromium, site)
    hear(page)
    sign_up(page, "locksmith")
    page.context.clear_cookies()
    sign_in(page, "locksmith")
    page.goto("/accounts/2fa/totp/activate/")
    look_at(page)
    send(page, "Confirm", password=PASSWORD)
    look_at(page)
    send(page, "Activate", code=code_of(page.locator("#authenticator_secret").input_value()))
    expect(page.locator("main")).to_contain_text("ecovery")
    for address in (
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
    ):
        look_at(page, address)
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    send(page, "Sign in", login="locksmith", password=PASSWORD)
    look_at(page)
    send(page, "Sign in", code="000000")
    expect(page.locator("main")).to_contain_text("Incorrect code")
    assert page.problems == []
    page.context.close()


def code_of(secret):
    """Of half a minute that is young enough for the code to be sent in it."""
    from allauth.mfa.totp.internal import auth

    wait_for(lambda: time.time() % 30 < 15)
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))


def test_the_browser_tells_its_time_zone_and_every_page_is_in_it(chromium, site):
    page = open_page(chromium, site, timezone_id="Pacific/Auckland")
    hear(page)
    page.goto("/")
    expect(page.locator("footer")).to_contain_text("Times are shown in UTC.")
    sign_up(page, "kiwi")
    expect(page.locator("footer")).to_contain_text("Times are shown in Pacific/Auckland.")
    look_at(page, "/accounts/")
    expect(page.get_by_label("Where your days begin and end")).to_have_value("")
    expect(page.locator("#time-zone")).to_contain_text(
        re.compile(r"It is now \d{4}-\d\d-\d\d \d\d:\d\d NZ[DS]T\.")
    )
    page.get_by_label("Where your days begin and end").select_option("Honolulu")
    follow(page, page.get_by_role("button", name="Save the time zone"))
    expect(page.locator("footer")).to_contain_text("Times are shown in Pacific/Honolulu.")
    page.context.clear_cookies()
    sign_in(page, "admin", PASSWORD)
    page.context.clear_cookies(name="time_zone")
    page.goto("/admin/")  # under the policy of the admin
    assert {one["name"]: one["value"] for one in page.context.cookies()}[
        "time_zone"
    ] == "Pacific/Auckland"
    page.reload()
    expect(page.locator("#decisions")).to_contain_text("Pacific/Auckland time")
    assert page.problems == []
    page.context.close()
