"""Screenshots for these pages, by `python -m docs.screenshots`, from a Cairn started for them.

They go into docs/screenshots/, which is not kept with the code; a page without its picture leaves
it out.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from roadmaps.models import Roadmap

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
GOALS = (
    "Learn to read weather maps well enough to plan a hike",
    "Understand how a database keeps its promises when machines fail",
)
SEEDED = ("--reviews", "400", "--logs", "2000", "--yes")
WAIT_SECONDS = 180
SIZE = {"width": 1280, "height": 800}
SCHEMES = ("light", "dark")


def main() -> None:
    folder = tempfile.mkdtemp()
    # Before Django registers that its services stop, so that it happens after.
    atexit.register(shutil.rmtree, folder)
    configure(Path(folder))
    port = free_port()
    with running("up", "--port", str(port)):
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        django.setup()
        take(f"http://127.0.0.1:{port}", *make_courses())


def configure(folder: Path) -> None:
    for name in list(os.environ):
        if name in ("DATABASE_URL", "REDIS_URL") or name.startswith("LLM_"):
            del os.environ[name]
    os.environ |= {
        "VAR_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = "only-while-pictures-are-taken"  # noqa: S105


@contextmanager
def running(*command: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "manage.py", *command], cwd=ROOT)  # noqa: S603
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(
                f"This was not reached in {WAIT_SECONDS} s; what the processes said is above."
            )
        time.sleep(0.2)


def make_courses() -> tuple[dict[str, str], str]:
    """Make a course to read, and a plan that waits among others.

    Returns name of a picture → path, and a session's key.
    """
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from benchmarks import seed
    from roadmaps.services import decide_review, request_roadmap

    admin = User.objects.get(is_superuser=True)
    seed.main(SEEDED)
    course, waiting = (request_roadmap(owner=admin, goal=goal) for goal in GOALS)
    for roadmap in (course, waiting):
        wait_for(partial(has_reached, roadmap, "AWAITING_REVIEW"))
    decide_review(course.reviews.pending().get(), "APPROVED", by=admin)
    wait_for(lambda: has_reached(course, "READY"))
    client = Client()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    paths = {
        "roadmap": reverse("roadmap_detail", args=[course.pk]),
        "concept": reverse(
            "concept_detail", args=[course.pk, course.concepts.order_by("order")[0].slug]
        ),
        "inbox": reverse("admin:roadmaps_review_changelist"),
        "review": reverse(
            "admin:roadmaps_review_change", args=[waiting.reviews.pending().get().pk]
        ),
        "dashboard": reverse("admin:index"),
    }
    return paths, client.cookies["sessionid"].value


def has_reached(roadmap: "Roadmap", status: str) -> bool:
    roadmap.refresh_from_db()
    return roadmap.status == status


def take(site: str, paths: dict[str, str], session: str) -> None:
    from playwright.sync_api import sync_playwright

    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    paths_of_chromium = [path for path in map(shutil.which, names) if path]
    if not paths_of_chromium:
        raise SystemExit("There is no Chromium; tests/install-chromium installs it.")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=paths_of_chromium[0], args=arguments)
        for scheme in SCHEMES:
            take_all(browser, site, paths, session, scheme)
        browser.close()


def take_all(
    browser: "Browser", site: str, paths: dict[str, str], session: str, scheme: str
) -> None:
    context = browser.new_context(
        base_url=site,
        viewport=SIZE,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1.5,
    )
    context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    page = context.new_page()
    for name, path in paths.items():
        answer = page.goto(path, wait_until="load")
        if answer is None or answer.status != 200:
            raise SystemExit(f"{path} could not be opened for the picture “{name}”.")
        page.wait_for_timeout(800)  # pictures are drawn when the page is there
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
        sys.stdout.write(f"{FOLDER.name}/{name}-{scheme}.png\n")
    context.close()


if __name__ == "__main__":
    main()
