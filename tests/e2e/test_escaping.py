"""Whatever a model or a learner writes is text, in the admin and where it is read: a browser runs
none of it.
"""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD
from tests.e2e.hostile import LINK, SCRIPT
from tests.e2e.looking import follow

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def addresses(shell):
    return json.loads(shell("from tests.e2e.hostile import make; make()"))


def heard(page):
    """A list that gets (address, message) of each script that ran."""
    ran = []

    def note(dialog):
        ran.append((page.url, dialog.message))
        dialog.dismiss()

    page.on("dialog", note)
    return ran


def test_nothing_that_was_written_runs_on_any_page(page, addresses):
    ran = heard(page)
    page.goto("/admin/login/?next=/admin/")
    page.locator("input[name=login]").fill("admin")
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page, page.locator("main button[type=submit]").first)
    page.wait_for_url("**/admin/")
    shown = 0
    for address in addresses:
        assert page.goto(address).status == 200, address
        expect(page.locator(".htmx-request")).to_have_count(0)  # what it fetches once it is there
        assert (
            page.locator(
                f'[href*="{LINK[:12]}"], [src="x"], .written :is(script, iframe, svg)'
            ).count()
            == 0
        ), address
        shown += SCRIPT in page.locator("#main").inner_text()
        assert "12\"'" not in page.content(), f"{address}: template syntax was run"
    assert shown > len(addresses) / 2, "the pages don't show the text at all"
    assert ran == []
    assert page.problems == []


def test_a_browser_would_notice(page):
    """The test above can fail: what it listens for is heard."""
    ran = heard(page)
    page.set_content(f"<p>{SCRIPT}</p>")
    assert [message for _, message in ran] == ["evil"]
