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
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from roadmaps.admin.base.guarded import GuardedAdmin
from roadmaps.admin.base.look_only import LookOnlyAdmin
from roadmaps.admin.base.paging import InfinitePaginator
from roadmaps.models import Roadmap
from roadmaps.people import names, rights
from roadmaps.removal import erasure

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
ONLY_SUPERUSERS = "Only a superuser may do this: it belongs to somebody with rights of staff."

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

    def clean_email(self) -> str:
        form: Any = self
        email: str = form.cleaned_data["email"]
        others = User.objects.filter(email__iexact=email).exclude(pk=form.instance.pk)
        if email and email != form.initial.get("email") and others.exists():
            raise ValidationError("Somebody else has this address.")
        return email


class PersonChangeForm(NameMixin, UserChangeForm):
    pass


class PersonCreationForm(NameMixin, UserCreationForm):
    pass


class PasswordForm(AdminPasswordChangeForm):
    """Password that staff set for a person, who hears of it by mail."""

    def save(self, commit: bool = True) -> User:
        person: User = super().save(commit)
        get_adapter().send_notification_mail("account/email/password_changed", person)
        return person


class KeepsRights:
    """Admin rows by which an account can be taken over: those of people with rights are changed
    and deleted by superusers only.
    """

    def person_of(self, row: Any) -> User:
        person: User = row.user
        return person

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)  # type: ignore[misc]
        return allowed and self._may_take_over(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)  # type: ignore[misc]
        return allowed and self._may_take_over(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What would be deleted, and a sentence when rows among it are for superusers only."""
        default = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        to_delete, counts, missing, protected = default
        if not all(self._may_take_over(request, row) for row in objs):
            protected = [*protected, ONLY_SUPERUSERS]
        return to_delete, counts, missing, protected

    def _may_take_over(self, request: HttpRequest, row: Any) -> bool:
        return row is None or rights.may_take_over(request.user, self.person_of(row))


@admin.register(User)
class UserAdmin(KeepsRights, DjangoUserAdmin, GuardedAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = PasswordForm
    list_display = ("username", "email", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("^username", "^email")
    search_help_text = "Beginning of a name or an e-mail address"
    paginator = InfinitePaginator
    show_full_result_count = False

    def person_of(self, row: User) -> User:
        return row

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rights are given and taken by superusers only."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The permission to delete a person covers what is theirs, although nobody may delete a
        roadmap by itself. What is theirs is counted, not named: not everybody may see it.
        """
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        people = [row for row in to_delete if not isinstance(row, list)]
        return people, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """People are deleted with their roadmaps, whose runs are stopped first."""
        erasure.erase(Roadmap.objects.filter(owner__in=queryset))
        super().delete_queryset(request, queryset)


@admin.register(Authenticator)
class AuthenticatorAdmin(KeepsRights, LookOnlyAdmin):
    """Second factors, to delete that of a person who has lost it; secrets are not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = request.user.has_perm("mfa.delete_authenticator")
        return allowed and (obj is None or rights.may_take_over(request.user, obj.user))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, GuardedAdmin):
    """Groups, whose permissions are rights of their members: for superusers only."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "permissions")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_delete_permission(request, obj)


@admin.register(EmailAddress)
class EmailAddressAdmin(KeepsRights, AllauthEmailAddressAdmin, GuardedAdmin):
    paginator = InfinitePaginator
    show_full_result_count = False

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """An address is given to a person with rights by superusers only."""
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = rights.without_rights()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description="Mark as verified", permissions=["change"])
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """Action of allauth, which offers it to everybody who may view addresses."""
        if not request.user.is_superuser:
            refused = queryset.filter(user__in=rights.with_rights())
            if refused.exists():
                self.message_user(request, f"Skipped. {ONLY_SUPERUSERS}", level="warning")
            queryset = queryset.exclude(pk__in=refused)
        unverified = list(queryset.filter(verified=False).values_list("pk", flat=True))
        super().make_verified(request, queryset)
        for address in EmailAddress.objects.filter(pk__in=unverified, verified=True):
            self.log_change(request, address, "Marked as verified.")
