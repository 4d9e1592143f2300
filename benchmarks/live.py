"""python -m benchmarks.live: how soon people see and get what they do, while one worker drives
hundreds of roadmaps.

Real HTTP to a real web process; a real Chromium for what reaches the eye.
"""

import asyncio
import json
import shutil
import statistics
import sys
import time
import uuid
from typing import Any

import httpx
import websockets
from playwright.sync_api import Browser, Page, expect, sync_playwright
from websockets.typing import Origin

from benchmarks import lab
from benchmarks.figures import Figure, report

REVIEWS = 40
RUNNING = 100
WATCHED_AMONG = 200
WINDOWS = 5
SOCKETS = 1000
AT_ONCE = 50  # sockets that join together
ROUNDS = 5
# All windows paint as one that somebody looks at; behind others, Chromium paints one a second.
SEEN = ["--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"]
# Notes for each new line of the timeline when it was painted: milliseconds since 1970, beside its
# sequence.
WATCH = """() => {
  window.painted = [];
  new MutationObserver((changes) => requestAnimationFrame(() => {
    const now = performance.timeOrigin + performance.now();
    for (const change of changes) for (const one of change.addedNodes)
      if (one.dataset?.sequence) window.painted.push([one.dataset.sequence, now]);
  })).observe(document.getElementById("timeline"), {childList: true});
}"""


def main() -> list[Figure]:
    lab.set_up()
    with lab.model_server() as models, lab.worker(models=models), lab.web() as (address, _):
        reviewer = lab.person("admin", is_superuser=True, is_staff=True)
        lab.request(5)
        lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == 5)
        figures = [
            clicks(address, lab.session_of(reviewer)),
            pixels(address, lab.session_of(lab.person())),
            sockets(address, lab.session_of(lab.person())),
        ]
    return report("live", figures)


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def clicks(address: str, session: str) -> Figure:
    """From the click on “Approve” until the roadmap's thread goes on in the worker."""
    lab.empty_roadmaps()
    asked = lab.request(REVIEWS)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == REVIEWS)
    lab.request(RUNNING)
    lab.wait_for(lambda: lab.in_state("RUNNING") >= RUNNING)
    with httpx.Client(base_url=address, cookies={"sessionid": session}, timeout=60) as browser:
        browser.get("/admin/")
        milliseconds = [_approve(browser, pk) for pk in asked]
    beside = f"{REVIEWS} clicks, p50 {statistics.median(milliseconds):.0f} ms"
    return Figure(
        f"approve → resumed, p95 with {RUNNING} running",
        percentile(milliseconds, 95),
        250,
        "ms",
        beside,
    )


def _approve(browser: httpx.Client, pk: uuid.UUID) -> float:
    from django.urls import reverse

    from logs_app.history import events_of
    from roadmaps.models import Review

    path = reverse("admin:roadmaps_review_decide", args=[Review.objects.get(roadmap=pk).pk])
    token = {"X-CSRFToken": browser.cookies["csrftoken"]}
    clicked = time.time_ns()
    answer = browser.post(path, data={"decision": "APPROVED"}, headers=token)
    if answer.status_code != httpx.codes.FOUND:
        raise RuntimeError(f"not approved: {answer.status_code}")

    def resumed() -> float:
        began = [one["sequence"] for one in events_of(pk) if one["event"] == "run_started"]
        return (began[-1] - clicked) / 1e6 if began and began[-1] > clicked else 0

    return float(lab.wait_for(resumed))


def pixels(address: str, session: str) -> Figure:
    """From the event in the worker until Chromium has painted it: pages of plans that are being
    changed.
    """
    lab.empty_roadmaps()
    watched = lab.request(WINDOWS)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == WINDOWS)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        arguments += SEEN
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        pages = [_watch(_window(browser, address, session), pk) for pk in watched]
        lab.request(WATCHED_AMONG)
        _ask_for_changes(watched)
        lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == WINDOWS + WATCHED_AMONG)
        time.sleep(1)
        painted = [one for page in pages for one in page.evaluate("window.painted")]
        browser.close()
    milliseconds = [now - int(sequence) / 1e6 for sequence, now in painted]
    beside = f"{len(milliseconds)} events in {WINDOWS} windows, p50 {statistics.median(milliseconds):.0f} ms"
    return Figure(
        f"event → pixel, p95 with {WATCHED_AMONG} running",
        percentile(milliseconds, 95),
        200,
        "ms",
        beside,
    )


def _ask_for_changes(roadmaps: list[uuid.UUID]) -> None:
    from roadmaps.models import Review
    from roadmaps.services import decide_review

    for review in Review.objects.pending().filter(roadmap__in=roadmaps):
        decide_review(review, "CHANGES_REQUESTED", by=None, comment="More practice, please")


def _window(browser: Browser, address: str, session: str) -> Page:
    """Of its own: of several pages in one, only the one in front is painted at once."""
    context = browser.new_context(base_url=address)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    return context.new_page()


def _watch(page: Page, pk: uuid.UUID) -> Page:
    page.goto(f"/roadmaps/{pk}/")
    expect(page.locator("#connection")).to_have_text(
        "live", timeout=60_000
    )  # pages evaluate no strings
    page.evaluate(WATCH)
    return page


def sockets(address: str, session: str) -> Figure:
    """From an event until the last of many pages of one web process has it."""
    lab.empty_roadmaps()
    (pk,) = lab.request(1)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == 1)
    milliseconds = asyncio.run(
        _tell_all(f"{address.replace('http', 'ws')}/ws/roadmaps/{pk}/", address, session, pk)
    )
    beside = f"worst of {ROUNDS} events, best {min(milliseconds):.0f} ms; the clients share the two cores"
    return Figure(
        f"an event to {SOCKETS:,} sockets of one web process", max(milliseconds), 500, "ms", beside
    )


async def _tell_all(url: str, origin: str, session: str, pk: uuid.UUID) -> list[float]:
    from roadmaps import progress

    how: dict[str, Any] = {
        "origin": Origin(origin),
        "additional_headers": {"Cookie": f"sessionid={session}"},
    }
    open_sockets: list[Any] = []
    for _ in range(0, SOCKETS, AT_ONCE):
        joining = (websockets.connect(url, open_timeout=60, **how) for _ in range(AT_ONCE))
        open_sockets += await asyncio.gather(*joining)
    await asyncio.gather(*(one.recv() for one in open_sockets))  # the snapshots
    milliseconds = []
    for number in range(ROUNDS):
        began = time.monotonic()
        await asyncio.to_thread(progress.record, pk, "note", f"Round {number}")
        heard = await asyncio.gather(*(_hear(one, f"Round {number}") for one in open_sockets))
        milliseconds.append((max(heard) - began) * 1000)
    await asyncio.gather(*(one.close() for one in open_sockets))
    return milliseconds


async def _hear(one: Any, message: str) -> float:
    while json.loads(await one.recv()).get("event", {}).get("message") != message:
        continue
    return time.monotonic()


if __name__ == "__main__":
    sys.exit(not main())
