"""Check of the addresses of resources: whether they still answer.

They come from a model, so none may lead into our own network.
"""

import asyncio
import ipaddress
import socket
from datetime import timedelta
from enum import Enum

import httpx
from django.conf import settings
from django.db.models import F, Min
from django.utils import timezone

from content.models import Resource
from roadmaps.engine import loop

TIMEOUT_SECONDS = 8  # to connect, and to wait for more bytes
ADDRESS_SECONDS = 30  # for one address with all its redirects
AT_ONCE = 8
HOPS_MAX = 5
DEAD_AGAIN_DAYS = 2  # what was dead is asked for again sooner
GONE = (404, 410)
NO_HEAD = (400, 403, 404, 405, 406, 410, 429, 500, 501, 503)  # some answer a HEAD so, a GET well
AGENT = "Cairn link check"
PORTS = {"http": 80, "https": 443}
# Addresses of IPv6 that are given out in the internet; all other ranges carry addresses of IPv4 in
# them (compatible, SIIT, NAT64), or belong to a site.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
DOCUMENTATION = ipaddress.ip_network("3fff::/20")  # newer than Python's own list
ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # begins the host's half, before an address of IPv4


class Answer(Enum):
    ALIVE = True
    DEAD = False
    UNSURE = None  # it answers, but not to us
    SILENT = "silent"  # no connection: it is dead, or our own network is


class Refused(Exception):
    """An address that is not to be asked."""


def check_links() -> dict[str, int]:
    """Ask for the addresses that were asked longest ago; how many gave each Answer."""
    addresses = next_addresses()
    by_answer: dict[Answer, list[str]] = {answer: [] for answer in Answer}
    for address, answer in zip(addresses, loop.run(check_all(addresses)), strict=True):
        by_answer[answer].append(address)
    counts = {answer.name.lower(): len(by_answer[answer]) for answer in Answer}
    if counts["silent"] == len(addresses):
        return counts  # nobody at all answers: that is our network, not theirs

    for answer, answered in by_answer.items():
        alive = False if answer is Answer.SILENT else answer.value
        rows = Resource.objects.filter(url__in=answered)
        rows.update(alive=alive, checked_at=timezone.now())
    return counts


def next_addresses() -> list[str]:
    """Never asked first; each address once, however many resources have it."""
    now = timezone.now()
    again = now - timedelta(days=settings.LINK_CHECK_DAYS)
    dead_again = now - timedelta(days=DEAD_AGAIN_DAYS)
    due = (
        Resource.objects.filter(checked_at=None)
        | Resource.objects.filter(checked_at__lt=again)
        | Resource.objects.filter(checked_at__lt=dead_again, alive=False)
    )
    grouped = due.order_by().values("url").annotate(oldest=Min("checked_at"))
    ordered = grouped.order_by(F("oldest").asc(nulls_first=True), "url")
    return list(ordered.values_list("url", flat=True)[: settings.LINK_CHECKS_PER_HOUR])


async def check_all(addresses: list[str]) -> list[Answer]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(address: str) -> Answer:
        async with turns:
            return await check(address)

    return await asyncio.gather(*map(in_turn, addresses))


async def check(address: str) -> Answer:
    try:
        async with asyncio.timeout(ADDRESS_SECONDS):
            status = await _status("HEAD", address)
            if status in NO_HEAD:
                status = await _status("GET", address)
    except (Refused, httpx.InvalidURL, UnicodeError):
        return Answer.DEAD
    except (httpx.HTTPError, OSError):  # TimeoutError is an OSError
        return Answer.SILENT
    if status in GONE:
        return Answer.DEAD
    return Answer.ALIVE if status < 400 else Answer.UNSURE


async def _status(method: str, address: str) -> int:
    """Of the end of its redirects. The body is never read."""
    url = httpx.URL(address)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        for _ in range(HOPS_MAX):
            response = await client.send(await pinned_request(client, method, url), stream=True)
            await response.aclose()
            if not response.has_redirect_location:
                return response.status_code
            url = url.join(response.headers["Location"])
    raise Refused(f"{address} redirects more than {HOPS_MAX} times")


async def pinned_request(client: httpx.AsyncClient, method: str, url: httpx.URL) -> httpx.Request:
    """To the very address that was looked at: a name could mean another one the next time it is
    asked for.
    """
    if url.scheme not in PORTS or url.port not in (None, PORTS[url.scheme]) or not url.host:
        raise Refused(f"{url} is no ordinary web address")
    host = url.raw_host.decode("ascii")
    pinned = url.copy_with(
        host=await public_address(host, PORTS[url.scheme]), userinfo=b"", fragment=None
    )
    headers = {"Host": url.netloc.decode("ascii"), "User-Agent": AGENT, "Accept": "*/*"}
    return client.build_request(method, pinned, headers=headers, extensions={"sni_hostname": host})


async def public_address(host: str, port: int) -> str:
    """Raises Refused when any of the host's addresses is in a private network."""
    places = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(place[0]) for *_, place in places]
    if not addresses or not all(map(is_public, addresses)):
        raise Refused(f"{host} is not in the public internet")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is in the public internet, and leads nowhere else through IPv4 in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if isinstance(ip, ipaddress.IPv6Address) and not _is_native(ip):
        return False
    return ip.is_global and not ip.is_multicast


def _is_native(ip: ipaddress.IPv6Address) -> bool:
    if ip not in GLOBAL_UNICAST or ip in DOCUMENTATION:
        return False
    is_isatap = (int(ip) >> 32) & 0xFFFF_FFFF in ISATAP
    return not (is_isatap or ip.sixtofour or ip.teredo)
