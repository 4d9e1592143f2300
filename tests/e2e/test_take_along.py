"""As a person: bring a course in, take it along as a PDF, share it, and use what another has shared."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from content.exports import FORMATS
from tests.e2e.test_browser import sign_in, sign_up
from tests.exports import samples

pytestmark = pytest.mark.timeout(300)
WIDTHS = (1280, 390)


def check(page):
    """At both widths: nothing sticks out, and axe finds nothing serious."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
        found = Axe().run(page).response["violations"]
        bad = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
        assert bad == [], (page.url, width, [one["nodes"][0]["html"] for one in found])
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def test_a_course_is_imported_exported_shared_and_used(page, desk, tmp_path):
    page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
    file = tmp_path / "course.json"
    course = samples.course(6, "## Lines\n\nThey join *equal* `pressure`.", title="Weather maps for hikers")
    file.write_bytes(FORMATS["json"].write(course))
    sign_in(page)
    page.goto("/roadmaps/import/")
    check(page)
    page.get_by_label("JSON file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.locator("main")).to_contain_text("The course is imported")
    roadmap = page.url

    page.goto(f"{roadmap}export/")
    check(page)
    page.get_by_role("button", name="Prepare PDF").click()
    expect(page.locator("#export-state")).to_contain_text("The file is ready.")  # without a reload
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "Weather-maps-for-hikers.pdf"

    page.goto(f"{roadmap}share/")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Show it in the gallery").click()
    expect(page.locator("main")).to_contain_text("The course is in the gallery.")
    check(page)

    sign_up(desk, "neighbour")
    desk.goto("/gallery/")
    check(desk)
    desk.get_by_role("link", name="Weather maps for hikers").click()
    check(desk)
    shared = desk.url
    desk.get_by_role("link", name="The picture").click()
    expect(desk.locator("svg.drawing .concept")).to_have_count(6)
    check(desk)
    desk.goto(shared)
    desk.get_by_role("link", name="Reading isobars 1", exact=True).click()
    check(desk)
    desk.get_by_role("link", name="Use this roadmap").click()
    desk.get_by_role("button", name="Copy it to my roadmaps").click()
    expect(desk.locator("main")).to_contain_text("The course is yours now")

    page.goto(f"{roadmap}share/")
    page.get_by_role("button", name="Revoke the link").click()
    expect(page.locator("main")).to_contain_text("The link is revoked")
    assert desk.goto(shared).status == 404
    assert page.problems == []
    assert desk.problems == []
