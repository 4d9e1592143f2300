"""Benchmark of ordinary readers beside hostile visitors: `python -m benchmarks.hostile`.

The rates are those that Cairn has when nothing is set. Every visitor comes from an address of their
own on this machine, and half requests from ten. The hostile ones run in a process of their own,
which gives way to the others: on a network its CPU wouldn't be the server's.
"""

import asyncio
import contextlib
import os
import random
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx

from benchmarks import lab
from benchmarks.figures import Figure, report

READERS = 20
SECONDS = 30  # alone, and as long beside the hostile ones
THINK_SECONDS = (2, 4)  # of an ordinary reader between two pages
WARM_UP_SECONDS = 5
CONCEPTS = 30
LISTED = 30  # courses of the gallery
TRY_AGAIN_SECONDS = (1, 3)  # of a hostile visitor
MOST_TIMES = 3
NICENESS = 5  # of the hostile process
BEGUN = "begun"  # a line of the hostile process
TOKEN = "a" * 32  # a browser may choose its own
# As nobody has set them.
SHIPPED = dict.fromkeys(("RATE_PAGES", "RATE_SEARCH", "STORED_ROADMAPS"), "")
WORDS = ("bread", "kneading", "weather", "sourdough", "signs", "maps", "hiking", "practice")


def main() -> list[Figure]:
    lab.set_up()
    readers, token = people_and_courses()
    exporters = [sign_in(f"exporter{number}") for number in range(5)]
    with lab.web(**SHIPPED) as (address, _):
        asyncio.run(read(address, readers, WARM_UP_SECONDS))
        alone = asyncio.run(read(address, readers, SECONDS))
        with attack(address, token, exporters) as attackers:
            time.sleep(WARM_UP_SECONDS)
            beside = asyncio.run(read(address, readers, SECONDS))
        attackers.popen.wait()
    return report("hostile", figures(alone, beside, attackers.log.read_text()))


def figures(alone: list["Look"], beside: list["Look"], told: str) -> list[Figure]:
    before, after = p95(alone), p95(beside)
    slowest = max(look.ms for look in beside) / 1000
    refused = sum(look.status != httpx.codes.OK for look in [*alone, *beside])
    pages = f"{len(alone)} and {len(beside)} pages of {READERS} readers"
    numbers = f"p95 {before:.0f} ms alone, {after:.0f} ms beside"
    return [
        Figure("p95 beside hostile visitors, over alone", after / before, MOST_TIMES, "×", numbers),
        Figure("pages that ordinary readers were refused", refused, 0, "", pages),
        Figure(
            "slowest page of an ordinary reader",
            slowest,
            10,
            "s",
            told.removeprefix(BEGUN).strip(),
        ),
    ]


class Look(tuple[float, int]):
    """One page: its milliseconds and status."""

    @property
    def ms(self) -> float:
        return self[0]

    @property
    def status(self) -> int:
        return self[1]


def p95(looks: list[Look]) -> float:
    return statistics.quantiles([look.ms for look in looks], n=20, method="inclusive")[-1]


def people_and_courses() -> tuple[list[tuple[str, list[str]]], str]:
    """Sessions of the readers with their pages, and the token of a long shared course."""
    from content.exports import rows
    from sharing.services import enter_gallery, open_link
    from tests.content import samples

    text = samples.MARKDOWN * 5
    course = samples.course(CONCEPTS, text)  # type: ignore[no-untyped-call]
    readers = []
    for number in range(READERS):
        owner = lab.person(f"reader{number}")
        roadmap = rows.create(course, owner=owner)
        concept = roadmap.concepts.all()[number]
        pages = ["/roadmaps/", "/roadmaps/new/", "/gallery/", "/practice/", "/accounts/"]
        pages += [roadmap.get_absolute_url(), concept.get_absolute_url()]
        readers.append((lab.session_of(owner), pages))

    token = ""
    for _ in range(LISTED):
        roadmap = rows.create(course, owner=lab.person("author"))
        share = open_link(roadmap)
        enter_gallery(roadmap)
        token = share.token or ""
    for number in range(5):
        rows.create(course, owner=lab.person(f"exporter{number}"))
    return readers, token


def sign_in(name: str) -> str:
    """A session and the course of a person, with a colon between them."""
    person = lab.person(name)
    return f"{lab.session_of(person)}:{person.roadmaps.get().pk}"


def browser(address: str, source: str, session: str = "") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=address,
        transport=httpx.AsyncHTTPTransport(local_address=source, verify=False),
        cookies={"sessionid": session, "csrftoken": TOKEN} if session else {"csrftoken": TOKEN},
        timeout=60,
    )


async def read(address: str, readers: list[tuple[str, list[str]]], seconds: float) -> list[Look]:
    """Pages that the readers open within so many seconds."""
    ends = time.monotonic() + seconds
    looks: list[Look] = []

    async def one(number: int, session: str, pages: list[str]) -> None:
        chance = random.Random(number)  # noqa: S311 - the same pages in each run
        async with browser(address, f"127.0.1.{number + 1}", session) as client:
            while time.monotonic() < ends:
                await asyncio.sleep(chance.uniform(*THINK_SECONDS))
                began = time.perf_counter()
                answer = await client.get(chance.choice(pages))
                looks.append(Look(((time.perf_counter() - began) * 1000, answer.status_code)))

    await asyncio.gather(*(one(number, *reader) for number, reader in enumerate(readers)))
    return looks


@contextlib.contextmanager
def attack(address: str, token: str, exporters: list[str]) -> Iterator[lab.Process]:
    command = [sys.executable, "-m", "benchmarks.hostile", address, token, *exporters]
    with lab.Process("hostile", command) as process:
        lab.wait_for(lambda: BEGUN in process.log.read_text())
        yield process


class Hostile:
    """Visitors who come again and again, whatever they are answered; `told` counts the answers."""

    def __init__(self, address: str, token: str, exporters: list[str]) -> None:
        self.address, self.token, self.exporters = address, token, exporters
        self.host, _, port = address.removeprefix("http://").partition(":")
        self.port = int(port)
        self.told: Counter[str] = Counter()

    async def run(self) -> None:
        tasks = [
            *(self.wrong_sign_ins(number) for number in range(100)),
            *(self.half_requests(number) for number in range(1000)),
            *(self.searches(number) for number in range(10)),
            *(self.slow_pages(number) for number in range(25)),
            *(self.dropped_exports(number) for number in range(len(self.exporters))),
        ]
        await asyncio.gather(*tasks)

    async def again(self, source: str, act: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> None:
        async with browser(self.address, source) as client:
            while True:
                try:
                    answer = await act(client)
                    self.told[str(answer.status_code)] += 1
                except httpx.TransportError:  # hung up, by them or by us
                    self.told["hung up"] += 1
                await asyncio.sleep(random.uniform(*TRY_AGAIN_SECONDS))  # noqa: S311

    async def wrong_sign_ins(self, number: int) -> None:
        fields = {"login": f"reader{number}", "password": "guess", "csrfmiddlewaretoken": TOKEN}
        await self.again(
            f"127.0.2.{number + 1}", lambda client: client.post("/accounts/login/", data=fields)
        )

    async def searches(self, number: int) -> None:
        await self.again(
            f"127.0.3.{number + 1}",
            lambda client: client.get("/gallery/", params={"q": random.choice(WORDS)}),  # noqa: S311
        )

    async def slow_pages(self, number: int) -> None:
        await self.again(
            f"127.0.4.{number + 1}", lambda client: client.get(f"/s/{self.token}/", timeout=1)
        )

    async def dropped_exports(self, number: int) -> None:
        session, _, roadmap = self.exporters[number].partition(":")
        cookies = {"Cookie": f"sessionid={session}"}
        await self.again(
            f"127.0.5.{number + 1}",
            lambda client: client.get(
                f"/roadmaps/{roadmap}/export/anki/", headers=cookies, timeout=0.3
            ),
        )

    async def half_requests(self, number: int) -> None:
        halves = (b"GET / HTTP/1.1\r\nHost: local", b"", b"POST / HTTP/1.1\r\nHost: localhost\r\n")
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(
                    self.host, self.port, local_addr=(f"127.0.6.{number % 10 + 1}", 0)
                )
                writer.write(halves[number % 3])
                await reader.read()
                writer.close()
            self.told["half"] += 1
            await asyncio.sleep(random.uniform(*TRY_AGAIN_SECONDS))  # noqa: S311


async def be_hostile(address: str, token: str, exporters: list[str]) -> None:
    hostile = Hostile(address, token, exporters)
    sys.stdout.write(f"{BEGUN}\n")
    sys.stdout.flush()
    with contextlib.suppress(asyncio.CancelledError):
        task = asyncio.create_task(hostile.run())
        asyncio.get_running_loop().add_signal_handler(15, task.cancel)
        await task
    answers = ", ".join(f"{count} × {what}" for what, count in hostile.told.most_common())
    sys.stdout.write(f"the others got {answers}\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        os.nice(NICENESS)
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        asyncio.run(be_hostile(sys.argv[1], sys.argv[2], sys.argv[3:]))
    else:
        sys.exit(not main())
