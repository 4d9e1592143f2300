"""Notices for people about their roadmaps, and people's preferences."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from roadmaps import sentences
from roadmaps.models import Roadmap
from roadmaps.people.names import LOOK_MAX, skeleton


class NoticeKind(models.TextChoices):
    APPROVED = "APPROVED", _("My plan is approved")
    CHANGES = "CHANGES", _("A reviewer has asked for changes")
    REJECTED = "REJECTED", _("A reviewer has rejected my plan")
    READY = "READY", _("My course is ready")
    PARTIAL = "PARTIAL", _("My course is ready in parts")
    FAILED = "FAILED", _("Something went wrong with my course")


class Channel(models.TextChoices):
    PAGE = "page", _("On the pages")
    MAIL = "mail", _("By e-mail")


HEADLINES = {
    NoticeKind.APPROVED: _("The plan is approved"),
    NoticeKind.CHANGES: _("A reviewer has asked for changes"),
    NoticeKind.REJECTED: _("A reviewer has rejected the plan"),
    NoticeKind.READY: _("The course is ready"),
    NoticeKind.PARTIAL: _("The course is ready in parts"),
    NoticeKind.FAILED: _("The course could not be made"),
}
MAILED_UNLESS_SWITCHED = (NoticeKind.READY, NoticeKind.REJECTED, NoticeKind.FAILED)


def switch(kind: str, channel: str) -> str:
    return f"{kind}.{channel}"


class Preferences(models.Model):
    """A person's choices; a person without a row has the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="preferences"
    )
    language = models.CharField(
        max_length=10, blank=True, default="", help_text="Of pages and e-mails"
    )
    last_language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="Of the pages when they last signed in",
    )
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Chosen; empty for that of the browser",
    )
    last_time_zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Of the browser they last came with",
    )
    switches = models.JSONField(
        default=dict, help_text="KIND.channel to true or false, where it isn't the default"
    )

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user}"

    @classmethod
    def of(cls, user: Any) -> "Preferences":
        return cls.objects.filter(user=user).first() or cls(user=user)

    @property
    def mail_language(self) -> str:
        """The language of emails: chosen, else that of the pages they last signed in to."""
        return self.language or self.last_language or settings.LANGUAGE_CODE

    @property
    def mail_time_zone(self) -> str:
        """The time zone of emails: chosen, else that of their last browser; empty without both."""
        return self.time_zone or self.last_time_zone

    def wants(self, kind: str, channel: str) -> bool:
        default = channel == Channel.PAGE or kind in MAILED_UNLESS_SWITCHED
        return bool(self.switches.get(switch(kind, channel), default))

    def set(self, kind: str, channel: str, is_on: bool) -> None:
        self.switches[switch(kind, channel)] = is_on


class NameLook(models.Model):
    """The look of a person's name, so that nobody else gets one that can be taken for it."""

    # Without a constraint: a process of the release before deletes people and knows nothing of it.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        db_constraint=False,
        related_name="name_look",
    )
    skeleton = models.CharField(max_length=LOOK_MAX, db_index=True)

    def __str__(self) -> str:
        return self.skeleton

    @staticmethod
    def keep(users: Iterable[User]) -> None:
        looks = [NameLook(user_id=user.pk, skeleton=skeleton(user.username)) for user in users]
        NameLook.objects.bulk_create(
            looks, update_conflicts=True, unique_fields=["user"], update_fields=["skeleton"]
        )


class NoticeQuerySet(models.QuerySet["Notice"]):
    def shown_to(self, user: User | AnonymousUser) -> "NoticeQuerySet":
        return self.filter(user=user.pk, on_page=True, roadmap__deleted_at=None)

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)


class Notice(models.Model):
    """A notice of one thing that happened to a roadmap, told to its owner once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    version = models.PositiveIntegerField(
        help_text="The roadmap's, by which the same news is known again"
    )
    text = models.TextField(blank=True, default="", help_text="A reviewer's comment, or a reason")
    text_source = models.JSONField(
        null=True, help_text="What a reason is said from in other languages"
    )
    link = models.CharField(max_length=200, help_text="A path of this site")
    on_page = models.BooleanField(default=True)
    mail_due = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "kind", "version"], name="one_notice_per_event"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=NoticeKind.values), name="notice_kind_known"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_newest"),
            models.Index(
                fields=["user"], condition=Q(read_at=None, on_page=True), name="notice_unread"
            ),
            models.Index(fields=["id"], condition=Q(mail_due=True), name="notice_to_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.roadmap}"

    def get_absolute_url(self) -> str:
        """The address that marks it as read and leads to its roadmap."""
        return reverse("notice_open", args=[self.pk])

    @property
    def headline(self) -> str:
        return str(HEADLINES[NoticeKind(self.kind)])

    @property
    def said(self) -> str:
        """The comment as it was written, a reason in the reader's language."""
        return sentences.say(self.text, self.text_source)
