"""Benchmark of the admin's and a learner's pages with many rows: `python -m benchmarks.admin`.

It keeps a database of its own in var/bench-admin, seeds it once, starts the real web server on it,
signs in over HTTP and asks for each page many times, one request after the other. A time is a
whole request as a client on this machine sees it; /healthz, asked in the same run, shows the part
of it that is the way there and back. The CPU time is the web server's own for each request: the
time that a request would take on a machine that has nothing else to do.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
OUT = ROOT / "out" / "bench" / "admin.json"
ADMIN = {
    "DJANGO_SUPERUSER_USERNAME": "bench",
    "DJANGO_SUPERUSER_PASSWORD": "only-for-the-benchmark",
}
ENVIRONMENT = {
    **{
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL")
    },
    **ADMIN,
    "VAR_DIR": str(ROOT / "var" / "bench-admin"),
    "LOG_LEVEL": "ERROR",
}
REVIEW = r"/admin/roadmaps/review/\d+/change/"
WARM_UP = 3
START_SECONDS = 60
COURSES = 30  # of the learner who is measured
TAKE_UP = """
from django.contrib.auth.models import User
from content.exports import rows
from roadmaps.models import Roadmap
from tests.content import samples
learner = User.objects.get(username="bench")
text = "## A heading\\n\\n" + "Some *words* of `text`. " * 80
for number in range(Roadmap.objects.filter(owner=learner).count(), {courses}):
    course = samples.course(60, text, title=f"Course {{number}}")
    modules = course.stages[0].modules
    more = [samples.concept(one, text) for one in range(61, 121)]
    modules.append(modules[0].model_copy(update=dict(concepts=more)))
    rows.create(course, owner=learner)
"""
# page → (its target for p95 in milliseconds, its address)
PAGES = {
    "healthz (baseline)": (None, "/healthz"),
    "inbox": (150, "/admin/roadmaps/review/"),
    "inbox, overdue": (150, "/admin/roadmaps/review/?due=overdue"),
    "inbox, late page": (150, "/admin/roadmaps/review/?p=3000"),
    "inbox, search": (150, "/admin/roadmaps/review/?q=botany"),
    "inbox, search for two words": (150, "/admin/roadmaps/review/?q=project+1234"),
    "inbox, search that finds all": (None, "/admin/roadmaps/review/?q=learn"),
    "inbox, search that finds none": (150, "/admin/roadmaps/review/?q=zeppelin"),
    "inbox, search without spaces": (None, "/admin/roadmaps/review/?q=%E9%9D%A2%E5%8C%85"),
    "review": (300, "{ordinary}"),
    "review with 240 concepts": (300, "{review}"),
    "dashboard": (None, "/admin/"),
    "roadmaps": (None, "/admin/roadmaps/roadmap/"),
    "roadmaps, search": (None, "/admin/roadmaps/roadmap/?q=botany"),
    "roadmaps, failed": (None, "/admin/roadmaps/roadmap/?status__exact=FAILED"),
    "execution log": (None, "/admin/logs_app/executionlog/"),
    "execution log, errors": (None, "/admin/logs_app/executionlog/?level=error"),
    "execution log, words": (None, "/admin/logs_app/executionlog/?q=nothing-like-this"),
    "content": (None, "/admin/content/tutorial/"),
    "usage": (None, "/admin/usage/"),
    "my roadmaps, 30 of them": (100, "/roadmaps/"),
    "a roadmap of 120 concepts": (150, "{roadmap}"),
    "a concept": (None, "{concept}"),
}


def main() -> None:
    arguments = parse()
    prepare(arguments.reviews, arguments.logs)
    with server() as (address, process), httpx.Client(base_url=address, timeout=60) as client:
        sign_in(client)
        measured = [
            measure(client, process, *page, times=arguments.times) for page in pages(client)
        ]
    result = {
        "reviews": arguments.reviews,
        "logs": arguments.logs,
        "times": arguments.times,
        "pages": measured,
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(result, indent=2))
    show(result)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--reviews",
        type=int,
        default=100_000,
        help="seeded once; remove var/bench-admin to change it",
    )
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="requests for each page")
    return parser.parse_args()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def prepare(reviews: int, logs: int) -> None:
    """Make the seeds and the first admin, unless they are there."""
    console = Console(stderr=True)
    run("manage.py", "migrate", "--verbosity", "0").check_returncode()
    with console.status(
        f"{reviews:,} reviews and {logs:,} log rows; seeding them takes minutes, once"
    ):
        counts = ["--reviews", str(reviews), "--logs", str(logs)]
        result = run("-m", "benchmarks.seed", *counts, "--yes")
    if result.returncode and "seeded already" not in result.stderr:
        raise SystemExit(result.stderr)
    run("manage.py", "createsuperuser", "--noinput", "--email", "bench@example.com")
    take_up = TAKE_UP.format(courses=COURSES)
    run("manage.py", "shell", "--verbosity", "0", "--command", take_up).check_returncode()


@contextmanager
def server() -> Iterator[tuple[str, psutil.Process]]:
    """The address of a web server that answers, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "web", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT)  # noqa: S603
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(address, timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def sign_in(client: httpx.Client) -> None:
    page = client.get("/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, "the sign-in page has no form"
    fields = {
        "login": ADMIN["DJANGO_SUPERUSER_USERNAME"],
        "password": ADMIN["DJANGO_SUPERUSER_PASSWORD"],
    }
    answer = client.post("/accounts/login/", data={"csrfmiddlewaretoken": token[1], **fields})
    assert answer.is_redirect, "the sign-in was refused"


def pages(client: httpx.Client) -> Iterator[tuple[str, int | None, str]]:
    """Name, target and address of each page.

    The first review of the inbox has the largest plan, those of the others are ordinary.
    """
    roadmap = first_link(client, "/roadmaps/", r"/roadmaps/[0-9a-f-]{36}/")
    rows = {
        "review": first_link(client, "/admin/roadmaps/review/", REVIEW),
        "ordinary": first_link(client, "/admin/roadmaps/review/?p=20", REVIEW),
        "roadmap": roadmap,
        "concept": first_link(client, roadmap, r"/roadmaps/[0-9a-f-]{36}/concepts/[\w-]+/"),
    }
    for name, (target, address) in PAGES.items():
        yield name, target, address.format(**rows)


def first_link(client: httpx.Client, page: str, pattern: str) -> str:
    """The first address on a page that matches the pattern."""
    link = re.search(pattern, client.get(page).text)
    assert link, f"{page} has no link to {pattern}"
    return link[0]


def measure(
    client: httpx.Client,
    process: psutil.Process,
    name: str,
    target: int | None,
    address: str,
    *,
    times: int,
) -> dict[str, Any]:
    for _ in range(WARM_UP):
        client.get(address).raise_for_status()

    milliseconds: list[float] = []
    start_cpu = cpu_seconds(process)
    for _ in range(times):
        start = time.perf_counter()
        response = client.get(address)
        milliseconds.append((time.perf_counter() - start) * 1000)
        assert response.status_code == 200, f"{address}: {response.status_code}"
    cpu = (cpu_seconds(process) - start_cpu) * 1000 / times

    p95 = milliseconds[0]
    if times > 1:
        p95 = statistics.quantiles(milliseconds, n=20)[-1]
    return {
        "page": name,
        "p50_ms": round(statistics.median(milliseconds), 1),
        "p95_ms": round(p95, 1),
        "cpu_ms": round(cpu, 1),
        "kilobytes": round(len(response.content) / 1024),
        "target_ms": target,
    }


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def show(result: dict[str, Any]) -> None:
    title = (
        f"{result['reviews']:,} reviews, {result['logs']:,} log rows; "
        f"{result['times']} requests each"
    )
    table = Table("page", "p50 ms", "p95 ms", "target p95", "CPU ms", "kB", title=title)
    for row in result["pages"]:
        verdict = ""
        if target := row["target_ms"]:
            verdict = f"{target} met" if row["p95_ms"] <= target else f"{target} MISSED"
        numbers = [f"{row[name]:.0f}" for name in ("p50_ms", "p95_ms", "cpu_ms", "kilobytes")]
        table.add_row(row["page"], *numbers[:2], verdict, *numbers[2:])
    Console().print(table)


if __name__ == "__main__":
    main()
