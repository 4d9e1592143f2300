"""Users, groups, e-mail addresses and second factors, with the same looks as everything else."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from roadmaps.admin.base.guarded import GuardedAdmin
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.base.paging import InfinitePaginator
from roadmaps.models import Roadmap
from roadmaps.people import names
from roadmaps.removal import erasure

# Providers come from the environment, and what they say of a person is that person's own.
for registered in (EmailAddress, Group, User, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(registered)


class NameMixin:
    """Check of a name that staff give: it may be reserved, but must not imitate another.

    Whoever has a name keeps it.
    """

    def clean_username(self) -> str:
        form: Any = self
        name: str = form.cleaned_data["username"]
        if name != names.normalized(form.initial.get("username", "")):
            names.check_letters(name)
            get_adapter().check_free(name, apart_from=form.instance)
        return name


class PersonChangeForm(NameMixin, UserChangeForm):
    pass


class PersonCreationForm(NameMixin, UserCreationForm):
    pass


@admin.register(User)
class UserAdmin(DjangoUserAdmin, GuardedAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("^username", "^email")
    search_help_text = "Beginning of a name or an e-mail address"
    paginator = InfinitePaginator
    show_full_result_count = False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The permission to delete a person covers what is theirs, although nobody may delete a
        roadmap by itself.
        """
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """People are deleted with their roadmaps, whose runs are stopped first."""
        erasure.erase(Roadmap.objects.filter(owner__in=queryset))
        super().delete_queryset(request, queryset)


@admin.register(Authenticator)
class AuthenticatorAdmin(LookOnlyAdmin):
    """Second factors, to delete that of a person who has lost it; secrets are not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mfa.delete_authenticator")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, GuardedAdmin):
    pass


@admin.register(EmailAddress)
class EmailAddressAdmin(AllauthEmailAddressAdmin, GuardedAdmin):
    paginator = InfinitePaginator
    show_full_result_count = False

    @admin.action(description="Mark as verified", permissions=["change"])
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """Action of allauth, which offers it to everybody who may view addresses."""
        unverified = list(queryset.filter(verified=False).values_list("pk", flat=True))
        super().make_verified(request, queryset)
        for address in EmailAddress.objects.filter(pk__in=unverified, verified=True):
            self.log_change(request, address, "Marked as verified.")
