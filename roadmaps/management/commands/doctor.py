"""manage.py doctor: what is wrong with this installation, and what to do."""

from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from roadmaps.llm import CONNECT_A_MODEL, model_label, without_model


class Command(BaseCommand):
    help = "Check the services, the migrations and the listeners; exits 1 when something must be done."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [check() for check in (database, connections, broker, listeners, model)]
        for works, text in findings:
            self.stdout.write(f"{self.style.SUCCESS('ok  ') if works else self.style.ERROR('BAD ')} {text}")
        if bad := sum(not works for works, _ in findings):
            raise CommandError(f"{bad} of {len(findings)} checks failed.")


def database() -> tuple[bool, str]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as exc:
        return False, f"PostgreSQL (DATABASE_URL) does not answer: {_first_line(exc)}"
    if waiting:
        return False, f"{len(waiting)} migrations wait: run manage.py migrate"
    return True, "PostgreSQL answers, and every migration is applied"


def connections() -> tuple[bool, str]:
    wanted = settings.DATABASE_POOL_SIZE + settings.CHECKPOINT_POOL_SIZE
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW max_connections")
            allowed = int(cursor.fetchone()[0])
    except DatabaseError:
        return False, "max_connections is unknown while PostgreSQL does not answer"
    text = f"a process may take {wanted} connections, PostgreSQL allows {allowed}"
    return (True, text) if wanted * 2 <= allowed else (False, f"{text}: lower DATABASE_POOL_SIZE")


def broker() -> tuple[bool, str]:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3).ping()
    except redis.RedisError as exc:
        return False, f"Redis (REDIS_URL) does not answer: {_first_line(exc)}"
    return True, "Redis answers"


def listeners() -> tuple[bool, str]:
    try:
        workers = current_app.control.inspect(timeout=1).active_queues() or {}
    except OSError as exc:
        return False, f"nobody can be asked which queues they listen on: {_first_line(exc)}"
    heard = {queue["name"] for queues in workers.values() for queue in queues}
    deaf = [name for name in settings.QUEUES if name not in heard]
    if deaf:
        return False, f"nobody listens on {', '.join(deaf)}: start manage.py worker"
    return True, f"{len(workers)} worker(s) listen on every queue"


def model() -> tuple[bool, str]:
    if without_model():
        return True, f"no model is connected, the built-in author answers; to connect one: {CONNECT_A_MODEL}"
    return True, f"the plan is designed by {model_label('curriculum')}"


def _first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
