"""Benchmark of live pages, while a worker drives hundreds of roadmaps: `python -m benchmarks.live`.

Real HTTP goes to a real web process, and a real Chromium paints the pages.
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
# Notes the time at which each new line of the timeline is painted: milliseconds since 1970, beside
# its sequence.
WATCH = """() => {
  window.painted = [];
  new MutationObserver((changes) => requestAnimationFrame(() => {
    const now = performance.timeOrigin + performance.now();
    for (const change of changes) for (const node of change.addedNodes)
      if (node.dataset?.sequence) window.painted.push([node.dataset.sequence, now]);
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
    """Time from the click on “Approve” until the roadmap's thread goes on in the worker."""
    lab.empty_roadmaps()
    roadmaps = lab.request(REVIEWS)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == REVIEWS)
    lab.request(RUNNING)
    lab.wait_for(lambda: lab.in_state("RUNNING") >= RUNNING)
    with httpx.Client(base_url=address, cookies={"sessionid": session}, timeout=60) as browser:
        browser.get("/admin/")
        milliseconds = [approve(browser, pk) for pk in roadmaps]
    beside = f"{REVIEWS} clicks, p50 {statistics.median(milliseconds):.0f} ms"
    what = f"approve → resumed, p95 with {RUNNING} running"
    return Figure(what, percentile(milliseconds, 95), 250, "ms", beside)


def approve(browser: httpx.Client, pk: uuid.UUID) -> float:
    """Approve a roadmap's plan; returns the milliseconds until its thread goes on."""
    from django.urls import reverse

    from logs_app.history import events_of
    from roadmaps.models import Review

    review = Review.objects.select_related("draft").get(roadmap=pk)
    path = reverse("admin:roadmaps_review_decide", args=[review.pk])
    fields = {"decision": "APPROVED", "draft": str(review.draft.number)}
    token = {"X-CSRFToken": browser.cookies["csrftoken"]}
    click = time.time_ns()
    response = browser.post(path, data=fields, headers=token)
    if response.status_code != httpx.codes.FOUND:
        raise RuntimeError(f"not approved: {response.status_code}")

    def milliseconds_to_start() -> float:
        starts = [event["sequence"] for event in events_of(pk) if event["event"] == "run_started"]
        after_click = [start for start in starts if start > click]
        return (after_click[-1] - click) / 1e6 if after_click else 0

    return float(lab.wait_for(milliseconds_to_start))


def pixels(address: str, session: str) -> Figure:
    """Time from an event in the worker until Chromium has painted it.

    The pages are those of plans that are being changed.
    """
    from roadmaps.models import Review
    from roadmaps.services import decide_review

    lab.empty_roadmaps()
    watched = lab.request(WINDOWS)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == WINDOWS)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", *SEEN]
        path = shutil.which("chromium") or shutil.which("chromium-headless-shell")
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        pages = [watch(browser, address, session, pk) for pk in watched]
        lab.request(WATCHED_AMONG)
        for review in Review.objects.pending().filter(roadmap__in=watched):
            decide_review(review, "CHANGES_REQUESTED", by=None, comment="More practice, please")
        lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == WINDOWS + WATCHED_AMONG)
        time.sleep(1)
        milliseconds = []
        for page in pages:
            for sequence, painted in page.evaluate("window.painted"):
                milliseconds.append(painted - int(sequence) / 1e6)
        browser.close()
    median = statistics.median(milliseconds)
    beside = f"{len(milliseconds)} events in {WINDOWS} windows, p50 {median:.0f} ms"
    what = f"event → pixel, p95 with {WATCHED_AMONG} running"
    return Figure(what, percentile(milliseconds, 95), 200, "ms", beside)


def watch(browser: Browser, address: str, session: str, pk: uuid.UUID) -> Page:
    """A roadmap's page in a window of its own, which notes when it paints events.

    Of several pages in one window only the one in front is painted at once.
    """
    context = browser.new_context(base_url=address)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    page.goto(f"/roadmaps/{pk}/")
    # Asked in this way, as pages evaluate no strings.
    expect(page.locator("#connection")).to_have_text("live", timeout=60_000)
    page.evaluate(WATCH)
    return page


def sockets(address: str, session: str) -> Figure:
    """Time from an event until the last of many pages of one web process has it."""
    lab.empty_roadmaps()
    (pk,) = lab.request(1)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == 1)
    url = f"{address.replace('http', 'ws')}/ws/roadmaps/{pk}/"
    milliseconds = asyncio.run(send_events(url, address, session, pk))
    beside = (
        f"worst of {ROUNDS} events, best {min(milliseconds):.0f} ms; "
        "the clients share the two cores"
    )
    what = f"an event to {SOCKETS:,} sockets of one web process"
    return Figure(what, max(milliseconds), 500, "ms", beside)


async def send_events(url: str, origin: str, session: str, pk: uuid.UUID) -> list[float]:
    """The milliseconds until the last socket has each event."""
    from roadmaps import progress

    options: dict[str, Any] = {
        "origin": Origin(origin),
        "additional_headers": {"Cookie": f"sessionid={session}"},
    }
    clients: list[Any] = []
    for _ in range(0, SOCKETS, AT_ONCE):
        joining = (websockets.connect(url, open_timeout=60, **options) for _ in range(AT_ONCE))
        clients += await asyncio.gather(*joining)
    await asyncio.gather(*(client.recv() for client in clients))  # the snapshots

    async def arrival(client: Any, message: str) -> float:
        while json.loads(await client.recv()).get("event", {}).get("message") != message:
            continue
        return time.monotonic()

    milliseconds = []
    for number in range(ROUNDS):
        message = f"Round {number}"
        start = time.monotonic()
        await asyncio.to_thread(progress.record, pk, "note", message)
        arrivals = await asyncio.gather(*(arrival(client, message) for client in clients))
        milliseconds.append((max(arrivals) - start) * 1000)
    await asyncio.gather(*(client.close() for client in clients))
    return milliseconds


if __name__ == "__main__":
    sys.exit(not main())
