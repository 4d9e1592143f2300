"""A course given to others: its public link, and its place in the gallery."""

import secrets

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import connection, models
from django.db.models import Q
from django.urls import reverse

from roadmaps.models import Roadmap
from sharing.search import looked_up

SEARCHED = SearchVector("words", config="simple")  # courses are in any language
MATCHES_MAX = 1000  # of a search; whoever has that many takes the most used of them
# Jumps from language to language along an index, where SELECT DISTINCT would read every row.
LANGUAGES = """
WITH RECURSIVE found AS (
    (SELECT min(language) AS value FROM sharing_share WHERE listed_at IS NOT NULL)
    UNION ALL
    SELECT (
        SELECT min(language) FROM sharing_share
        WHERE listed_at IS NOT NULL AND language > found.value
    )
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM found WHERE value <> ''
"""


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
        """Shares whose course has all words of `text`, by their beginnings; no more than can be
        sorted at once.
        """
        words = looked_up(text)
        if not words:
            return self.none()
        query = SearchQuery(words, config="simple", search_type="raw")
        # By their keys: PostgreSQL doesn't know how rare a word is, and for the gallery's order
        # would rather read every row than use the index.
        found = Share.objects.filter(listed_at__isnull=False, searched=query).order_by()
        return self.filter(pk__in=list(found.values_list("pk", flat=True)[:MATCHES_MAX]))

    def without_words(self) -> "ShareQuerySet":
        return self.defer("words", "searched")


def gallery_languages() -> list[str]:
    """Languages of the listed courses."""
    with connection.cursor() as cursor:
        cursor.execute(LANGUAGES)
        return [row[0] for row in cursor.fetchall()]


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
    # A course's language never changes.
    language = models.CharField(max_length=35, blank=True, default="", db_default="")
    words = models.TextField(blank=True, default="", help_text="What the gallery's search looks in")
    searched = models.GeneratedField(
        expression=SEARCHED, output_field=SearchVectorField(null=True), db_persist=True
    )
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
            GinIndex(fields=["searched"], name="share_searched"),
            models.Index(fields=["-listed_at", "-id"], name="share_by_listing"),
            models.Index(
                fields=["language", "-uses", "-listed_at", "-id"],
                name="share_by_language",
                condition=Q(listed_at__isnull=False),
            ),
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
