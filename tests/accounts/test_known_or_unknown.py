"""Neither an answer nor what it costs tells whether there is an account: counted, not timed."""

import threading
from typing import Any

import pytest
from allauth.account.adapter import get_adapter as account_adapter
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from allauth.socialaccount.internal.flows.signup import process_signup
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import courses
from tests.accounts.proving import prove
from tests.accounts.test_signing_in import PASSWORD, sign_in, sign_up

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hashes(monkeypatch):
    """One entry for each password that is hashed."""
    counted = []
    encode = PBKDF2PasswordHasher.encode

    def counting(self, password, salt, iterations=None):
        counted.append(threading.get_ident())
        return encode(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counting)
    return counted


def cost(hashes, act):
    """Of one request: its hashes, statements and mails, and where it leads."""
    cache.clear()
    hashes.clear()
    mail.outbox.clear()
    browser = Client()
    browser.get(reverse("account_login"))  # a session and a token are there
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = act(browser)
    statements = [query["sql"].split()[0] for query in queries]
    return (
        len(hashes),
        len(statements),
        len(mail.outbox),
        (answer.status_code, answer.get("Location")),
    )


@pytest.fixture
def people():
    """One of each kind that a stranger could ask for."""
    for name in ("ann", "verified", "inactive", "elsewhere"):
        person = courses.person(name)
        person.email = f"{name}@example.org"
        person.save()
        is_verified = name in ("verified", "elsewhere")
        EmailAddress.objects.create(
            user=person, email=person.email, verified=is_verified, primary=True
        )
    User.objects.filter(username="inactive").update(is_active=False)
    elsewhere = User.objects.get(username="elsewhere")
    elsewhere.set_unusable_password()
    elsewhere.save()


KNOWN = ("ann", "verified", "inactive", "elsewhere")


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("host", ["{}", "{}@example.org"], ids=["name", "address"])
def test_a_wrong_password_costs_the_same_for_a_stranger(people, hashes, known, host):
    there = cost(hashes, lambda browser: sign_in(browser, host.format(known), "a guess"))
    nobody = cost(hashes, lambda browser: sign_in(browser, host.format("nobody"), "a guess"))
    assert there[0] == nobody[0] > 0
    assert abs(there[1] - nobody[1]) <= 1
    assert there[2:] == nobody[2:]


@pytest.mark.parametrize("known", ["ann", "verified", "elsewhere"])
def test_a_sign_up_with_a_known_address_costs_the_same(people, hashes, settings, known):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    there = cost(hashes, lambda browser: sign_up(browser, "new", f"{known}@example.org"))
    assert not User.objects.filter(username="new").exists()
    assert not EmailAddress.objects.filter(email__endswith="nobody.invalid").exists()
    nobody = cost(hashes, lambda browser: sign_up(browser, "new", "nobody@example.org"))
    assert User.objects.filter(username="new").exists()
    assert there[0] == nobody[0] == 1
    assert abs(there[1] - nobody[1]) <= 4
    assert there[2:] == nobody[2:] == (1, (302, reverse("account_email_verification_sent")))


@pytest.mark.parametrize("known", KNOWN)
def test_a_reset_for_a_known_address_costs_the_same(people, hashes, known):
    def ask(email):
        return lambda browser: browser.post(reverse("account_reset_password"), {"email": email})

    there = cost(hashes, ask(f"{known}@example.org"))
    nobody = cost(hashes, ask("nobody@example.org"))
    assert there[0] == nobody[0] == 0
    assert abs(there[1] - nobody[1]) <= 2
    assert there[2:] == nobody[2:]
    assert there[2] == 1


def test_where_nobody_must_confirm_a_taken_address_gets_its_sentence(people):
    for email in ("ann@example.org", "ANN@Example.org", " ann@example.org"):
        answer = sign_up(Client(), "new", email)
        assert "already registered with this email" in answer.content.decode()
    assert not User.objects.filter(username="new").exists()


def at_once(number, act):
    """The answers of so many browsers that press the button at the same moment."""
    barrier, answers = threading.Barrier(number), []

    def press(index):
        browser = Client(raise_request_exception=False, REMOTE_ADDR=f"192.0.2.{index}")
        barrier.wait()
        try:
            answers.append(act(browser, index))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[index]) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


SENTENCES = ("already registered with this email", "already exists", "looks like somebody else")
ASKED = {
    "one address": lambda index: (f"person{index}x", "one@example.org"),
    "one address, written differently": lambda index: (
        f"person{index}x",
        "one@example.org" if index % 2 else "ONE@example.org",
    ),
    "one name": lambda index: ("one", f"person{index}@example.org"),
    "one name in two cases": lambda index: ("ONE" if index % 2 else "one", ""),
    "names that look alike": lambda index: ("0ne" if index % 2 else "One", ""),
}


@pytest.mark.parametrize("asked", ASKED)
def test_eight_at_once_give_one_account_and_seven_sentences(asked):
    answers = at_once(8, lambda browser, index: sign_up(browser, *ASKED[asked](index)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [302]
    refused = [answer.content.decode() for answer in answers if answer.status_code == 200]
    assert all(any(sentence in page for sentence in SENTENCES) for page in refused)
    assert User.objects.count() == 1


def test_eight_at_once_who_rename_themselves_to_one_name_are_one_and_seven():
    people = [courses.person(f"person{index}x") for index in range(8)]

    def rename(browser, index):
        browser.force_login(people[index])
        prove(browser, people[index])
        return browser.post(reverse("settings_name"), {"username": "one" if index % 2 else "ONE"})

    answers = at_once(8, rename)
    assert sorted(answer.status_code for answer in answers) == [302] + [400] * 7
    assert User.objects.filter(username__iexact="one").count() == 1


def test_eight_at_once_learn_nothing_where_addresses_are_confirmed(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    answers = at_once(
        8, lambda browser, index: sign_up(browser, f"person{index}x", "one@example.org")
    )
    assert {answer.url for answer in answers} == {reverse("account_email_verification_sent")}
    assert User.objects.count() == 1


@pytest.fixture
def provider(monkeypatch):
    """No provider is set up here; only a login that waits in the session needs one."""
    monkeypatch.setattr(SocialLogin, "serialize", lambda login: {"user": login.user.pk})


def of_a_provider(index, name="", email=""):
    """Somebody who comes from a provider for the first time, and the request that brings them."""
    request: Any = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    request._messages = CookieStorage(request)
    account = SocialAccount(provider="github", uid=str(index))
    addresses = [EmailAddress(email=email, verified=True, primary=True)] if email else []
    user = User(username=name, email=email)
    return request, SocialLogin(user=user, account=account, email_addresses=addresses)


def come_at_once(people, form=None):
    """Where each is led."""

    def come(_browser, index):
        request, login = people[index]
        with request_context(request):
            try:
                if form:
                    return form(login).try_save(request)[0].username
                return process_signup(request, login).url
            except ImmediateHttpResponse as exc:
                return exc.response.url

    return at_once(len(people), come)


@pytest.mark.parametrize("asked", ASKED)
def test_eight_at_once_from_a_provider_are_one_account_or_have_names_of_their_own(provider, asked):
    people = [of_a_provider(index, *ASKED[asked](index)) for index in range(8)]
    led = come_at_once(people)
    again = led.count(reverse("socialaccount_signup"))
    assert User.objects.count() == SocialAccount.objects.count() == 8 - again
    assert again == (7 if "address" in asked else 0)
    for user in User.objects.all():
        account_adapter().check_free(user.username, apart_from=user)


@pytest.mark.parametrize("asked", ASKED)
def test_eight_at_once_from_a_provider_who_choose_the_same_are_one_and_seven(provider, asked):
    people = [of_a_provider(index) for index in range(8)]
    forms = {}
    for index, (request, login) in enumerate(people):
        name, email = ASKED[asked](index)
        form = SocialSignupForm({"username": name, "email": email}, sociallogin=login)
        with request_context(request):
            assert form.is_valid(), form.errors
        forms[login.account.uid] = form
    led = come_at_once(people, lambda login: forms[login.account.uid])
    assert led.count(reverse("socialaccount_signup")) == 7
    kept = [request.session.get("socialaccount_sociallogin") for request, _login in people]
    assert kept.count({"user": None}) == 7
    assert User.objects.count() == SocialAccount.objects.count() == 1


def sign_out(browser):
    """By the button: the test client's own way takes all cookies along."""
    browser.post(reverse("account_logout"))


def guesses(browser, login="owner", number=5):
    return [sign_in(browser, login, "a guess") for _ in range(number)][-1].content.decode()


def test_a_strangers_wrong_guesses_do_not_keep_out_a_browser_that_was_in(owner):
    own, stranger = Client(), Client(REMOTE_ADDR="192.0.2.7")
    sign_in(own)
    sign_out(own)
    guesses(stranger)
    assert "Too many failed" in sign_in(stranger).content.decode()
    assert "Too many failed" in sign_in(Client()).content.decode()  # a new browser waits
    assert sign_in(own).url == reverse("roadmap_list")


def test_a_browser_that_was_in_has_five_guesses_too(owner):
    own = Client()
    sign_in(own)
    sign_out(own)
    guesses(own)
    assert "Too many failed" in sign_in(own).content.decode()
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).url == reverse("roadmap_list")


def test_a_cookie_is_good_for_whom_it_was_given_to_only(owner):
    courses.person("stranger")
    stranger = Client()
    sign_in(stranger, "stranger", "stranger")
    sign_out(stranger)
    guesses(stranger)
    forged = Client(REMOTE_ADDR="192.0.2.7")
    for value in (
        "",
        "x",
        stranger.cookies["device"].value[:-1] + "x",
        stranger.cookies["device"].value,
    ):
        forged.cookies["device"] = value
        assert "Too many failed" in sign_in(forged).content.decode()


@pytest.mark.parametrize(
    "spelt",
    ["OWNER", "ｏｗｎｅｒ", "Ｏwner", "owner@example.org", "Owner@Example.org"],
)
def test_five_guesses_are_five_however_the_account_is_written(owner, spelt):
    guesses(Client(REMOTE_ADDR="192.0.2.7"))
    answer = sign_in(Client(REMOTE_ADDR="192.0.2.8"), spelt, "owner")
    assert "Too many failed" in answer.content.decode()


def test_five_guesses_are_five_whatever_the_site_is_called(owner):
    for index in range(5):
        Client(REMOTE_ADDR="192.0.2.7").post(
            reverse("account_login"),
            {"login": "owner", "password": "a guess"},
            headers={"host": f"localhost:{index + 1}"},
        )
    assert "Too many failed" in sign_in(Client(REMOTE_ADDR="192.0.2.8")).content.decode()


def test_a_new_password_lets_its_person_in_at_once(owner):
    guesses(Client(REMOTE_ADDR="192.0.2.7"))
    browser = Client()
    browser.post(reverse("account_reset_password"), {"email": owner.email})
    link = mail.outbox[-1].body.split("/accounts/password", 1)[1].split()[0]
    page = browser.get(f"/accounts/password{link}", follow=True)
    browser.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    assert sign_in(browser, password=PASSWORD).url == reverse("roadmap_list")
