"""The journal of model answers: a question that was answered once is not asked again.

It keeps what was asked as well, for who must find out why an answer is as it is. A prompt holds
private words of the learner, so it is kept only with a roadmap that it can be deleted with.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from langchain_core.messages import BaseMessage
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]

READ = """
SELECT answer, model, input_tokens, output_tokens, seconds FROM roadmaps_modelcall
WHERE thread_id = %s AND role = %s AND input_hash = %s
"""
WRITE = """
INSERT INTO roadmaps_modelcall
    (thread_id, role, input_hash, answer, model, input_tokens, output_tokens, seconds, created_at, prompt)
VALUES (%(thread)s, %(role)s, %(hash)s, %(answer)s, %(model)s, %(came)s, %(went)s, %(seconds)s, now(),
    CASE WHEN EXISTS (SELECT FROM roadmaps_roadmap WHERE thread_id = %(thread)s) THEN %(prompt)s::jsonb END)
ON CONFLICT (thread_id, role, input_hash) DO UPDATE SET answer = EXCLUDED.answer, model = EXCLUDED.model,
    prompt = EXCLUDED.prompt, text_deleted_at = NULL,
    input_tokens = roadmaps_modelcall.input_tokens + EXCLUDED.input_tokens,
    output_tokens = roadmaps_modelcall.output_tokens + EXCLUDED.output_tokens,
    seconds = roadmaps_modelcall.seconds + EXCLUDED.seconds
"""
WRITE_FAILURE = """
INSERT INTO roadmaps_modelfailure (thread_id, role, model, reason, attempts, gave_up, created_at)
VALUES (%s, %s, %s, %s, %s, %s, now())
"""


@cache
def _described(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema()


def input_hash(
    model: str, messages: list[BaseMessage], schema: type[BaseModel], branch: int = 0
) -> str:
    said = [[message.type, message.content] for message in messages]
    asked = [model, said, _described(schema), *([branch] if branch else [])]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def find(pool: Pool, thread_id: str, role: str, key: str) -> dict[str, Any] | None:
    async with pool.connection() as connection:
        cursor = await connection.execute(READ, (thread_id, role, key))
        return await cursor.fetchone()


async def keep(pool: Pool, thread_id: str, role: str, key: str, call: Any) -> None:
    values = {
        "thread": thread_id,
        "role": role,
        "hash": key,
        "answer": Jsonb(call.answer, dumps=lambda one: one.model_dump_json()),
        "model": call.model,
        "came": call.input_tokens,
        "went": call.output_tokens,
        "seconds": call.seconds,
        "prompt": _written(call.prompt),
    }
    async with pool.connection() as connection:
        await connection.execute(WRITE, values)


def _written(prompt: list[BaseMessage] | None) -> Jsonb | None:
    if prompt is None:
        return None
    # PostgreSQL stores no NUL character.
    lines = [
        {"role": message.type, "text": str(message.content).replace("\x00", "")}
        for message in prompt
    ]
    return Jsonb(lines, dumps=orjson.dumps)


async def keep_failures(
    pool: Pool, thread_id: str, role: str, model: str, failed: Mapping[str, int], *, gave_up: bool
) -> None:
    """A row for each reason that attempts failed for."""
    rows = [
        (thread_id, role, model, reason, attempts, gave_up) for reason, attempts in failed.items()
    ]
    async with pool.connection() as connection:
        await connection.cursor().executemany(WRITE_FAILURE, rows)
