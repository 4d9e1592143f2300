"""Nobody gets a right by way of the admin's pages of people: only superusers give rights, and only
they change what lets somebody into an account that has any.
"""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from roadmaps.people import rights
from tests import courses

pytestmark = pytest.mark.django_db
PASSWORD = "Sourdough-9-rises"
PEOPLE = (User, Group, EmailAddress, Authenticator)
WITH_RIGHTS = ("root", "staff", "clerk", "permitted", "member")
TICKED = "_selected_action"


@pytest.fixture
def clerk(client, superuser):
    """Staff with every permission that there is, who is no superuser; and one of each kind of
    account, each with an address and a second factor.
    """
    clerk = courses.person("clerk", staff=True)
    clerk.user_permissions.set(Permission.objects.all())
    courses.person("staff", staff=True)
    courses.person("permitted", "view_roadmap")
    group = Group.objects.create(name="Desk")
    group.permissions.set(Permission.objects.filter(codename="decide_review"))
    courses.person("member").groups.add(group)
    learner = courses.person("learner")
    learner.groups.add(Group.objects.create(name="Class of 2026"))
    for user in User.objects.all():
        EmailAddress.objects.create(user=user, email=f"{user.username}@example.org", primary=True)
        Authenticator.objects.create(user=user, type="totp", data={"secret": "abc"})
    client.force_login(clerk)
    return clerk


def page(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def hostile(user):
    """Fields of every form of these pages, which give `user` all there is."""
    everything = list(Permission.objects.values_list("pk", flat=True))
    return {
        "username": user.username,
        "name": "Desk",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "groups": list(Group.objects.values_list("pk", flat=True)),
        "user_permissions": everything,
        "permissions": everything,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "email": "taken@example.org",
        "user": user.pk,
        "verified": "on",
        "primary": "on",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "post": "yes",
    }


def state_of_rights():
    """Who may do what, and what lets anybody into an account that may do more than a learner."""
    people = rights.with_rights().order_by("pk")
    return (
        [(user.pk, sorted(user.get_all_permissions())) for user in User.objects.order_by("pk")],
        list(people.values()),
        list(Group.objects.order_by("pk").values_list("name", "permissions")),
        list(EmailAddress.objects.filter(user__in=people).order_by("pk").values()),
        list(Authenticator.objects.filter(user__in=people).order_by("pk").values()),
    )


def addresses():
    """Every address of the pages of people, for each row where it is about one."""
    for model in PEOPLE:
        for route in admin.site._registry[model].get_urls():
            if route.name is None:
                continue
            if not route.pattern.converters:
                yield reverse(f"admin:{route.name}")
                continue
            for row in model.objects.all():
                yield reverse(f"admin:{route.name}", args=[row.pk])


def test_people_have_rights_by_flags_permissions_and_groups(clerk):
    assert set(rights.with_rights().values_list("username", flat=True)) == set(WITH_RIGHTS)
    assert set(rights.without_rights().values_list("username", flat=True)) == {"learner"}


def test_no_page_of_people_gives_a_right_or_takes_over_an_account_that_has_one(client, clerk):
    asked = list(addresses())
    assert len(asked) > 60
    for target in User.objects.all():
        fields = hostile(target)
        before = state_of_rights()
        for address in asked:
            # A row of a learner may be changed or deleted; the next address finds it gone.
            assert client.post(address, fields).status_code in (200, 302, 403, 404), address
        rows = {model: list(model.objects.values_list("pk", flat=True)) for model in PEOPLE}
        for model, keys in rows.items():
            for action in [name for name, _ in admin.site.actions] + ["make_verified"]:
                client.post(page(model, "changelist"), fields | {"action": action, TICKED: keys})
        after = state_of_rights()
        made = set(User.objects.values_list("pk", flat=True)) - {key for key, _ in before[0]}
        kept = [line for line in before[0] if User.objects.filter(pk=line[0]).exists()]
        assert [line for line in after[0] if line[0] not in made] == kept
        assert after[1:] == before[1:], target
    assert client.get(reverse("admin:index")).status_code == 200  # still signed in, still staff


@pytest.mark.parametrize("name", WITH_RIGHTS)
def test_only_superusers_change_or_delete_who_has_rights(client, clerk, name):
    person = User.objects.get(username=name)
    for place in ("auth_user_password_change", "auth_user_delete"):
        assert client.get(reverse(f"admin:{place}", args=[person.pk])).status_code == 403
    opened = client.get(page(User, "change", person.pk))
    assert not opened.context["has_change_permission"]
    assert client.post(page(User, "change", person.pk), hostile(person)).status_code == 403
    chosen = {"action": "delete_selected", TICKED: [person.pk], "post": "yes"}
    refusal = client.post(page(User, "changelist"), chosen).content.decode()
    assert "Only a superuser may do this" in refusal
    assert User.objects.filter(pk=person.pk, password=person.password).exists()

    client.force_login(User.objects.get(username="root"))
    assert (
        client.get(reverse("admin:auth_user_password_change", args=[person.pk])).status_code == 200
    )
    assert client.post(page(User, "change", person.pk), hostile(person)).status_code == 302
    assert User.objects.get(pk=person.pk).is_superuser


def test_who_may_change_people_changes_a_learner_but_no_right_of_theirs(client, clerk):
    learner = User.objects.get(username="learner")
    fields = hostile(learner) | {"username": "renamed", "last_name": "Rye"}
    assert client.post(page(User, "change", learner.pk), fields).status_code == 302
    changed = User.objects.get(pk=learner.pk)
    assert (changed.username, changed.last_name) == ("renamed", "Rye")
    assert not rights.with_rights().filter(pk=changed.pk).exists()
    assert [group.name for group in changed.groups.all()] == ["Class of 2026"]


def test_who_may_add_people_adds_them_without_rights(client, clerk):
    fields = hostile(User(username="newcomer", pk=0))
    assert client.post(page(User, "add"), fields).status_code == 302
    newcomer = User.objects.get(username="newcomer")
    assert not rights.with_rights().filter(pk=newcomer.pk).exists()


def test_a_group_gets_permissions_from_superusers_only(client, clerk):
    group = Group.objects.get(name="Class of 2026")
    fields = {"name": "Class of 2027", "permissions": [Permission.objects.first().pk]}
    assert client.post(page(Group, "change", group.pk), fields).status_code == 302
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("Class of 2027", 0)
    assert client.post(page(Group, "delete", group.pk), {"post": "yes"}).status_code == 403
    client.force_login(User.objects.get(username="root"))
    client.post(page(Group, "change", group.pk), fields)
    assert group.permissions.count() == 1


def test_a_password_that_staff_set_is_in_the_log_and_told_by_mail(client, clerk, mailoutbox):
    learner = User.objects.get(username="learner")
    address = reverse("admin:auth_user_password_change", args=[learner.pk])
    User.objects.filter(pk=learner.pk).update(email="learner@example.org")
    EmailAddress.objects.filter(user=learner).update(verified=True)
    wrong = {"usable_password": "true", "password1": PASSWORD, "password2": "another"}
    assert client.post(address, wrong).status_code == 200
    assert not mailoutbox
    assert not LogEntry.objects.exists()

    assert client.post(address, wrong | {"password2": PASSWORD}).status_code == 302
    assert User.objects.get(pk=learner.pk).check_password(PASSWORD)
    assert LogEntry.objects.get(user=clerk).object_id == str(learner.pk)
    (mail,) = mailoutbox
    assert mail.to == ["learner@example.org"]
    assert "password" in mail.subject.lower()


def test_the_admins_own_page_of_passwords_leads_to_that_of_the_account(client, clerk):
    """Which counts the tries, and tells by mail."""
    address = reverse("admin:password_change")
    fields = {"old_password": "clerk", "new_password1": PASSWORD, "new_password2": PASSWORD}
    for answer in (client.get(address), client.post(address, fields)):
        assert answer.status_code == 302
        assert answer.headers["Location"] == reverse("account_change_password")
    assert User.objects.get(pk=clerk.pk).check_password("clerk")


def test_what_is_deleted_with_a_person_is_counted_and_not_named(client, clerk):
    learner = User.objects.get(username="learner")
    courses.requested(learner, goal="Learn what nobody else should know")
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user", "delete_user"])
    )
    chosen = {"action": "delete_selected", TICKED: [learner.pk]}
    pages = (
        client.get(page(User, "delete", learner.pk)),
        client.post(page(User, "changelist"), chosen),
    )
    for answer in pages:
        assert "learner" in answer.content.decode()
        assert "nobody else should know" not in answer.content.decode()
        assert dict(answer.context["model_count"])["roadmaps"] == 1
