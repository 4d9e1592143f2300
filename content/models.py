"""Models of the content: for each concept a tutorial, a resource list and a quiz; exports."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from roadmaps import sentences
from roadmaps.models import Concept, Roadmap, RoadmapStatus
from roadmaps.models.driven import Driven, DrivenQuerySet
from roadmaps.models.texts import register_many_lines


class ArtifactStatus(models.TextChoices):
    """English for the staff; learners' pages translate the labels."""

    PENDING = "PENDING", gettext_noop("Pending")
    GENERATING = "GENERATING", gettext_noop("Being written")
    READY = "READY", gettext_noop("Ready")
    FAILED = "FAILED", gettext_noop("Failed")


# A roadmap of which parts may be written anew alone.
COURSE = (RoadmapStatus.READY, RoadmapStatus.PARTIAL)


class ArtifactQuerySet(DrivenQuerySet[Any]):
    def missing(self) -> Self:
        return self.exclude(status=ArtifactStatus.READY)

    def moving(self) -> Self:
        return self.being_rewritten()

    def being_rewritten(self) -> Self:
        """Alone, or waiting for it; a run that writes all that is missing takes it over."""
        course = Q(roadmap__status__in=COURSE) | Q(roadmap__course_status__in=COURSE)
        # By the artifact's own column: a row that was changed meanwhile is then looked at anew.
        concepts = Concept.objects.filter(course, roadmap__deleted_at=None)
        waiting = [ArtifactStatus.PENDING, ArtifactStatus.GENERATING]
        return self.filter(status__in=waiting, run_id__isnull=False, concept__in=concepts)


class Artifact(Driven):
    concept: Concept
    concept_id: int
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(
        max_length=20,
        choices=ArtifactStatus.choices,
        default=ArtifactStatus.PENDING,
        db_index=True,
        editable=False,
    )
    error = models.CharField(max_length=1000, blank=True, default="", editable=False)
    error_source = models.JSONField(
        null=True, editable=False, help_text="What it is said from in other languages"
    )
    model = models.CharField(max_length=200, blank=True, default="", editable=False)
    edition = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="Counts asked-for rewrites"
    )
    run_id = models.UUIDField(  # type: ignore[assignment]
        null=True, editable=False, help_text="Task id of the rewrite that was asked for last"
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Claims of that rewrite"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ArtifactStatus.values), name="%(class)s_status_known"
            )
        ]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="%(class)s_newest"),
            models.Index(fields=["model"], name="%(class)s_by_model"),
            # Few have an error, so to find them costs little to keep.
            models.Index(fields=["-updated_at"], condition=~Q(error=""), name="%(class)s_failed"),
        ]

    @property
    def reason(self) -> str:
        """Why it could not be written, in the reader's language."""
        return sentences.say(self.error, self.error_source)


# Tutorials with another text than was drawn, as a worker of the release before leaves them.
NOT_DRAWN = ~Q(markdown="") & ~Q(drawn_of=MD5("markdown"))


class TutorialQuerySet(ArtifactQuerySet):
    def not_drawn(self) -> Self:
        return self.filter(NOT_DRAWN)

    def drawn_before(self, version: int) -> Self:
        """Drawn by an older renderer, or never."""
        return self.exclude(markdown="").filter(drawn_version__lt=version)


class Tutorial(Artifact):
    concept = models.OneToOneField(Concept, models.CASCADE, related_name="tutorial")
    title = models.CharField(max_length=160, blank=True, default="")
    summary = models.CharField(max_length=600, blank=True, default="")
    markdown = models.TextField(blank=True, default="")
    # What `content.artifacts.drawings` makes of `markdown`, whenever that is stored.
    html = models.TextField(editable=False, default="", db_default="")
    headings = models.JSONField(
        null=True, editable=False, help_text="Level, id and text of each in the table of contents"
    )
    has_diagram = models.BooleanField(editable=False, default=False, db_default=False)
    drawn_of = models.CharField(
        max_length=32,
        editable=False,
        default="",
        db_default="",
        help_text="MD5 of the text that was drawn; of another one the HTML is not shown",
    )
    drawn_version = models.PositiveSmallIntegerField(
        editable=False, default=0, db_default=0, help_text="Of the renderer; 0: never drawn"
    )

    objects = TutorialQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Artifact.Meta):
        indexes = [
            *Artifact.Meta.indexes,
            models.Index(fields=["id"], condition=NOT_DRAWN, name="tutorial_not_drawn"),
            models.Index(
                fields=["drawn_version", "id"],
                condition=~Q(markdown=""),
                name="tutorial_by_renderer",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Tutorial: {self.concept}"


class ResourceList(Artifact):
    concept = models.OneToOneField(Concept, models.CASCADE, related_name="resource_list")

    def __str__(self) -> str:
        return f"Resources: {self.concept}"


class Resource(models.Model):
    resource_list = models.ForeignKey(ResourceList, models.CASCADE, related_name="resources")
    order = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    url = models.URLField(max_length=1000)
    kind = models.CharField(max_length=20)
    language = models.CharField(max_length=20)
    note = models.CharField(max_length=600, blank=True, default="")
    checked_at = models.DateTimeField(null=True, editable=False, db_index=True)
    alive = models.BooleanField(
        null=True, editable=False, help_text="What the last check found; empty: nothing sure"
    )

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["resource_list", "order"], name="one_resource_per_place"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Quiz(Artifact):
    concept = models.OneToOneField(Concept, models.CASCADE, related_name="quiz")

    class Meta(Artifact.Meta):
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return f"Quiz: {self.concept}"


class Question(models.Model):
    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="questions")
    order = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=600)
    options = models.JSONField()
    correct_indexes = models.JSONField(help_text="0-based")
    explanation = models.CharField(max_length=600)

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "order"], name="one_question_per_place")
        ]

    def __str__(self) -> str:
        return self.text


class ExportStatus(models.TextChoices):
    PENDING = "PENDING", _("Waiting for a worker")
    WRITING = "WRITING", _("Being written")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Failed")


class ExportQuerySet(DrivenQuerySet["Export"]):
    def moving(self) -> Self:
        return self.filter(status__in=[ExportStatus.PENDING, ExportStatus.WRITING])

    def without_file(self) -> Self:
        return self.defer("file")


class Export(Driven):
    """A file that a worker writes: one per person, roadmap and format; asking again replaces it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roadmap = models.ForeignKey(Roadmap, models.CASCADE, related_name="exports")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    format = models.CharField(max_length=20)
    status = models.CharField(
        max_length=20, choices=ExportStatus.choices, default=ExportStatus.PENDING
    )
    progress = models.PositiveSmallIntegerField(default=0, help_text="Percent")
    parts = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Of which it is made; 0: not known yet"
    )
    parts_done = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.CharField(max_length=1000, blank=True, default="")
    error_source = models.JSONField(
        null=True, editable=False, help_text="What it is said from in other languages"
    )
    file = models.BinaryField(null=True)
    run_id = models.UUIDField(default=uuid.uuid4, help_text="Celery task id, new at every asking")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Claims of this run")
    expires_at = models.DateTimeField(db_index=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["roadmap", "owner", "format"], name="one_export_per_format"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ExportStatus.values), name="export_status_known"
            ),
            models.CheckConstraint(
                condition=Q(progress__lte=100), name="export_progress_is_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.roadmap}: {self.format}"

    @property
    def reason(self) -> str:
        """Why it could not be written, in the reader's language."""
        return sentences.say(self.error, self.error_source)

    @property
    def is_moving(self) -> bool:
        return self.status in (ExportStatus.PENDING, ExportStatus.WRITING)


register_many_lines(Tutorial, "summary")
register_many_lines(Resource, "note")
register_many_lines(Question, "text", "explanation")
