"""A roadmap's page under fire: whatever a tab has been through, it ends as a page that was loaded
afresh.
"""

import pytest
from playwright.sync_api import expect

from tests.conftest import wait_for
from tests.e2e.conftest import open_page
from tests.e2e.looking import assert_accessible, follow, look_at
from tests.e2e.test_browser import sign_up

pytestmark = pytest.mark.timeout(600)
KEEP_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets.push(this); } };
"""
NO_LINE = """() => {
window.WebSocket = class extends window.WebSocket { constructor() { super(`ws://${location.host}/ws/nowhere/`); } };
window.sockets.at(-1).close();
}"""
STORM = """
import time
from roadmaps import progress
from roadmaps.models import Roadmap, Review
from roadmaps.services import decide_review
roadmap = Roadmap.objects.get(pk="{pk}")
for number in range(200):
    progress.record(roadmap.pk, "storm", f"Event {{number}} of the storm")
    time.sleep(0.01)
    if number == 100:
        decide_review(roadmap.reviews.pending().get(), "APPROVED", by=None)
progress.outbox.flush()
"""


def seen(page):
    """All that a person sees of it, as text and as states."""
    script = """() => ({
        state: document.getElementById("state").innerText, course: document.getElementById("course").innerText,
        nodes: [...document.querySelectorAll("#state .node")].map((one) => one.dataset.node + " " + one.dataset.state),
        concepts: [...document.querySelectorAll("#course .concept")].map((one) => one.className.baseVal),
        events: [...document.querySelectorAll("#timeline li")].map((one) => one.innerText),
    })"""
    return page.evaluate(script)


def test_tabs_that_lost_the_line_joined_late_or_stayed_all_end_alike(chromium, site, shell):
    """From the form and its questions to a finished course, at 200 events in 2 seconds.

    Far from UTC: what a socket brings has the same times as the page that is loaded afresh.
    """
    page = open_page(chromium, site, timezone_id="Asia/Kolkata")
    context = page.context
    context.add_init_script(KEEP_SOCKETS)
    complaints = []
    context.on(
        "console",
        lambda said: complaints.append((said.page, said.text)) if said.type == "error" else None,
    )
    sign_up(page, "stormy")
    page.goto("/roadmaps/new/")
    follow(page, page.locator(".examples a").nth(1))
    page.get_by_label("Weeks", exact=True).fill("2")
    expect(page.locator("#estimate")).to_contain_text("about")
    page.get_by_label("Ask me two or three questions first").check()
    look_at(page)
    follow(page, page.get_by_role("button", name="Design my roadmap"))
    page.locator("textarea").first.fill("The crust")
    look_at(page)
    follow(page, page.get_by_role("button", name="Design my roadmap"))
    expect(page.locator(".state")).to_have_text("Waiting for review")
    expect(page.locator(".flow .narrow [data-node=human_review]")).to_have_attribute(
        "data-state", "paused"
    )
    pk = page.url.rstrip("/").rsplit("/", 1)[-1]

    other = context.new_page()
    other.goto(page.url)
    expect(other.locator("#connection")).to_have_text("live")
    page.route("**/roadmaps/**", lambda route: route.abort())
    page.evaluate(NO_LINE)
    expect(page.locator("#connection")).to_have_text("connecting again…")
    complaints.clear()
    page.evaluate(
        "() => htmx.trigger('#state', 'refresh')"
    )  # as an event would that was still on its way
    shell(STORM.format(pk=pk))
    late = context.new_page()
    late.goto(page.url)
    expect(other.locator(".state")).to_have_text("Ready")
    expect(late.locator(".state")).to_have_text("Ready")
    page.unroute("**/roadmaps/**")
    page.evaluate("() => { window.WebSocket = Object.getPrototypeOf(window.WebSocket); }")
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator(".state")).to_have_text("Ready")
    for tab in (page, other, late):
        expect(tab.locator("#timeline")).to_contain_text("The course is ready")
        expect(tab.locator("#course .meter")).to_have_count(0)
    fresh = context.new_page()
    fresh.set_viewport_size({"width": 390, "height": 900})
    fresh.goto(page.url)
    expect(fresh.locator("#connection")).to_have_text("live")
    for tab in (page, other, late):
        tab.set_viewport_size({"width": 390, "height": 900})
        wait_for(lambda one=tab: seen(one) == seen(fresh))  # whatever is still on its way may come
    ended = seen(fresh)
    assert len([event for event in ended["events"] if "of the storm" in event]) == 200
    assert set(ended["concepts"]) == {"concept ready"}

    for width in (1280, 390):
        fresh.set_viewport_size({"width": width, "height": 900})
        fresh.get_by_role("radio", name="Picture").check()
        assert_accessible(fresh)
    fresh.get_by_role("radio", name="Outline").check()
    assert_accessible(fresh)
    follow(fresh, fresh.locator(".as-outline a").first)
    expect(fresh.locator("#tutorial")).to_be_visible()
    look_at(fresh, "/roadmaps/")
    cut = (
        "/ws/nowhere/",
        "ERR_FAILED",
        "htmx:afterRequest",
        "htmx:sendError",
    )  # said of a line that is cut
    assert [
        text for tab, text in complaints if tab != page or not any(one in text for one in cut)
    ] == []
    context.close()
