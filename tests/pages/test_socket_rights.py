"""An open socket ends with its right, whatever took it, and gives back all that it held."""

import asyncio
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer
from django.conf import settings as configured
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.leaving import delete_account
from config.asgi import application
from roadmaps.models import Roadmap
from roadmaps.operations import process_metrics
from roadmaps.pages import consumers, socket_rights
from roadmaps.pages.socket_rights import Line, lost, open_sockets
from roadmaps.removal.trash import move_to_trash
from tests import courses
from tests.conftest import DEADLINE_SECONDS, wait_for
from tests.pages.test_socket import OURS, all_told, connect, hear, leave

pytestmark = pytest.mark.django_db(transaction=True)
NEVER_SECONDS = 3600.0
LONG_AGO = timezone.now() - timedelta(days=1)


class Page:
    """Of a signed-in person: their browser, and the socket that it holds."""

    def __init__(self, person, path):
        self.browser = Client()
        self.browser.force_login(person)
        cookie = f"{configured.SESSION_COOKIE_NAME}={self.session_key}"
        headers = [(b"origin", OURS), (b"host", b"localhost"), (b"cookie", cookie.encode())]
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        self.socket = ApplicationCommunicator(application, scope)

    @property
    def session_key(self):
        return self.browser.cookies[configured.SESSION_COOKIE_NAME].value

    async def code_after(self, act):
        """The code that the open socket is closed with once `act()` was done."""
        assert await connect(self.socket)
        assert (await hear(self.socket))["type"] in ("snapshot", "joined")
        await asyncio.to_thread(in_a_thread, act)
        while (message := await self.socket.receive_output(timeout=DEADLINE_SECONDS))[
            "type"
        ] != "websocket.close":
            assert message["type"] == "websocket.send"
        await leave(self.socket, message["code"])
        return message["code"]


def in_a_thread(act):
    try:
        act()
    finally:
        connection.close()


@pytest.fixture
def roadmap(owner):
    return courses.requested(owner)


@pytest.fixture
def page(owner, roadmap):
    all_told()
    return Page(owner, f"/ws/roadmaps/{roadmap.pk}/")


@pytest.fixture
def only_hints(settings):
    settings.SOCKET_CHECK_SECONDS = NEVER_SECONDS


@pytest.fixture
def no_hints(settings):
    """As while Redis is away, or was emptied: only the regular check is left."""
    settings.SOCKET_CHECK_SECONDS = 0.1


def sign_out(page):
    page.browser.post(reverse("account_logout"))


def change_password(page):
    passwords = {
        "oldpassword": "owner",
        "password1": "brand-new-words",
        "password2": "brand-new-words",
    }
    page.browser.post(reverse("account_change_password"), passwords)


def change_password_elsewhere(_page):
    user = User.objects.get(username="owner")
    user.set_password("brand-new-words")
    user.save()


def deactivate(_page):
    user = User.objects.get(username="owner")
    user.is_active = False
    user.save()


def leave_for_good(_page):
    delete_account(User.objects.get(username="owner"))


def throw_away(_page):
    move_to_trash(Roadmap.objects.get(), by=User.objects.get(username="owner"))


LOSSES = {
    sign_out: 4401,
    change_password: 4401,
    change_password_elsewhere: 4401,
    deactivate: 4401,
    leave_for_good: 4401,
    throw_away: 4404,
}


@pytest.mark.usefixtures("only_hints")
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_a_hint_ends_it_at_once(page, loss):
    assert asyncio.run(page.code_after(lambda: loss(page))) == LOSSES[loss]


SILENT_LOSSES = {
    "its session is deleted": (lambda: Session.objects.all()._raw_delete("default"), 4401),
    "its session runs out": (lambda: Session.objects.update(expire_date=LONG_AGO), 4401),
    "another password": (lambda: User.objects.update(password="other"), 4401),
    "deactivated": (lambda: User.objects.update(is_active=False), 4401),
    "in the trash": (lambda: Roadmap.objects.update(deleted_at=timezone.now()), 4404),
    "somebody else's": (lambda: Roadmap.objects.update(owner=courses.person("heir")), 4404),
}


@pytest.mark.usefixtures("no_hints")
@pytest.mark.parametrize("name", SILENT_LOSSES)
def test_without_any_hint_the_regular_check_ends_it(page, name):
    act, code = SILENT_LOSSES[name]
    assert asyncio.run(page.code_after(act)) == code


@pytest.mark.usefixtures("only_hints")
def test_a_hint_about_others_leaves_it_open(page, roadmap):
    other = Page(courses.person("another"), "/ws/roadmaps/")

    async def listen():
        assert await connect(page.socket)
        await hear(page.socket)
        await asyncio.to_thread(in_a_thread, lambda: sign_out(other))
        await asyncio.to_thread(in_a_thread, lambda: page.browser.get("/"))
        await open_sockets.check()
        assert len(open_sockets) == 1
        await leave(page.socket)

    asyncio.run(listen())
    assert len(open_sockets) == 0


def test_staff_lose_the_inbox_with_the_group_that_let_them_in(only_hints):
    group = Group.objects.create(name="Desk")
    group.permissions.add(Permission.objects.get(codename="view_review"))
    reviewer = courses.person("reviewer", staff=True)
    reviewer.groups.add(group)
    all_told()
    page = Page(reviewer, "/ws/reviews/")
    assert asyncio.run(page.code_after(lambda: reviewer.groups.clear())) == 4403


def test_staff_lose_the_inbox_with_their_staff_status_and_their_second_factor(no_hints, settings):
    settings.REQUIRE_STAFF_MFA = True
    reviewer = courses.reviewer()
    Authenticator.objects.create(user=reviewer, type=Authenticator.Type.TOTP, data={})
    page = Page(reviewer, "/ws/reviews/")
    assert asyncio.run(page.code_after(lambda: User.objects.update(is_staff=False))) == 4403
    User.objects.update(is_staff=True)
    page = Page(reviewer, "/ws/reviews/")
    assert asyncio.run(page.code_after(lambda: Authenticator.objects.all().delete())) == 4403


def line_of(user, roadmap_id):
    browser = Client()
    browser.force_login(user)
    key = browser.cookies[configured.SESSION_COOKIE_NAME].value
    return Line(user.pk, key, user.get_session_auth_hash(), roadmap_id)


@pytest.mark.parametrize("needed", [False, True], ids=["", "second factor needed"])
def test_the_rule_for_many_is_the_one_of_the_pages(owner, roadmap, settings, needed):
    settings.REQUIRE_STAFF_MFA = needed
    gone, kept = courses.requested(owner), courses.requested(courses.person("another"))
    Roadmap.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    away = courses.person("away", "view_roadmap")
    User.objects.filter(pk=away.pk).update(is_active=False)
    User.objects.create_superuser("root")
    courses.reviewer("bare")
    secured = courses.reviewer("secured")
    Authenticator.objects.create(user=secured, type=Authenticator.Type.TOTP, data={})
    courses.person("looker", "view_roadmap", staff=True)
    people = User.objects.all()
    lines = {
        line_of(user, one.pk): (user, one.pk) for user in people for one in (roadmap, gone, kept)
    }

    refused = lost(lines)

    for line, (user, pk) in lines.items():
        assert (line not in refused) == Roadmap.objects.visible_to(user).filter(pk=pk).exists(), (
            user,
            pk,
        )
    assert len(lines) > len(refused) > 0


def test_thousands_are_asked_for_in_the_same_few_queries(owner, roadmap, django_assert_num_queries):
    people = [
        courses.person(f"person{number}", "view_roadmap", "view_review", staff=True)
        for number in range(3)
    ]
    some = [line_of(person, pk) for person in people for pk in (roadmap.pk, None)]
    own = line_of(owner, roadmap.pk)
    many = [Line(owner.pk, f"none{number}", "", roadmap.pk) for number in range(1000)]
    with django_assert_num_queries(5):
        assert lost([*some, own]) == {}
    with django_assert_num_queries(5):
        assert set(lost([*some, *many]).values()) == {4401}


async def vanish(page, after):
    """A browser that closes the socket the moment `after` messages have come."""
    sent = 0

    async def receive():
        if not sent:
            return {"type": "websocket.connect"}
        return await asyncio.Future()

    async def send(_message):
        nonlocal sent
        sent += 1
        if sent > after:
            raise OSError("the browser is gone")

    with pytest.raises(OSError, match="the browser is gone"):
        await application(page.socket.scope, receive, send)


async def nothing_is_held():
    """Groups and channels of this process; the watch over the last socket ends a moment after it."""
    layer = get_channel_layer()._get_layer()
    await asyncio.to_thread(wait_for, lambda: not (layer.groups or layer.channels))


@pytest.mark.parametrize("path", ["/ws/roadmaps/{pk}/", "/ws/reviews/"])
@pytest.mark.parametrize("after", [0, 1])
def test_whoever_closes_it_the_moment_it_opens_takes_no_place(roadmap, settings, path, after):
    settings.SOCKETS_PER_USER = 2
    person = courses.reviewer()
    page = Page(person, path.format(pk=roadmap.pk))

    async def knock():
        for _ in range(3):
            await vanish(page, after)
        assert await connect(page.socket)
        opened = (await hear(page.socket))["type"]
        await leave(page.socket)
        await nothing_is_held()
        return opened

    assert asyncio.run(knock()) == ("snapshot" if "pk" in path else "joined")
    assert (dict(consumers.Listener._open), len(open_sockets), process_metrics.sockets()) == (
        {},
        0,
        {"sockets": 0},
    )


def test_what_breaks_while_it_opens_takes_no_place(page, monkeypatch):
    """PostgreSQL goes away after the socket was counted."""
    before = process_metrics.sockets()

    async def knock():
        assert await connect(page.socket)
        return await page.socket.wait(timeout=DEADLINE_SECONDS)

    monkeypatch.setattr(consumers, "snapshot", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(knock())
    assert (dict(consumers.Listener._open), len(open_sockets), process_metrics.sockets()) == (
        {},
        0,
        before,
    )


def test_a_watch_that_breaks_leaves_no_socket_open(page, settings, monkeypatch):
    settings.SOCKET_CHECK_SECONDS = 0.1

    def breaks():
        monkeypatch.setattr(socket_rights, "lost", lambda _lines: 1 / 0)

    assert asyncio.run(page.code_after(breaks)) == 1011


def test_a_talkative_page_is_hung_up_on_once(page):
    async def talk():
        await connect(page.socket)
        await hear(page.socket)
        for _ in range(2):
            await page.socket.send_input({"type": "websocket.receive", "text": "hello"})
        code = (await page.socket.receive_output(timeout=DEADLINE_SECONDS))["code"]
        await page.socket.send_input({"type": "websocket.disconnect", "code": code})
        await page.socket.wait(timeout=DEADLINE_SECONDS)
        return code, page.socket.output_queue.qsize()

    assert asyncio.run(talk()) == (4400, 0)
