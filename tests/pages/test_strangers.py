"""Pages for people who aren't signed in: few at once, so that the others are served."""

import threading

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from roadmaps.pages import access
from tests.conftest import DEADLINE_SECONDS, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class HeldPages:
    """Pages that end when the test says so, and the middleware before them."""

    def __init__(self):
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.begun = 0
        self.statuses: list[int] = []
        self.middleware = access.PagesMiddleware(self.page)

    def page(self, _request):
        with self.lock:
            self.begun += 1
        assert self.go.wait(DEADLINE_SECONDS)
        return HttpResponse()

    def open(self, method="GET"):
        """In a thread of its own."""

        def ask():
            self.statuses.append(self.ask(method).status_code)

        thread = threading.Thread(target=ask)
        thread.start()
        return thread

    def ask(self, method="GET", user=None):
        request = RequestFactory().generic(method, "/gallery/", headers={"Accept-Language": "en"})
        if user:
            request.user = user
            request.COOKIES["sessionid"] = "theirs"
        return self.middleware(request)


@pytest.fixture
def pages(settings):
    settings.STRANGERS_AT_ONCE, settings.STRANGERS_WAITING = 2, 3
    settings.STRANGER_WAIT_SECONDS = DEADLINE_SECONDS
    held = HeldPages()
    yield held
    held.go.set()


def test_many_strangers_leave_room_for_who_is_signed_in(pages, owner):
    threads = [pages.open(method) for method in ("GET", "HEAD", "GET", "GET", "GET")]
    wait_for(lambda: access.strangers.waiting == 3)
    assert pages.begun == 2
    signed_in = threading.Thread(target=lambda: pages.ask(user=owner))
    form = pages.open("POST")
    signed_in.start()
    wait_for(lambda: pages.begun == 4)
    pages.go.set()
    for thread in (*threads, signed_in, form):
        thread.join()
    assert pages.begun == 7
    assert pages.statuses == [200] * 6
    assert (access.strangers.running, access.strangers.waiting) == (0, 0)


def test_a_stranger_beyond_those_that_wait_is_told_to_come_again(pages):
    threads = [pages.open() for _ in range(5)]
    wait_for(lambda: access.strangers.waiting == 3)
    refused = pages.ask()
    pages.go.set()
    for thread in threads:
        thread.join()
    assert refused.status_code == 503
    assert refused["Retry-After"] == "5"
    assert "Wait a few seconds" in refused.content.decode()
    assert pages.statuses == [200] * 5


def test_no_stranger_waits_without_end(pages, settings):
    settings.STRANGER_WAIT_SECONDS = 1
    threads = [pages.open() for _ in range(2)]
    wait_for(lambda: pages.begun == 2)
    assert pages.ask().status_code == 503
    pages.go.set()
    for thread in threads:
        thread.join()


def test_a_page_that_fails_gives_its_turn_back(pages):
    def fail(_request):
        raise ValueError

    pages.middleware.get_response = fail
    for _ in range(3):
        with pytest.raises(ValueError, match="^$"):
            pages.ask()
    assert access.strangers.running == 0
