"""Names by which people know each other: nobody gets one that passes for staff or for somebody
else.
"""

import unicodedata
from importlib import import_module
from typing import Any

import pytest
from allauth.account.adapter import get_adapter as account_adapter
from allauth.core.context import request_context
from allauth.socialaccount.adapter import get_adapter as social_adapter
from allauth.socialaccount.internal.flows.signup import process_signup
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import NameLook
from roadmaps.people import names
from roadmaps.review.expert_links import make_expert_link
from tests import courses
from tests.accounts.proving import prove
from tests.accounts.test_signing_in import PASSWORD, sign_in, sign_up

pytestmark = pytest.mark.django_db

STAFF = "can not be used"
MIXED = "one alphabet only"
ALIKE = "looks like somebody else"
TAKEN = "already exists"
REFUSED = {
    "admin": STAFF,
    "ADMIN": STAFF,
    "ＡＤＭＩＮ": STAFF,
    "àdmin": STAFF,
    "adm1n": STAFF,
    "admin2026": STAFF,
    "systern": STAFF,
    "supp0rt": STAFF,
    "support.": STAFF,
    "_support_": STAFF,
    "s.u.p.p.o.r.t": STAFF,
    "the-system": STAFF,
    "管理员": STAFF,
    "管理员小王": STAFF,
    "系统通知": STAFF,
    "cairn-support": STAFF,
    "admin.bob": STAFF,
    "Bob_Adm1n": STAFF,
    "ｒｏｏｔ-ann": STAFF,
    "аdmin": STAFF,  # with a Cyrillic а
    "caіrn": STAFF,  # with a Ukrainian і
    "mаria": MIXED,  # with a Cyrillic а
    "ａnnа": MIXED,
    "a\u1160nn": MIXED,  # a filler that nobody sees
    "ﬁona": TAKEN,  # a ligature
    "ＦＩＯＮＡ": TAKEN,
    "fi0na": ALIKE,
    "ѕсоре": ALIKE,  # all Cyrillic
    "SC0PE": ALIKE,
    "AIice": ALIKE,  # with a capital i
    "½" * 51: "at most 150",  # each is three characters when normalised
    "ﷺ" * 150: "at most 150",  # each is eighteen letters when normalised
}
FREE = [
    "张伟",
    "Zoë",
    "Zoe",
    "Дмитрий",
    "아리",
    "さくらサクラ花",
    "Ελένη",
    "محمد",
    "alice.b",
    "ann+1",
    "Samira",
]


@pytest.fixture
def others():
    """With no password: to make one takes long."""
    for name in ("fiona", "scope", "alice"):
        User.objects.create(username=name)


def sentences(page):
    """Of the expected ones, those on the page."""
    return {sentence for sentence in REFUSED.values() if sentence in page.content.decode()}


def test_a_name_that_passes_for_another_is_refused_at_sign_up(client, others):
    said = {}
    for name in REFUSED:
        cache.clear()  # of the tries so far
        said[name] = sentences(sign_up(client, name))
    assert said == {name: {sentence} for name, sentence in REFUSED.items()}
    assert User.objects.count() == 3


def test_nobody_renames_themselves_to_it_either(client, others):
    me = User.objects.create(username="myself")
    client.force_login(me)
    prove(client, me)
    address = reverse("settings_name")
    said = {name: sentences(client.post(address, {"username": name})) for name in REFUSED}
    assert said == {name: {sentence} for name, sentence in REFUSED.items()}
    me.refresh_from_db()
    assert me.username == "myself"


def test_names_of_every_script_are_taken(client, others):
    for name in FREE:
        client.logout()
        cache.clear()
        assert sign_up(client, name, email="").url == reverse("roadmap_list"), name
    assert set(FREE) < set(User.objects.values_list("username", flat=True))


@pytest.mark.parametrize("typed", ["Ｚｏë", unicodedata.normalize("NFD", "Zoë")])
def test_a_name_is_kept_normalised_and_signs_in_as_it_is_typed(client, typed):
    sign_up(client, typed)
    assert User.objects.get().username == "Zoë"
    for login in (typed, "Zoë"):
        client.logout()
        assert sign_in(client, login, PASSWORD).url == reverse("roadmap_list")


def test_an_account_from_before_goes_on_with_the_name_it_has(client, others):
    old = courses.person("before")
    User.objects.filter(pk=old.pk).update(username="ﬁona")
    assert sign_in(client, "ﬁona", "before").url == reverse("roadmap_list")
    assert User.objects.get(pk=old.pk).username == "ﬁona"


def test_ones_own_name_may_look_like_the_one_before(client):
    me = User.objects.create(username="fiona")
    client.force_login(me)
    prove(client, me)
    assert client.post(reverse("settings_name"), {"username": "fi0na"}).url == reverse("settings")
    me.refresh_from_db()
    assert me.username == "fi0na"
    client.logout()
    assert ALIKE in sign_up(client, "fiona").content.decode()  # what it looks like moved with it


def from_elsewhere(uid="1", **facts):
    """Somebody who signs up with an account of a provider that tells `facts` of them."""
    request: Any = RequestFactory().get("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    request._messages = CookieStorage(request)
    login = SocialLogin(user=User(), account=SocialAccount(provider="github", uid=uid))
    with request_context(request):
        social_adapter(request).populate_user(request, login, facts)
        process_signup(request, login)
    return User.objects.latest("pk")


def test_whoever_comes_from_elsewhere_with_such_a_name_gets_another(others):
    for number, name in enumerate(REFUSED):
        user = from_elsewhere(str(number), username=name)
        assert user.username not in (name, names.normalized(name))
        account_adapter().check_free(user.username, apart_from=user)
        assert not names.is_reserved(user.username)


def test_whoever_comes_from_elsewhere_keeps_a_good_name():
    user = from_elsewhere(username="Ｚｏë", name="Zoë\u202e Quinn")
    assert (user.username, user.first_name, user.last_name) == ("Zoë", "Zoë", "Quinn")
    user = from_elsewhere("2", username="quinn", first_name="Аdmin", last_name="Cairn Suppоrt")
    assert (user.first_name, user.last_name) == ("", "")


ADDED = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}


def test_staff_may_give_a_reserved_name_but_none_that_imitates(admin_client, others):
    add = reverse("admin:auth_user_add")
    refused = {"fi0na": ALIKE, "mаria": MIXED, "FIONA": TAKEN, "½" * 51: "at most 150"}
    for name, sentence in refused.items():
        answer = admin_client.post(add, ADDED | {"username": name})
        assert sentence in answer.content.decode()
    admin_client.post(add, ADDED | {"username": "support"})
    assert User.objects.filter(username="support").exists()


def test_staff_change_other_things_of_an_account_from_before(admin_client, others):
    old = User.objects.create(username="mаria")
    change = reverse("admin:auth_user_change", args=[old.pk])
    form = admin_client.get(change).context["adminform"].form
    fields = {
        name: form[name].value() or "" for name in ("username", "email", "first_name", "last_name")
    }
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    assert (
        admin_client.post(
            change, fields | joined | {"email": "m@example.org", "is_active": "on"}
        ).status_code
        == 302
    )
    answer = admin_client.post(change, fields | joined | {"username": "fi0na"})
    assert ALIKE in answer.content.decode()
    old.refresh_from_db()
    assert (old.username, old.email) == ("mаria", "m@example.org")


def test_a_command_s_account_is_normalised_and_counts():
    call_command("createsuperuser", username="ＣＨＩＥＦ", email="c@example.org", interactive=False)
    assert User.objects.get().username == "CHIEF"
    assert NameLook.objects.get().skeleton == names.skeleton("CHIEF")


@pytest.mark.django_db(transaction=True)
def test_the_name_of_an_expert_is_normalised_and_hides_nothing():
    review = courses.designed(courses.person("owner")).reviews.get()
    link, _secret = make_expert_link(
        review, by=courses.reviewer(), name="Ｄr.\u202e  Rye\u200b\x00\n"
    )
    assert link.name == "Dr. Rye"


def test_names_from_before_the_table_count(client, others):
    NameLook.objects.all().delete()
    import_module("accounts.migrations.0005_name_looks").fill(apps, None)
    assert ALIKE in sign_up(client, "fi0na").content.decode()


def test_every_reserved_word_is_reserved():
    assert [
        word for word in settings.ACCOUNT_USERNAME_BLACKLIST if not names.is_reserved(word)
    ] == []


def test_common_names_are_not_reserved():
    people = [
        "Adam",
        "Minna",
        "Carin",
        "Rooth",
        "Stefan",
        "Admir",
        "Simon",
        "nadmin",
        "administer",
        "ann.smith",
        "supportive-ann",
        "王小明",
        "ann",
    ]
    assert [name for name in people if names.is_reserved(name)] == []
