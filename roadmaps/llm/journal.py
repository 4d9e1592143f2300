"""The journal of model answers: a question that was answered once is not asked again.

It keeps the prompt as well, by which staff can find out why an answer is as it is. A prompt holds
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
    (thread_id, role, input_hash, answer, model, input_tokens, output_tokens, seconds, created_at,
    prompt)
VALUES (%(thread)s, %(role)s, %(hash)s, %(answer)s, %(model)s, %(input_tokens)s,
    %(output_tokens)s, %(seconds)s, now(),
    CASE WHEN EXISTS (SELECT FROM roadmaps_roadmap WHERE thread_id = %(thread)s)
        THEN %(prompt)s::jsonb END)
ON CONFLICT (thread_id, role, input_hash) DO UPDATE SET answer = EXCLUDED.answer,
    model = EXCLUDED.model, prompt = EXCLUDED.prompt, text_deleted_at = NULL,
    input_tokens = roadmaps_modelcall.input_tokens + EXCLUDED.input_tokens,
    output_tokens = roadmaps_modelcall.output_tokens + EXCLUDED.output_tokens,
    seconds = roadmaps_modelcall.seconds + EXCLUDED.seconds
"""
WRITE_FAILURE = """
INSERT INTO roadmaps_modelfailure (thread_id, role, model, reason, attempts, gave_up, created_at)
VALUES (%s, %s, %s, %s, %s, %s, now())
"""


@cache
def _json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema()


def input_hash(
    model: str, messages: list[BaseMessage], schema: type[BaseModel], branch: int = 0
) -> str:
    """The key of a question in the journal."""
    contents = [[message.type, message.content] for message in messages]
    question: list[Any] = [model, contents, _json_schema(schema)]
    if branch:
        question.append(branch)
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def find(pool: Pool, thread_id: str, role: str, key: str) -> dict[str, Any] | None:
    async with pool.connection() as connection:
        cursor = await connection.execute(READ, (thread_id, role, key))
        return await cursor.fetchone()


async def keep(pool: Pool, thread_id: str, role: str, key: str, reply: Any) -> None:
    prompt = None
    if reply.prompt is not None:
        # PostgreSQL stores no NUL character.
        messages = [
            {"role": message.type, "text": str(message.content).replace("\x00", "")}
            for message in reply.prompt
        ]
        prompt = Jsonb(messages, dumps=orjson.dumps)
    values = {
        "thread": thread_id,
        "role": role,
        "hash": key,
        "answer": Jsonb(reply.answer, dumps=lambda answer: answer.model_dump_json()),
        "model": reply.model,
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "seconds": reply.seconds,
        "prompt": prompt,
    }
    async with pool.connection() as connection:
        await connection.execute(WRITE, values)


async def keep_failures(
    pool: Pool, thread_id: str, role: str, model: str, failures: Mapping[str, int], *, gave_up: bool
) -> None:
    """Write a row for each reason for which attempts failed."""
    rows = [
        (thread_id, role, model, reason, attempts, gave_up) for reason, attempts in failures.items()
    ]
    async with pool.connection() as connection:
        await connection.cursor().executemany(WRITE_FAILURE, rows)
