"""The journal of model answers: a question that was answered once is not asked again."""

import hashlib
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
    (thread_id, role, input_hash, answer, model, input_tokens, output_tokens, seconds, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now())
ON CONFLICT (thread_id, role, input_hash) DO UPDATE SET answer = EXCLUDED.answer, model = EXCLUDED.model,
    input_tokens = roadmaps_modelcall.input_tokens + EXCLUDED.input_tokens,
    output_tokens = roadmaps_modelcall.output_tokens + EXCLUDED.output_tokens,
    seconds = roadmaps_modelcall.seconds + EXCLUDED.seconds
"""


@cache
def _described(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema()


def input_hash(model: str, messages: list[BaseMessage], schema: type[BaseModel], branch: int = 0) -> str:
    said = [[message.type, message.content] for message in messages]
    asked = [model, said, _described(schema), *([branch] if branch else [])]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def find(pool: Pool, thread_id: str, role: str, key: str) -> dict[str, Any] | None:
    async with pool.connection() as connection:
        cursor = await connection.execute(READ, (thread_id, role, key))
        return await cursor.fetchone()


async def keep(pool: Pool, thread_id: str, role: str, key: str, call: Any) -> None:
    answer = Jsonb(call.answer, dumps=lambda one: one.model_dump_json())
    values = (answer, call.model, call.input_tokens, call.output_tokens, call.seconds)
    async with pool.connection() as connection:
        await connection.execute(WRITE, (thread_id, role, key, *values))
