"""Hashes of passwords: few at once, the others wait or hear it, and other pages are served."""

import asyncio
import os
import threading
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as current
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password
from django.urls import reverse

from accounts import passwords
from accounts.adapter import AccountAdapter
from config.asgi import application
from config.settings import accounts
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a" * 32
CHINESE = (b"accept-language", b"zh-hans")


class HeldHashes:
    """Hashes that end when the test says so."""

    def __init__(self):
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = self.ended = 0

    def encode(self, _hasher, _password, _salt, _iterations=None):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.go.wait(DEADLINE_SECONDS)
        with self.lock:
            self.now -= 1
            self.ended += 1
        return "pbkdf2_sha256$1$salt$hash"


@pytest.fixture
def held(monkeypatch, settings):
    settings.PASSWORD_HASHERS = accounts.PASSWORD_HASHERS
    settings.RATES = dict.fromkeys(settings.RATES, ())
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(settings.ACCOUNT_RATE_LIMITS, "")
    hashes = HeldHashes()
    passwords.hashing.cache_clear()
    monkeypatch.setattr(
        PBKDF2PasswordHasher,
        "encode",
        lambda *arguments: hashes.encode(*arguments),
    )
    yield hashes
    hashes.go.set()
    passwords.hashing.cache_clear()


async def ask(method, path, fields=None):
    """The status, headers and text of the answer of the web."""
    body = urlencode(fields or {}).encode()
    headers = [
        (b"host", b"localhost"),
        (b"cookie", f"csrftoken={TOKEN}".encode()),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", str(len(body)).encode()),
        CHINESE,
    ]
    scope = {"type": "http", "method": method, "path": path, "query_string": b""}
    asked = ApplicationCommunicator(application, scope | {"headers": headers})
    await asked.send_input({"type": "http.request", "body": body})
    start = await asked.receive_output(timeout=DEADLINE_SECONDS)
    text = b""
    while True:
        part = await asked.receive_output(timeout=DEADLINE_SECONDS)
        text += part.get("body", b"")
        if not part.get("more_body"):
            await asked.wait(timeout=DEADLINE_SECONDS)
            return start["status"], dict(start["headers"]), text.decode()


def wrong_sign_in(number):
    fields = {"login": f"nobody{number}", "password": "a guess", "csrfmiddlewaretoken": TOKEN}
    return ask("POST", reverse("account_login"), fields)


async def until(condition):
    await sync_to_async(wait_for, thread_sensitive=False)(condition)


def test_wrong_sign_ins_take_turns_and_another_page_is_served_meanwhile(held, settings):
    settings.HASHES_AT_ONCE = 2
    settings.HASHES_WAITING = 2 * settings.DATABASE_POOL_SIZE
    settings.HASH_WAIT_SECONDS = DEADLINE_SECONDS
    many = settings.HASHES_WAITING + 2

    async def attack():
        tries = [asyncio.create_task(wrong_sign_in(number)) for number in range(many)]
        await until(lambda: passwords.turns.waiting == many - 2)
        other = await ask("GET", reverse("gallery"))  # which asks PostgreSQL
        ended_before = held.ended
        held.go.set()
        return other, ended_before, await asyncio.gather(*tries)

    other, ended_before, answers = asyncio.run(attack())
    assert (other[0], ended_before) == (200, 0)
    assert [answer[0] for answer in answers] == [200] * many
    assert held.most == 2


def test_beyond_those_that_wait_one_is_told_to_try_again(held, settings, monkeypatch):
    looked_at = []
    authenticate = AccountAdapter.authenticate

    def noting(adapter, request, **credentials):
        looked_at.append(credentials["username"])
        return authenticate(adapter, request, **credentials)

    monkeypatch.setattr(AccountAdapter, "authenticate", noting)
    settings.HASHES_AT_ONCE = settings.HASHES_WAITING = 1

    async def attack():
        tries = [asyncio.create_task(wrong_sign_in(number)) for number in range(2)]
        await until(lambda: passwords.turns.waiting == 1)
        refused = await wrong_sign_in(3)
        held.go.set()
        return refused, await asyncio.gather(*tries)

    (status, headers, text), others = asyncio.run(attack())
    assert status == 503
    assert sorted(looked_at) == ["nobody0", "nobody1"]
    assert headers[b"Retry-After"] == b"5"
    assert "请稍等几秒" in text
    assert [answer[0] for answer in others] == [200, 200]


def test_nobody_waits_for_a_turn_without_end(held, settings):
    settings.HASHES_AT_ONCE, settings.HASH_WAIT_SECONDS = 1, 1

    async def attack():
        first = asyncio.create_task(wrong_sign_in(1))
        await until(lambda: passwords.turns.running == 1)
        refused = await wrong_sign_in(2)
        held.go.set()
        return refused[0], (await first)[0]

    assert asyncio.run(attack()) == (503, 200)
    assert (passwords.turns.running, passwords.turns.waiting) == (0, 0)


def test_the_threads_that_hash_give_way_to_pages(monkeypatch):
    seen = {}

    def note(*_arguments):
        thread = threading.get_native_id()
        seen["niceness"] = os.getpriority(os.PRIO_PROCESS, thread)
        return "pbkdf2_sha256$1$salt$hash"

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", note)
    passwords.BoundedHasher().encode("stones", "salt")
    assert seen["niceness"] == min(passwords.NICENESS, 19)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


def test_every_hash_of_the_product_takes_a_turn_and_older_ones_are_read(settings):
    theirs = make_password("stones", hasher=PBKDF2PasswordHasher())
    settings.PASSWORD_HASHERS = accounts.PASSWORD_HASHERS
    assert current.PASSWORD_HASHERS == ["accounts.passwords.BoundedHasher"]
    assert check_password("stones", theirs)
    assert not check_password("a guess", theirs)
    assert check_password("stones", make_password("stones"))
