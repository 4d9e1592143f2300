"""One statement per write must leave the very rows that LangGraph's own saver leaves."""

import uuid

import pytest
from django.db import connection
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.types import INTERRUPT

from roadmaps import checkpointer, loop

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = {
    "checkpoints": "checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata",
    "checkpoint_blobs": "checkpoint_ns, channel, version, type, blob",
    "checkpoint_writes": "checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob",
}
VALUES = {"plan": {"title": "Bread", "stages": []}, "parts": ["a", "b"], "comment": "", "round": 2, "nothing": None}

CAKE = {"title": "Cake"}


async def write(saver, thread_id):
    """What a step of a thread writes, some of it twice, as after a crash."""
    versions = {name: f"{number}.5" for number, name in enumerate([*VALUES, "gone"])}
    made = {"ts": "2026-01-01", "channel_values": VALUES, "channel_versions": versions}
    first = {**empty_checkpoint(), **made, "id": "1"}
    config = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    for _ in range(2):
        config_then = await saver.aput(config, first, {"source": "loop", "step": 1}, versions)
    changed = {"channel_values": {**VALUES, "plan": CAKE}, "channel_versions": {**versions, "plan": "9.5"}}
    second = {**first, **changed, "id": "2"}
    config = await saver.aput(config_then, second, {"source": "loop", "step": 2}, {"plan": "9.5"})
    await saver.aput_writes(config, [("plan", CAKE), ("round", 3)], "task", "path")
    await saver.aput_writes(config, [("plan", {"title": "too late"})], "task", "path")
    await saver.aput_writes(config, [(INTERRUPT, "first")], "task")
    await saver.aput_writes(config, [(INTERRUPT, "asked again")], "task")
    return config


def rows(thread_id):
    found = {}
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(
                f"SELECT {columns} FROM checkpoints.{table} WHERE thread_id = %s ORDER BY {columns}", [thread_id]
            )
            found[table] = [tuple(map(bytes_of, row)) for row in cursor.fetchall()]
    return found


def bytes_of(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_the_rows_are_those_of_the_library(transactional_db):
    async def both():
        own, library = str(uuid.uuid4()), str(uuid.uuid4())
        config = await write(await checkpointer.saver(), own)
        await write(AsyncPostgresSaver(await checkpointer.pool()), library)
        return own, library, await (await checkpointer.saver()).aget_tuple(config)

    own, library, read = loop.run(both())
    assert rows(own) == rows(library)
    assert [len(found) for found in rows(own).values()] == [2, 3, 3]
    assert read.checkpoint["channel_values"] == {**VALUES, "plan": CAKE}
    assert ("task", INTERRUPT, "asked again") in read.pending_writes
