"""Saver of checkpoints, fenced by the lease, and without what the next checkpoint says anyway."""

from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.errors import DivisionByZero

from roadmaps.exceptions import LeaseLost

FENCE = "fence"  # in a config: the token of the lease under which the thread is driven

# The parent's statement, which fails (divides by zero) unless that lease is held, and keeps it
# until this is written.
FENCED = """
INSERT INTO checkpoints
    (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
SELECT thread, ns, id, parent, checkpoint, metadata - 'fence'
FROM (VALUES (%s, %s, %s, %s, %s::jsonb, %s::jsonb))
    AS given (thread, ns, id, parent, checkpoint, metadata)
WHERE CASE WHEN metadata ->> 'fence' IS NULL THEN true ELSE 1 = (
    SELECT 1 / count(*)
    FROM (SELECT FROM roadmaps_lease WHERE token = (metadata ->> 'fence')::uuid FOR SHARE) AS held
) END
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)
DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata
"""


class Saver(AsyncPostgresSaver):
    UPSERT_CHECKPOINTS_SQL = FENCED

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """As the parent.

        Raises LeaseLost where the config has a fence whose lease somebody else has taken.
        """
        try:
            return await super().aput(config, checkpoint, metadata, new_versions)
        except DivisionByZero as exc:
            raise LeaseLost(config["configurable"]["thread_id"]) from exc

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep what a node waits for, was answered or failed with, but not what it returned.

        One node runs at a time, so its checkpoint follows at once. When a worker dies in between,
        the next one runs the node again, and the journal answers.
        """
        returned = task_path and not any(channel in WRITES_IDX_MAP for channel, _ in writes)
        if not returned:
            await super().aput_writes(config, writes, task_id, task_path)
