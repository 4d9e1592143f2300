"""Plan of a roadmap: its numbered drafts, and once approved its parts as rows."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from roadmaps.models.roadmap import Roadmap
from roadmaps.models.search import CONCEPT_WORDS
from roadmaps.people import names, time_zones


class Draft(models.Model):
    """An immutable numbered version of the plan."""

    class Origin(models.TextChoices):
        MODEL = "MODEL", "Designed"
        REVIEWER = "REVIEWER", "Changed on a reviewer's request"
        EDITED = "EDITED", "Edited by a reviewer"
        LEARNER = "LEARNER", "Changed on the learner's request"
        STAFF = "STAFF", "Changed on the request of staff"
        IMPORTED = "IMPORTED", "Imported or copied"

    # By a person, of a course that was there already.
    ASKED = (Origin.LEARNER, Origin.STAFF, Origin.IMPORTED)

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="drafts")
    number = models.PositiveSmallIntegerField()
    plan = models.JSONField()
    report = models.JSONField()
    operations = models.JSONField(default=list, help_text="What was applied to the draft before")
    origin = models.CharField(max_length=20, choices=Origin.choices, default=Origin.MODEL)
    # Who edited it, or asked for the change of a course.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    intent = models.JSONField(
        default=dict, help_text="The goal made precise, as the plan was designed for it"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["roadmap", "number"]
        constraints = [
            models.UniqueConstraint(fields=["roadmap", "number"], name="one_draft_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.roadmap}, draft {self.number}"

    @property
    def origin_in_words(self) -> str:
        """The origin of this version in English: who edited it or asked for the change."""
        if self.author is None or self.origin in (self.Origin.MODEL, self.Origin.IMPORTED):
            return str(self.get_origin_display())
        if self.origin == self.Origin.EDITED:
            return f"Edited by {self.author.get_username()}"
        return f"Changed on the request of {self.author.get_username()}"

    @property
    def editor(self) -> Any:
        """The reviewer who edited the plan by hand; None of a version that the workflow made."""
        return self.author if self.origin == self.Origin.EDITED else None

    def told(self) -> str:
        """Half a sentence about who saved the draft, and when."""
        who = names.public(self.editor.get_username()) if self.editor else "the workflow"
        return f"{who} saved draft {self.number} on {time_zones.in_words(self.created_at)}"


class Part(models.Model):
    """A stage, module or concept; `key` is the id it has in the draft."""

    key = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    summary = models.TextField(blank=True, default="")
    order = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True
        ordering = ["order"]

    def __str__(self) -> str:
        return self.title


class Stage(Part):
    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="stages")

    class Meta(Part.Meta):
        constraints = [models.UniqueConstraint(fields=["roadmap", "key"], name="one_stage_per_key")]


class Module(Part):
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="modules")

    class Meta(Part.Meta):
        constraints = [models.UniqueConstraint(fields=["stage", "key"], name="one_module_per_key")]


class Concept(Part):
    """A concept of a course; `order` is the reading order within the roadmap."""

    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="concepts")
    module = models.ForeignKey(Module, models.CASCADE, related_name="concepts")
    slug = models.SlugField(max_length=100, allow_unicode=True)
    minutes = models.PositiveSmallIntegerField()
    difficulty = models.CharField(max_length=20)
    keywords = models.JSONField(default=list)
    outcomes = models.JSONField(default=list)
    prerequisites = models.ManyToManyField(
        "self", symmetrical=False, related_name="unlocks", blank=True
    )

    class Meta(Part.Meta):
        constraints = [
            models.UniqueConstraint(fields=["roadmap", "key"], name="one_concept_per_key"),
            models.UniqueConstraint(fields=["roadmap", "slug"], name="one_concept_per_slug"),
        ]
        indexes = [GinIndex(CONCEPT_WORDS, name="concept_words")]

    if TYPE_CHECKING:
        # The page where it is learnt is another app's: the setting ABSOLUTE_URL_OVERRIDES names it.
        def get_absolute_url(self) -> str: ...
