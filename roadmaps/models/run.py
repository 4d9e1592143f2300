"""Rows of runs: leases, the journal of model calls, their failures, erased threads."""

from uuid import UUID

from django.db import models


class Lease(models.Model):
    """The right to drive a roadmap or to rewrite an artifact; `subject` is that row's id.

    Times are the database's.
    """

    subject = models.UUIDField(primary_key=True)
    token = models.UUIDField(unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"lease of {self.subject}"


class ErasedThread(models.Model):
    """A roadmap that was deleted: what a late writer still leaves of it is swept away for a day."""

    thread_id = models.UUIDField(primary_key=True)
    roadmap_id = models.UUIDField()
    erased_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"what is left of {self.roadmap_id}"


class ModelCallQuerySet(models.QuerySet["ModelCall"]):
    def asked_by(self, thread_id: UUID) -> set[str]:
        """Input hashes of the questions that this thread has asked already."""
        return set(self.filter(thread_id=thread_id).values_list("input_hash", flat=True))


class ModelCall(models.Model):
    """Journal of model answers: the same question of the same thread is never paid for twice."""

    thread_id = models.UUIDField()
    role = models.CharField(max_length=20)
    input_hash = models.CharField(max_length=64)
    model = models.CharField(max_length=200)
    answer = models.JSONField()
    prompt = models.JSONField(
        null=True,
        editable=False,
        help_text="What was asked: a list of role and text; a learner's private words",
    )
    text_deleted_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When the prompt was deleted, and the answer where its roadmap was",
    )
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ModelCallQuerySet.as_manager()

    class Meta:
        permissions = [("view_modelcall_text", "Can read prompts and answers of model calls")]
        constraints = [
            models.UniqueConstraint(
                fields=["thread_id", "role", "input_hash"], name="one_answer_per_question"
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="modelcall_by_day"),
            models.Index(fields=["role", "id"], name="modelcall_by_role"),
            models.Index(fields=["model", "id"], name="modelcall_by_model"),
            models.Index(fields=["role", "model", "id"], name="modelcall_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.role} by {self.model}"


class ModelUsage(models.Model):
    """Sums of the model calls of a quarter of an hour, by role and model.

    No zone's midnight is within one, so that they add up to anybody's days. They stay when the
    calls are pruned.
    """

    begins_at = models.DateTimeField()
    role = models.CharField(max_length=20)
    model = models.CharField(max_length=200)
    calls = models.PositiveIntegerField()
    input_tokens = models.PositiveBigIntegerField()
    output_tokens = models.PositiveBigIntegerField()
    seconds = models.FloatField()

    class Meta:
        verbose_name_plural = "model usage"
        constraints = [
            models.UniqueConstraint(
                fields=["begins_at", "role", "model"], name="one_usage_per_quarter"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} by {self.model} from {self.begins_at:%Y-%m-%d %H:%M}"


class ModelFailure(models.Model):
    """Attempts of one model call that failed for one reason, whatever became of the call."""

    thread_id = models.UUIDField(db_index=True)
    role = models.CharField(max_length=20)
    model = models.CharField(max_length=200)
    reason = models.CharField(
        max_length=20, help_text="An HTTP status, or a word from roadmaps.llm.labels.REASONS"
    )
    attempts = models.PositiveSmallIntegerField()
    gave_up = models.BooleanField(help_text="Whether the call had no answer in the end")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "failed model call"
        indexes = [
            models.Index(fields=["created_at", "id"], name="modelfailure_by_day"),
            models.Index(fields=["reason", "id"], name="modelfailure_by_reason"),
            models.Index(fields=["role", "id"], name="modelfailure_by_role"),
            models.Index(fields=["model", "id"], name="modelfailure_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.role} by {self.model}: {self.reason}"
