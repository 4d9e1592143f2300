"""An address belongs to one account: to the one that has shown that it is theirs."""

import re
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from tests import courses
from tests.accounts.proving import prove
from tests.accounts.test_signing_in import sign_up

pytestmark = pytest.mark.django_db(transaction=True)
migration = import_module("accounts.migrations.0007_one_account_per_address")


def with_address(name, email, verified=None):
    person = courses.person(name)
    User.objects.filter(pk=person.pk).update(email=email)
    if verified is not None:
        EmailAddress.objects.create(user=person, email=email, verified=verified, primary=True)
    return person


@pytest.mark.parametrize("second", ["one@example.org", "ONE@example.org"])
def test_no_path_gives_an_address_to_a_second_account(second):
    with_address("first", "one@example.org")
    with pytest.raises(IntegrityError, match=migration.INDEX):
        with_address("second", second)


def test_accounts_without_an_address_are_as_many_as_there_are():
    with_address("first", "")
    with_address("second", "")


@pytest.fixture
def before():
    """A database in which accounts share addresses, as there was no index."""
    with connection.schema_editor() as editor:
        migration.drop_index(apps, editor)
    yield
    User.objects.all().delete()
    with connection.schema_editor() as editor:
        migration.drop_index(apps, editor)
        migration.make_index(apps, editor)


def test_accounts_that_share_one_already_keep_it(before):
    oldest = with_address("oldest", "one@example.org")
    verified = with_address("verified", "ONE@example.org", verified=True)
    youngest = with_address("youngest", "One@example.org", verified=False)
    with_address("alone", "alone@example.org")
    with connection.schema_editor() as editor:
        migration.make_index(apps, editor)
    people = (oldest, verified, youngest)
    assert [User.objects.get(pk=person.pk).email.lower() for person in people] == [
        "one@example.org"
    ] * 3
    for person in people:
        person.refresh_from_db()
        person.first_name = "Renamed"
        person.save()  # nobody is kept from anything
    for address in ("one@example.org", "ALONE@example.org"):
        with pytest.raises(IntegrityError, match=migration.INDEX), transaction.atomic():
            with_address(f"another {address}", address)
    answer = sign_up(Client(), "new", "one@example.org")
    assert "already registered with this email" in answer.content.decode()


def confirmed(person, email):
    """What the person reads who asked for this address and opened the link that was sent there."""
    browser = Client()
    browser.force_login(person)
    prove(browser, person)
    browser.post(reverse("account_email"), {"email": email, "action_add": ""})
    letter = next(letter for letter in mail.outbox if letter.to == [email])
    link = re.search(r"(/accounts/confirm-email/\S+)", str(letter.body)).group(1)
    return browser.post(link, follow=True).content.decode()


def test_who_shows_that_an_address_is_theirs_gets_it_from_who_never_did():
    squatter = with_address("squatter", "one@example.org", verified=False)
    person = with_address("person", "old@example.org", verified=True)
    confirmed(person, "one@example.org")
    assert User.objects.get(pk=person.pk).email == "one@example.org"
    assert User.objects.get(pk=squatter.pk).email == ""
    assert not EmailAddress.objects.filter(user=squatter).exists()


def test_nobody_gets_an_address_that_another_has_shown_to_be_theirs():
    holder = with_address("holder", "one@example.org", verified=True)
    person = with_address("person", "old@example.org", verified=True)
    page = confirmed(person, "one@example.org")
    assert "Unable to confirm one@example.org" in page
    assert User.objects.get(pk=person.pk).email == "old@example.org"
    assert User.objects.get(pk=holder.pk).email == "one@example.org"


def test_staff_give_no_address_that_somebody_has(admin_client):
    with_address("first", "one@example.org")
    second = with_address("second", "two@example.org")
    change = reverse("admin:auth_user_change", args=[second.pk])
    fields = {"username": "second", "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    answer = admin_client.post(change, fields | {"email": "ONE@example.org", "is_active": "on"})
    assert "Somebody else has this address" in answer.content.decode()
    answer = admin_client.post(change, fields | {"email": "2@example.org", "is_active": "on"})
    assert answer.status_code == 302


def test_an_address_is_no_name(client):
    with_address("first", "one@example.org")
    for name in ("one@example.org", "another@example.org"):
        assert "be an email address" in sign_up(client, name, "").content.decode()
    assert User.objects.count() == 1
