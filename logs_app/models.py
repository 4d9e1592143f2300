"""The execution log: what happened to a roadmap, in order."""

import uuid

from django.db import models


class ExecutionLog(models.Model):
    """An event of the execution log.

    Its id, sequence and time are made where it happens, so that writing it twice inserts it once.
    `roadmap_id` is no foreign key: the log outlives its roadmap until `prune` deletes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    roadmap_id = models.UUIDField()
    run_id = models.UUIDField(null=True, blank=True)
    sequence = models.BigIntegerField(
        help_text="Nanoseconds since 1970, never equal or falling within a process"
    )
    level = models.CharField(max_length=10, default="info")
    event = models.CharField(max_length=60)
    message = models.CharField(max_length=1000, blank=True, default="")
    data = models.JSONField(default=dict, blank=True)
    occurred_at = models.DateTimeField()

    class Meta:
        ordering = ["roadmap_id", "sequence"]
        verbose_name = "event"
        verbose_name_plural = "events"
        indexes = [
            models.Index(fields=["roadmap_id", "sequence"]),
            models.Index(fields=["occurred_at"]),
            models.Index(fields=["event", "occurred_at"], name="log_by_event"),
            # Few rows are no info, so to find them costs little to keep.
            models.Index(
                fields=["level", "occurred_at"],
                condition=~models.Q(level="info"),
                name="log_of_trouble",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.message}"
