"""What each page must be: no wider than the screen, and free of what axe calls serious."""

from axe_playwright_python.sync_playwright import Axe

WIDTHS = (1280, 390)
LOOKS = ((1280, "light"), (390, "dark"))  # width and colour scheme


def follow(page, control):
    """Click what leads to another page, and wait until that is loaded: only then is it the one
    that is looked at.
    """
    with page.expect_navigation():
        control.click()


def show_at(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def assert_fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], (
        page.url
    )


def assert_accessible(page):
    """Fits, and axe finds nothing serious."""
    assert_fits(page)
    found = Axe().run(page).response["violations"]
    grave = [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == [], (page.url, page.viewport_size)


def look_at(page, address=None):
    """The page, or the one at `address`, at both widths; it is left at the first."""
    if address:
        page.goto(address)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert_accessible(page)
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
