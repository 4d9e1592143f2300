"""Pages that nobody passes on the way: empty, refused, lost, or only before signing in."""

import pytest
from playwright.sync_api import expect

from content.exports import FORMATS
from tests.content import samples
from tests.e2e.looking import follow, look_at
from tests.e2e.test_browser import sign_up

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("/", "Tell us your goal. Get a course an expert has checked."),
        ("/gallery/?q=nobody-teaches-this", "Gallery"),
        ("/offline/", "You are offline"),
        ("/nothing/", "There is nothing here"),
        ("/s/no-such-link/", "There is nothing here"),
        ("/review/no-such-link/", "There is nothing here"),
        ("/accounts/unsubscribe/no-such-link/", "There is nothing here"),
        ("/accounts/password/reset/done/", "Reset your password"),
        ("/accounts/password/reset/key/1-used/", "This link opens nothing any more"),
        ("/accounts/password/reset/key/done/", "Change password"),
        ("/accounts/confirm-email/", "Confirm your e-mail address"),
        ("/accounts/confirm-email/used/", "Confirm your e-mail address"),
        ("/accounts/inactive/", "This account is switched off"),
    ],
)
def test_what_a_stranger_may_land_on(page, address, heading):
    look_at(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert page.problems == []


def test_what_a_new_learner_finds_empty(page):
    sign_up(page, "newcomer")
    for address, told in {
        "/": "Cairn designs a roadmap for your time and level",
        "/roadmaps/": "Nothing here yet",
        "/roadmaps/trash/": "The trash is empty.",
        "/practice/": "Nothing to practise yet",
        "/accounts/notices/": "Nothing yet.",
        "/accounts/3rdparty/": "No account of another site is connected.",
        "/accounts/reauthenticate/": "Is it you?",
    }.items():
        look_at(page, address)
        expect(page.locator("main")).to_contain_text(told)
    assert page.problems == []


def test_pages_around_a_course_that_are_seldom_opened(page, tmp_path):
    sign_up(page, "hoarder")
    file = tmp_path / "course.json"
    file.write_bytes(FORMATS["json"].write(samples.course(6, title="Maps of the sea")))
    page.goto("/roadmaps/import/")
    page.get_by_label("JSON file").set_input_files(file)
    follow(page, page.get_by_role("button", name="Import"))
    roadmap = page.url
    look_at(page, f"{roadmap}picture/")
    look_at(page, f"{roadmap}export/docx/")
    expect(page.locator("main")).to_contain_text("There is no export as “docx”")
    page.goto(roadmap)
    follow(page, page.get_by_role("button", name="Move to trash"))
    page.goto("/roadmaps/trash/")
    follow(page, page.get_by_role("link", name="Delete for good"))
    look_at(page)
    follow(page, page.get_by_role("button", name="Delete for good"))
    expect(page.locator("main")).to_contain_text("The trash is empty.")
    assert page.problems == []


def test_a_form_that_this_site_did_not_make_is_refused_with_a_page(page):
    sign_up(page, "careful")
    page.goto("/roadmaps/new/")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_label("What do you want to learn?").fill("Learn to sail a small boat alone")
    follow(page, page.get_by_role("button", name="Design my roadmap"))
    look_at(page)
    expect(page.locator("main")).to_contain_text("403")
