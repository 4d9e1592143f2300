"""Addresses of resources are asked now and then; none leads into our own network."""

import ipaddress
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from django.utils import timezone

from content import links
from content.models import Resource
from roadmaps.engine import loop
from tests.learning import statistics_course


class Site(BaseHTTPRequestHandler):
    """Answers with the status that its path names; /away leads to the address after it."""

    asked: list[tuple[str, str]] = []

    def do_HEAD(self):
        Site.asked.append((self.command, self.path))
        if self.path == "/no-head" and self.command == "HEAD":
            self.send_response(405)
        elif self.path.startswith("/away/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/away"))
        elif self.path.startswith("/inside"):
            self.send_response(302)
            self.send_header("Location", "http://10.0.0.1/")
        else:
            self.send_response(int(self.path[1:]) if self.path[1:].isdecimal() else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_):
        pass


@pytest.fixture
def site(monkeypatch):
    """A site in what counts as the public internet here: this machine, at a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    Site.asked = []
    public = links.is_public
    monkeypatch.setattr(
        links, "is_public", lambda address: address == "127.0.0.1" or public(address)
    )
    monkeypatch.setitem(links.PORTS, "http", port)
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def concept(owner):
    return statistics_course.make(owner, concepts=4).concepts.first()


def resources(concept, *addresses):
    rows = list(Resource.objects.filter(resource_list=concept.resource_list))
    Resource.objects.exclude(pk__in=[row.pk for row in rows]).delete()
    for row, address in zip(rows, addresses, strict=True):
        Resource.objects.filter(pk=row.pk).update(url=address)


def found(concept):
    return list(
        Resource.objects.filter(resource_list=concept.resource_list).values_list("alive", flat=True)
    )


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/200", links.Answer.ALIVE),
        ("/no-head", links.Answer.ALIVE),
        ("/away/away/200", links.Answer.ALIVE),
        ("/404", links.Answer.DEAD),
        ("/away/410", links.Answer.DEAD),
        ("/403", links.Answer.UNSURE),
        ("/503", links.Answer.UNSURE),
        ("/away" * 9 + "/200", links.Answer.DEAD),
        ("/inside", links.Answer.DEAD),
    ],
)
def test_what_an_address_answers(site, path, answer):
    assert loop.run(links.check(site + path)) is answer


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "https://192.168.0.1/",
        "http://example.org:6379/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http:///",
        "not an address",
    ],
)
def test_our_own_network_is_never_asked(monkeypatch, address):
    async def must_not(*_args, **_kwargs):
        raise AssertionError("it was asked")

    monkeypatch.setattr(httpx.AsyncClient, "send", must_not)
    assert loop.run(links.check(address)) is links.Answer.DEAD


PRIVATE = ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0")
CARRIERS = {
    "itself": "{address}",
    "mapped": "::ffff:{address}",
    "compatible": "::{address}",
    "SIIT": "::ffff:0:{address}",
    "NAT64": "64:ff9b::{address}",
    "NAT64 of a site": "64:ff9b:1::{address}",
    "6to4": "2002:{high:x}:{low:x}::1",
    "Teredo": "2001:0:0:0:0:0:{not_high:x}:{not_low:x}",
    "ISATAP": "2606:2800::5efe:{address}",
    "ISATAP, universal": "2606:2800::200:5efe:{address}",
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("private", PRIVATE)
def test_an_address_of_our_network_is_private_in_every_form(private, carrier):
    high, low = divmod(int(ipaddress.ip_address(private)), 1 << 16)
    words = {"high": high, "low": low, "not_high": high ^ 0xFFFF, "not_low": low ^ 0xFFFF}
    address = CARRIERS[carrier].format(address=private, **words)
    assert not links.is_public(address)
    assert not links.is_public(address + "%eth0") or ":" not in address


@pytest.mark.parametrize("address", ["fd00::1", "fe80::1", "ff0e::1", "::", "5f00::1", "3fff::1"])
def test_no_range_beside_the_internet_is_public(address):
    assert not links.is_public(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "::ffff:93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
)
def test_public_addresses_are(address):
    assert links.is_public(address)


def test_a_run_writes_what_it_found_and_asks_each_address_once(site, concept):
    resources(concept, f"{site}/200", f"{site}/404", f"{site}/200")
    counts = links.check_links()
    assert (counts["alive"], counts["dead"]) == (1, 1)
    assert found(concept) == [True, False, True]
    assert Site.asked.count(("HEAD", "/200")) == 1
    Site.asked = []
    links.check_links()
    assert Site.asked == []  # not again so soon


def test_dead_ones_are_asked_again_sooner(site, concept):
    resources(concept, f"{site}/200", f"{site}/404", f"{site}/410")
    links.check_links()
    Resource.objects.update(
        checked_at=timezone.now() - timedelta(days=links.DEAD_AGAIN_DAYS, hours=1)
    )
    Site.asked = []
    links.check_links()
    assert {path for _, path in Site.asked} == {"/404", "/410"}


def test_a_run_is_bounded_and_goes_on_where_the_last_one_ended(site, concept, settings):
    settings.LINK_CHECKS_PER_HOUR = 1
    resources(concept, f"{site}/200", f"{site}/201", f"{site}/202")
    for done in (1, 2, 3):
        links.check_links()
        assert Resource.objects.filter(alive=True).count() == done
    settings.LINK_CHECKS_PER_HOUR = 0
    assert sum(links.check_links().values()) == 0


def test_when_nobody_answers_the_fault_is_ours(site, concept, monkeypatch):
    resources(concept, f"{site}/200", f"{site}/201", f"{site}/202")

    async def no_network(*_args, **_kwargs):
        raise httpx.ConnectError("no network")

    monkeypatch.setattr(httpx.AsyncClient, "send", no_network)
    assert links.check_links()["silent"] == 3
    assert found(concept) == [None, None, None]
    assert not Resource.objects.filter(checked_at__isnull=False).exists()
