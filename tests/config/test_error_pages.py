"""Pages of DEBUG are for this machine; whoever comes from elsewhere gets an installation's."""

import asyncio

import pytest
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.test import AsyncClient, Client

from roadmaps.pages import roadmap

pytestmark = pytest.mark.django_db
SECRET = "a-local-variable-of-the-page"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
ELSEWHERE = {
    "another machine": {"REMOTE_ADDR": "192.168.0.7"},
    "the internet": {"REMOTE_ADDR": "2606:2800:21f::1"},
    "a Unix socket": {"REMOTE_ADDR": ""},
    "a proxy here": HERE | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    "nginx as it comes": HERE | {"HTTP_X_REAL_IP": "127.0.0.1"},
    "another proxy": HERE | {"HTTP_FORWARDED": "for=127.0.0.1"},
    "a cache": HERE | {"HTTP_VIA": "1.1 varnish"},
}
ERRORS = {ValueError: 500, SuspiciousOperation: 400, DisallowedHost: 400}


@pytest.fixture
def browser(settings, monkeypatch):
    """Of a site with DEBUG whose first page fails."""
    settings.DEBUG = True

    def fail(error):
        def render(*_args, **_kwargs):
            secret = SECRET
            raise error(f"it failed with {len(secret)}")

        monkeypatch.setattr(roadmap, "render", render)

    browser = Client(raise_request_exception=False)
    browser.fail = fail  # type: ignore[attr-defined]
    return browser


@pytest.mark.parametrize("accepted", ["text/html", "text/plain", "application/json"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("who", ELSEWHERE)
def test_a_stranger_sees_no_code_and_no_variables(browser, who, error, accepted):
    browser.fail(error)
    answer = browser.get("/", HTTP_ACCEPT=accepted, **ELSEWHERE[who])
    told = answer.content.decode()
    assert answer.status_code == ERRORS[error]
    for hidden in (SECRET, "render", "Traceback", "DEBUG", "it failed", "MIDDLEWARE"):
        assert hidden not in told


@pytest.mark.parametrize("path", ["/nothing/", "/roadmaps/nothing/", "/%00", "/static/nothing.css"])
@pytest.mark.parametrize("who", ELSEWHERE)
def test_a_stranger_is_not_told_which_addresses_there_are(browser, who, path):
    answer = browser.get(path, **ELSEWHERE[who])
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    for hidden in ("DEBUG", "healthz", "URLconf", "confirm-email"):
        assert hidden not in answer.content.decode()


def test_a_stranger_is_not_told_by_the_asynchronous_server_either(settings):
    settings.DEBUG = True
    elsewhere = AsyncClient()
    headers = {"X-Forwarded-For": "192.168.0.7"}
    answer = asyncio.run(elsewhere.get("/nothing/", headers=headers))
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_who_sits_at_the_machine_sees_what_went_wrong(browser):
    browser.fail(ValueError)
    for address in ("127.0.0.1", "::1", "127.0.1.1"):
        answer = browser.get("/", REMOTE_ADDR=address)
        assert answer.status_code == 500
        assert "it failed with" in answer.content.decode()
        assert "URLconf" in browser.get("/nothing/", REMOTE_ADDR=address).content.decode()


def test_a_stranger_reads_the_other_pages_as_ever(browser):
    assert browser.get("/", REMOTE_ADDR="192.168.0.7").status_code == 200
