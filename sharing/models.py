"""A course given to others: its public link, and its place in the gallery."""

import secrets

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Q
from django.urls import reverse

from roadmaps.models import Roadmap

SEARCHED = SearchVector("words", config="simple")  # courses are in any language


def new_token() -> str:
    return secrets.token_urlsafe(24)


class ShareQuerySet(models.QuerySet["Share"]):
    def open(self) -> "ShareQuerySet":
        """Shares whose link opens a course."""
        return self.filter(
            token__isnull=False, roadmap__owner__is_active=True, roadmap__deleted_at=None
        )

    def listed(self) -> "ShareQuerySet":
        return self.open().filter(listed_at__isnull=False)

    def search(self, text: str) -> "ShareQuerySet":
        """Shares whose course has all words of `text`, or `text` as it stands.

        The second finds courses in languages that put no spaces between words.
        """
        query = SearchQuery(text, config="simple", search_type="websearch")
        return self.annotate(searched=SEARCHED).filter(Q(searched=query) | Q(words__icontains=text))


class Share(models.Model):
    roadmap = models.OneToOneField(Roadmap, models.CASCADE, related_name="share")
    token = models.CharField(  # noqa: DJ001 - unique only where there is one
        max_length=64, unique=True, null=True, default=new_token, help_text="Empty: revoked"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    listed_at = models.DateTimeField(null=True, blank=True, help_text="In the gallery since")
    taken_out_at = models.DateTimeField(
        null=True, blank=True, help_text="By staff; its owner can't list it again"
    )
    words = models.TextField(blank=True, default="", help_text="What the gallery's search looks in")
    uses = models.PositiveIntegerField(default=0, help_text="Copies made from it")

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(listed_at__isnull=True)
                | Q(token__isnull=False, taken_out_at__isnull=True),
                name="listed_shares_have_a_link",
            )
        ]
        indexes = [
            GinIndex(SEARCHED, name="share_words"),
            models.Index(
                fields=["-uses", "-listed_at", "-id"],
                name="share_by_use",
                condition=Q(listed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.roadmap)

    def get_absolute_url(self) -> str:
        return reverse("shared_course", args=[self.token])
