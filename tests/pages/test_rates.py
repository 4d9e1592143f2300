"""Rates of requests: every row of the table acts, and others go on."""

import threading
import uuid
from functools import cache

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from redis.exceptions import ConnectionError as Away

from config import values
from config.settings.limits import PACED, SENTENCE, TOO_OFTEN
from content.exports import rows
from roadmaps.pages import access, rates
from sharing.services import open_link
from tests import courses
from tests.content import samples
from tests.pages.access import PAGES
from tests.pages.test_access import ADMIN_NAMES, EVERY, address

pytestmark = pytest.mark.django_db(transaction=True)

PROBES = {"healthz", "readyz", "metrics"}  # answered before anything is counted
MOST = 2
MAIL_THAT_ISNT_SENT = "confirm_email"  # beyond it nothing is refused; a test of its own
CHINESE = {"Accept-Language": "zh-hans"}
NEW = {"goal": courses.GOAL, "level": "beginner", "hours_per_week": 1, "weeks": 1, "language": "en"}

# What each view that costs more than a page is counted as, by method; a new view needs a row here
# or in PLAIN.
COSTS: dict[str, dict[str, str]] = {
    "roadmap_new": {"POST": "design"},
    "roadmap_questions": {"POST": "design"},
    "roadmap_retry": {"POST": "design"},
    "roadmap_changes": {"POST": "design"},
    "roadmap_estimate": {"GET": "estimate"},
    "roadmap_import": {"POST": "import"},
    "artifact_retry": {"POST": "rewrite"},
    "roadmap_export": {"GET": "export", "POST": "export"},
    "export_file": {"GET": "export_file"},
    "roadmap_picture": {"GET": "picture"},
    "shared_picture": {"GET": "picture"},
    "shared_use": {"POST": "copy"},
    "share_edit": {"POST": "share"},
    "my_data": {"POST": "my_data"},
    "account_delete": {"POST": "delete_account"},
    "account_login": {"POST": "sign_in"},
    "account_signup": {"POST": "sign_up"},
    "account_reset_password": {"POST": "reset"},
    "account_reset_password_from_key": {"POST": "reset_link"},
    "account_change_password": {"POST": "change_sign_in"},
    "account_set_password": {"POST": "change_sign_in"},
    "account_email": {"POST": "change_email"},
    "account_reauthenticate": {"POST": "sign_in_again"},
    "mfa_reauthenticate": {"POST": "sign_in_again"},
    "mfa_authenticate": {"POST": "wrong_sign_in"},  # by its form
    "gallery": {"GET": "search"},  # with a word to look for
}
# Views that read or write a few rows: the rate of all pages is enough.
PLAIN = {
    "home",
    "offline",
    "offline_worker",
    "set_language",
    "roadmap_list",
    "roadmap_detail",
    "roadmap_cancel",
    "roadmap_missing",  # once a course: it waits for a reviewer then
    "concept_detail",
    "concept_quiz",
    "concept_note",
    "concept_place",
    "concept_complete",
    "roadmap_progress",
    "export_list",
    "roadmap_trash_list",
    "roadmap_trash",
    "roadmap_restore",
    "roadmap_erase",
    "practice",
    "practice_answer",
    "practice_recall",
    "diagram",
    "shared_course",
    "shared_concept",
    "expert_review",
    "settings",
    "settings_name",
    "settings_language",
    "settings_time_zone",
    "settings_switches",
    "notice_bell",
    "notice_list",
    "notice_open",
    "notices_read",
    "unsubscribe",
    "sign_in_again",
    "withdraw_address",
    "account_logout",
    "account_inactive",
    "account_email_verification_sent",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "account_confirm_email",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "socialaccount_connections",
}


@pytest.fixture(autouse=True)
def redis_is_there(monkeypatch):
    monkeypatch.setattr(rates, "_away_until", 0.0)


def only(settings, name, rate):
    """`name` alone has a rate."""
    settings.RATES = dict.fromkeys(settings.RATES, ()) | {name: (rate,)}
    own = {"person": "user", "address": "ip", "account": "key"}
    limits = dict.fromkeys(settings.ACCOUNT_RATE_LIMITS, "")
    if paced_as := PACED[name].allauth:
        limits[paced_as] = f"{rate.amount}/{rate.seconds}s/{own[rate.per]}"
    settings.ACCOUNT_RATE_LIMITS = limits


class Scene:
    """A course with a link, its owner, and a request for each row of the table."""

    def __init__(self, owner):
        self.owner = owner
        self.roadmap = rows.create(samples.course(2, "Short."), owner=owner)
        self.share = open_link(self.roadmap)
        EmailAddress.objects.create(user=owner, email="owner@example.org", primary=True)

    @cache  # noqa: B019 - it lives for one test
    def requests(self):
        pk, slug = self.roadmap.pk, self.roadmap.concepts.first().slug
        wrong = {"login": "owner", "password": "a guess"}
        change = {"oldpassword": "a guess", "password1": "x", "password2": "x"}
        return {
            "pages": ("get", reverse("home"), {}),
            "search": ("get", reverse("gallery"), {"q": "bread"}),
            "picture": ("get", reverse("shared_picture", args=[self.share.token]), {}),
            "estimate": ("get", reverse("roadmap_estimate"), {}),
            "design": ("post", reverse("roadmap_new"), {}),
            "rewrite": ("post", reverse("artifact_retry", args=[pk, slug, "quiz"]), {}),
            "export": ("get", reverse("roadmap_export", args=[pk, "json"]), {}),
            "export_file": ("get", reverse("export_file", args=[pk, "pdf"]), {}),
            "import": ("post", reverse("roadmap_import"), {}),
            "copy": ("post", reverse("shared_use", args=[self.share.token]), {}),
            "share": ("post", reverse("share_edit", args=[pk]), {"act": "renew"}),
            "my_data": ("post", reverse("my_data"), {}),
            "delete_account": ("post", reverse("account_delete"), {}),
            "sign_in": ("post", reverse("account_login"), wrong),
            "wrong_sign_in": ("post", reverse("account_login"), wrong),
            "sign_up": ("post", reverse("account_signup"), {}),
            "reset": ("post", reverse("account_reset_password"), {"email": "ann@example.org"}),
            "reset_link": (
                "post",
                reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "x-y"}),
                {},
            ),
            "change_sign_in": ("post", reverse("account_change_password"), change),
            "change_email": ("post", reverse("account_email"), {"email": "no address"}),
            "sign_in_again": ("post", reverse("account_reauthenticate"), {"password": "a guess"}),
        }

    def ask(self, name, browser, address="192.0.2.7", **fields):
        method, path, data = self.requests()[name]
        return getattr(browser, method)(path, data | fields, REMOTE_ADDR=address, headers=CHINESE)


@pytest.fixture
def scene(owner):
    return Scene(owner)


def browser_of(user):
    browser = Client()
    if user:
        browser.force_login(user)
    return browser


def rows_of_table():
    """Each row with each way in which it counts; the tests' own setting has no rate of pages."""
    for name, paced in PACED.items():
        if name == MAIL_THAT_ISNT_SENT:
            continue
        counted = ["person", "stranger"] if name == "pages" else [one.per for one in paced.rates]
        yield from ((name, per) for per in dict.fromkeys(counted))


ROWS = list(rows_of_table())


@pytest.mark.parametrize(("name", "per"), ROWS)
def test_each_rate_lets_in_within_it_refuses_beyond_and_others_go_on(scene, settings, name, per):
    only(settings, name, values.Rate(MOST, 3600, per))
    signed_in = per == "person" or name in ("design", "export", "export_file", "import")
    browser = browser_of(scene.owner if signed_in else None)

    within = [scene.ask(name, browser) for _ in range(MOST)]
    beyond = scene.ask(name, browser)

    refusals = [answer.status_code == 429 for answer in within]
    assert not any(refusals), name
    if PACED[name].beyond == SENTENCE:
        assert "登录失败次数过多" in beyond.content.decode()
        other = scene.ask(name, browser, "192.0.2.8", login="somebody")
        assert "登录失败次数过多" not in other.content.decode()
        return
    assert PACED[name].beyond == TOO_OFTEN
    assert beyond.status_code == 429
    assert 0 < int(beyond["Retry-After"]) <= 3600
    assert "操作太频繁了" in beyond.content.decode()
    if per == "account":
        other = scene.ask(name, browser, email="bob@example.org")
    elif per == "person":
        other = scene.ask(name, browser_of(User.objects.create_user("other", password="other")))
    else:
        other = scene.ask(name, browser, "192.0.2.8")
    assert other.status_code != 429


def test_a_second_mail_that_confirms_an_address_is_not_sent_at_once(owner, settings, mailoutbox):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.create(user=owner, email="owner@example.org", primary=True)
    for _ in range(2):
        Client().post(reverse("account_login"), {"login": "owner", "password": "owner"})
    assert len(mailoutbox) == 1


def test_every_row_has_a_request_of_this_test(scene):
    assert sorted(set(PACED) - {MAIL_THAT_ISNT_SENT}) == sorted(scene.requests())


def test_every_view_that_costs_something_has_a_row():
    ours = set(PAGES) - PROBES
    assert sorted(ours) == sorted({*COSTS, *PLAIN})
    assert {action for costs in COSTS.values() for action in costs.values()} <= set(PACED)
    for name in ours:
        counted = {
            method: action
            for action, methods in paced_actions(name).items()
            for method in methods
            if method != "HEAD"
        }
        for action, paced in PACED.items():
            if name in paced.pages:
                counted["POST"] = action
        inside = {  # counted by what the view calls
            "roadmap_export": {"GET": "export"},
            "gallery": {"GET": "search"},
            "mfa_authenticate": {"POST": "wrong_sign_in"},
        }.get(name, {})
        assert counted | inside == COSTS.get(name, {}), name


def paced_actions(name):
    for pattern in walk(get_resolver().url_patterns):
        if pattern.name == name:
            return getattr(pattern.callback, "paced", {})
    raise AssertionError(name)


def walk(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern


def some_address(name):
    """Of nothing that is there: it counts all the same."""
    filled = {"pk": uuid.UUID(int=1), "uidb36": "1", "key": "x-y", "notice_open": 1}
    return address(name, filled)


@pytest.mark.parametrize("name", sorted(set(PAGES) - PROBES))
@pytest.mark.parametrize("method", ["get", "head"])
def test_every_page_counts_for_a_stranger(client, settings, name, method):
    only(settings, "pages", values.Rate(1, 3600, "stranger"))
    page = some_address(name)
    assert getattr(client, method)(page).status_code != 429
    assert client.get(page).status_code == 429
    assert client.get(page, REMOTE_ADDR="192.0.2.9").status_code != 429


def test_every_page_of_the_admin_counts_for_its_staff(settings, superuser):
    browser = browser_of(superuser)
    lists = [name for name in ADMIN_NAMES if "<" not in EVERY[name]]
    assert len(lists) > 20
    for name in lists:
        only(settings, "pages", values.Rate(1, 3600, "person"))
        rates.limiter().storage.reset()
        browser.get(reverse("offline"))
        assert browser.get(reverse(name)).status_code == 429, name


@pytest.mark.parametrize(
    "address", ["/admin/auth/user/?q=x", "/admin/search/?s=x", "/admin/autocomplete/?term=x"]
)
def test_searches_of_the_admin_count(settings, superuser, address):
    only(settings, "search", values.Rate(1, 3600, "person"))
    browser = browser_of(superuser)
    assert browser.get(address).status_code != 429
    assert browser.get(address).status_code == 429
    assert browser.get(address.partition("?")[0]).status_code != 429


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_look_at_the_head_counts_as_one_at_the_page(rf, settings, method):
    settings.RATES = settings.RATES | {"picture": (values.Rate(1, 3600, "stranger"),)}
    view = access.paced("picture", "GET")(lambda _request: HttpResponse())
    assert view(rf.generic(method, "/")).status_code == 200
    assert view(rf.get("/")).status_code == 429
    assert view(rf.post("/")).status_code == 200


def test_many_requests_at_once_do_not_slip_past_a_rate(settings):
    settings.RATES = settings.RATES | {"copy": (values.Rate(3, 3600, "stranger"),)}
    waits = []
    threads = [
        threading.Thread(
            target=lambda: waits.append(rates.count(RequestFactory().get("/"), "copy"))
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waits.count(0) == 3


def test_people_are_let_in_while_redis_is_away(scene, settings, monkeypatch):
    only(settings, "export", values.Rate(1, 3600, "person"))

    def away(*_args, **_kwargs):
        tries.append(1)
        raise Away("away")

    tries: list[int] = []
    monkeypatch.setattr(type(rates.limiter()), "hit", away)
    browser = browser_of(scene.owner)
    assert [scene.ask("export", browser).status_code for _ in range(4)] == [200] * 4
    assert tries == [1]  # nobody else waits for it


def test_a_page_that_asks_no_session_still_counts_whoever_sends_a_wrong_one(client, settings):
    only(settings, "pages", values.Rate(1, 3600, "stranger"))
    for made_up in ("one", "two"):
        client.cookies[settings.SESSION_COOKIE_NAME] = made_up
        answer = client.get(reverse("home"))
    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_a_customer_counts_once_whatever_the_address(rf, address, counted_as):
    assert rates.address_of(rf.get("/", REMOTE_ADDR=address)) == counted_as


def test_behind_a_proxy_its_last_address_counts(rf, settings):
    request = rf.get("/", headers={"X-Forwarded-For": "203.0.113.5, 192.0.2.7"})
    assert rates.address_of(request) == "127.0.0.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert rates.address_of(request) == "192.0.2.7"


def test_the_time_to_wait_is_said_in_minutes(rf):
    request = rf.get("/")
    request.user = None
    for seconds, sentence in ((30, "Wait a minute"), (61, "Wait 2 minutes")):
        answer = access.too_often(request, seconds)
        assert sentence in answer.content.decode()
        assert answer["Retry-After"] == str(seconds)


def test_allauth_gets_its_rates_from_the_table():
    assert settings.ACCOUNT_RATE_LIMITS["login"] == "120/60s/ip"
    assert settings.ACCOUNT_RATE_LIMITS["login_failed"] == "30/60s/ip,5/300s/key"
