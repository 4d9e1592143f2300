"""LangGraph's saver on PostgreSQL, without what the next checkpoint says anyway."""

from collections.abc import Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import WRITES_IDX_MAP
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver


class Saver(AsyncPostgresSaver):
    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep what a node waits for, was answered or failed with, but not what it returned.

        One node runs at a time, so its checkpoint follows at once. When a worker dies in between, the next one runs the
        node again, and the journal answers.
        """
        returned = task_path and not any(channel in WRITES_IDX_MAP for channel, _ in writes)
        if not returned:
            await super().aput_writes(config, writes, task_id, task_path)
