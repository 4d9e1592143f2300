"""What this installation needs, checked one by one: each check says whether it is there, and what to do if not."""

from collections.abc import Callable, Iterable

import psycopg
import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from logs_app.buffer import BROKER_AWAY
from roadmaps import checkpointer, llm, queues
from roadmaps.exceptions import LLMError

Finding = tuple[bool, str]
BEAT_LOCK = 0x_CA1_28  # any number that nothing else in this database locks


def problems(checks: Iterable[Callable[[], Finding]]) -> list[str]:
    """The first that fails, as a list; later ones often fail for the same reason."""
    for check in checks:
        works, text = check()
        if not works:
            return [text]
    return []


def database() -> Finding:
    """Asked beside the pool, which tries for longer."""
    try:
        with psycopg.connect(**checkpointer.connection_arguments()):
            return True, "PostgreSQL (DATABASE_URL) answers"
    except psycopg.Error as exc:
        return False, f"PostgreSQL (DATABASE_URL) does not answer: {first_line(exc)}"


def migrations() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as exc:
        return False, f"the migrations are unknown while PostgreSQL does not answer: {first_line(exc)}"
    if waiting:
        return False, f"{len(waiting)} migrations wait: run manage.py migrate"
    return True, "every migration is applied"


def connections() -> Finding:
    wanted = settings.DATABASE_POOL_SIZE + settings.CHECKPOINT_POOL_SIZE
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW max_connections")
            allowed = int(cursor.fetchone()[0])
    except DatabaseError:
        return False, "max_connections is unknown while PostgreSQL does not answer"
    text = f"a process may take {wanted} connections, PostgreSQL allows {allowed}"
    return (True, text) if wanted * 2 <= allowed else (False, f"{text}: lower DATABASE_POOL_SIZE")


def broker() -> Finding:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3).ping()
    except redis.RedisError as exc:
        return False, f"Redis (REDIS_URL) does not answer: {first_line(exc)}"
    return True, "Redis (REDIS_URL) answers"


def listeners() -> Finding:
    try:
        heard = queues.workers()
    except BROKER_AWAY as exc:
        return False, f"nobody can be asked which queues they listen on: {first_line(exc)}"
    deaf = [name for name, workers in queues.listeners(heard).items() if not workers]
    if deaf:
        return False, f"nobody listens on {', '.join(deaf)}: start manage.py worker"
    return True, f"{len(heard)} worker(s) listen on every queue"


def beat() -> Finding:
    """By the lock that manage.py beat holds."""
    held = """
        SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND classid = 0 AND objid = %s AND granted AND datname = current_database()
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(held, [BEAT_LOCK])
            running = cursor.fetchone() is not None
    except DatabaseError:
        return False, "whether beat runs is unknown while PostgreSQL does not answer"
    return (True, "beat runs") if running else (False, "no beat runs, so nothing is recovered: start manage.py beat")


def models() -> Finding:
    """Whether every role has a model that can be made; whether it answers, its first call tells."""
    try:
        for role in settings.LLM_ROLES:
            llm.chat_model(role)
    except LLMError as exc:
        return False, str(exc)
    if llm.without_model():
        return True, f"no model is connected, the built-in author answers; to connect one: {llm.CONNECT_A_MODEL}"
    return True, f"the plan is designed by {llm.model_label('curriculum')}"


def first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
