"""The documentation as a reader sees it."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT, wait_for
from tests.e2e.conftest import answers, free_port, open_page
from tests.e2e.looking import LOOKS, assert_accessible

pytestmark = pytest.mark.timeout(600)
PAGES = (
    "index",
    "tutorial",
    "operations",
    "architecture",
    "reference/settings",
    "reference/course",
)


@pytest.fixture(scope="module")
def documentation(tmp_path_factory):
    """The address of the built site."""
    folder, port = tmp_path_factory.mktemp("documentation"), free_port()
    python = [sys.executable, "-m"]
    subprocess.run(
        [*python, "mkdocs", "build", "--strict", "--quiet", "-d", folder],
        cwd=ROOT,
        check=True,
        timeout=300,
    )
    command = [*python, "http.server", "--bind", "127.0.0.1", "--directory", folder, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_are_readable_for_everybody_and_ask_nobody_else(
    chromium, documentation, width, scheme
):
    page = open_page(
        chromium, documentation, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    asked, problems = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.extend([message.text] * (message.type == "error")))
    page.on("pageerror", lambda error: problems.append(str(error)))
    for name in PAGES:
        page.goto(f"/{name}.html", wait_until="networkidle")
        assert_accessible(page)
    if width > 600:  # on narrow screens the search opens over the page
        page.get_by_placeholder("Search").press_sequentially(
            "LEASE_SECONDS"
        )  # it listens to keys alone
        expect(page.locator(".md-search-result__list")).to_contain_text("Settings")
    assert problems == []
    assert [address for address in asked if not address.startswith(documentation)] == []
    page.context.close()
