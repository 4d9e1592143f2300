"""As a person: bring a course in, take it along as a PDF, share it, and use what another has
shared.
"""

import pytest
from playwright.sync_api import expect

from content.exports import FORMATS
from tests.content import samples
from tests.e2e.looking import follow, look_at
from tests.e2e.test_browser import sign_in, sign_up

pytestmark = pytest.mark.timeout(600)


def test_a_course_is_imported_exported_shared_and_used(page, desk, tmp_path):
    page.on(
        "console", lambda message: message.type == "error" and page.problems.append(message.text)
    )
    file = tmp_path / "course.json"
    course = samples.course(
        6, "## Lines\n\nThey join *equal* `pressure`.", title="Weather maps for hikers"
    )
    file.write_bytes(FORMATS["json"].write(course))
    sign_in(page)
    page.goto("/roadmaps/import/")
    look_at(page)
    page.get_by_label("JSON file").set_input_files(file)
    follow(page, page.get_by_role("button", name="Import"))
    expect(page.locator("main")).to_contain_text("The course is imported")
    roadmap = page.url

    page.goto(f"{roadmap}export/")
    look_at(page)
    follow(page, page.get_by_role("button", name="Prepare PDF"))
    expect(page.locator("#export-state")).to_contain_text("The file is ready.")  # without a reload
    look_at(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "Weather-maps-for-hikers.pdf"

    page.goto(f"{roadmap}share/")
    follow(page, page.get_by_role("button", name="Make a link"))
    follow(page, page.get_by_role("button", name="Show it in the gallery"))
    expect(page.locator("main")).to_contain_text("The course is in the gallery.")
    look_at(page)

    sign_up(desk, "neighbour")
    desk.goto("/gallery/")
    look_at(desk)
    follow(desk, desk.get_by_role("link", name="Weather maps for hikers"))
    look_at(desk)
    shared = desk.url
    follow(desk, desk.get_by_role("link", name="The picture"))
    expect(desk.locator("svg.drawing .concept")).to_have_count(6)
    look_at(desk)
    desk.goto(shared)
    follow(desk, desk.get_by_role("link", name="Reading isobars 1", exact=True))
    look_at(desk)
    follow(desk, desk.get_by_role("link", name="Use this roadmap"))
    follow(desk, desk.get_by_role("button", name="Copy it to my roadmaps"))
    expect(desk.locator("main")).to_contain_text("The course is yours now")

    page.goto(f"{roadmap}share/")
    follow(page, page.get_by_role("button", name="Revoke the link"))
    expect(page.locator("main")).to_contain_text("The link is revoked")
    assert desk.goto(shared).status == 404
    assert page.problems == []
    assert desk.problems == []


def test_a_look_at_an_export_that_fails_is_not_the_last(page, tmp_path):
    file = tmp_path / "course.json"
    failed: list[str] = []  # addresses of looks
    file.write_bytes(FORMATS["json"].write(samples.course(6, title="Maps that come late")))
    sign_up(page, "patient")
    page.goto("/roadmaps/import/")
    page.get_by_label("JSON file").set_input_files(file)
    follow(page, page.get_by_role("button", name="Import"))
    page.goto(f"{page.url}export/pdf/")

    def fail_once(route):
        if "hx-request" in route.request.headers and not failed:
            failed.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/export/pdf/", fail_once)
    follow(page, page.get_by_role("button", name="Prepare the file"))
    expect(page.locator("#export-state")).to_contain_text("The file is ready.")
    assert page.problems == []
