"""The product's own processes on services of the benchmarks' own, and what they take: seconds,
CPU, memory.

Imported before Django is set up: it chooses the services, and drops the caller's model settings.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"
LOGS = VAR / "logs-of-processes"
DEADLINE_SECONDS = 300
LATENCY_SECONDS = 2.0  # of one model call

# Bytecode is kept, as on a server, whatever the caller's environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(VAR / "bytecode")
for _name in [_name for _name in os.environ if _name.startswith("LLM_")]:
    del os.environ[_name]
os.environ |= {"VAR_DIR": str(VAR), "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "WARNING"}
os.environ |= {
    "MAX_RUNNING_ROADMAPS": "0",
    "SOCKETS_PER_USER": "5000",
}  # one learner stands for hundreds
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "1"  # Playwright has a loop in the thread that asks the database
)


def wait_for(
    condition: Callable[[], Any], *, seconds: float = DEADLINE_SECONDS, pause: float = 0.02
) -> Any:
    deadline = time.monotonic() + seconds
    while not (reached := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("what the benchmark waits for did not happen")
        time.sleep(pause)
    return reached


class Process:
    """One process of the product, with its children."""

    def __init__(self, name: str, command: Sequence[str], **environment: str) -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log = LOGS / f"{name}.log"
        self.started = time.monotonic()
        with self.log.open("w") as out:
            self.popen = subprocess.Popen(  # noqa: S603 - our own commands
                list(command),
                cwd=ROOT,
                env=os.environ | environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.peak_bytes = 0
        self.ready_seconds = 0.0

    def tree(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.popen.pid)
            return [own, *own.children(recursive=True)]
        return []

    def look(self) -> int:
        """Bytes in memory now; what forked children share with their parent counts once."""
        total = 0
        for place, one in enumerate(self.tree()):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss if place == 0 else one.memory_full_info().uss
        self.peak_bytes = max(self.peak_bytes, total)
        return total

    def cpu_seconds(self) -> float:
        return sum(cpu_of(one) for one in self.tree())

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.popen.terminate()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            for one in self.tree():
                one.kill()
            self.popen.wait()


def cpu_of(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


@contextlib.contextmanager
def model_server(latency: float = LATENCY_SECONDS) -> Iterator[str]:
    """The address of the tests' model server, in a process of its own."""
    with Process(
        "models", [sys.executable, "-m", "tests.model_server", "--latency", str(latency)]
    ) as process:
        yield wait_for(lambda: process.log.read_text().strip(), seconds=60)


@contextlib.contextmanager
def worker(
    kind: str = "all", *options: str, name: str = "worker", models: str = "", **settings: str
) -> Iterator[Process]:
    """`manage.py worker`, ready for tasks; `ready_seconds` says after how long it was."""
    from config.celery import app

    if models:
        settings = {
            "LLM_MODEL": "openai:test",
            "LLM_BASE_URL": models,
            "LLM_CONCURRENCY": "5000",
        } | settings
    with Process(
        name, [sys.executable, "manage.py", "worker", kind, *options], **settings
    ) as process:
        ours = re.compile(rf"-{process.popen.pid}@")
        wait_for(
            lambda: any(
                ours.search(node) for found in app.control.ping(timeout=0.1) for node in found
            )
        )
        process.ready_seconds = time.monotonic() - process.started
        yield process


def set_up() -> None:
    """Django, on an empty database and an empty Redis."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    empty()


def empty() -> None:
    import redis
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE checkpoints.checkpoints, checkpoints.checkpoint_blobs, checkpoints.checkpoint_writes"
        )
    redis.Redis.from_url(settings.REDIS_URL).flushall()


def empty_roadmaps() -> None:
    """Stop and forget what the part before has left, but not the people."""
    from roadmaps.exceptions import InvalidTransition
    from roadmaps.models import Lease, Roadmap
    from roadmaps.services import cancel_run

    for roadmap in Roadmap.objects.moving():
        with contextlib.suppress(InvalidTransition):  # it has just ended
            cancel_run(roadmap, by=None)
    wait_for(lambda: not Lease.objects.exists())
    Roadmap.objects.all().delete()


def database_cpu_seconds() -> float:
    """Of the benchmarks' PostgreSQL, its ended processes included."""
    pid = int((VAR / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    server = psutil.Process(pid)
    ended = server.cpu_times()
    alive = sum(cpu_of(one) for one in [server, *server.children()])
    return alive + float(ended.children_user + ended.children_system)


def person(name: str = "learner", **more: Any) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username=name, defaults=more)[0]


def request(count: int, **preferences: Any) -> list[uuid.UUID]:
    """State `count` goals in one transaction: their messages leave together, when it is committed."""
    from django.db import transaction

    from roadmaps.services import request_roadmap

    wanted: dict[str, Any] = {"hours_per_week": 5, "weeks": 4} | preferences
    owner = person()
    with transaction.atomic():
        return [
            request_roadmap(owner=owner, goal=f"Learn to bake bread, way {n}", **wanted).pk
            for n in range(count)
        ]


def in_state(*states: str) -> int:
    from roadmaps.models import Roadmap

    return Roadmap.objects.filter(status__in=states).count()


@contextlib.contextmanager
def web() -> Iterator[tuple[str, Process]]:
    """The web on one process, as `up` starts it; its address."""
    import httpx

    from config.management.commands.up import commands

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Process("web", commands("127.0.0.1", port)["web"]) as process:
        address = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{address}/healthz").status_code == 200
            return False

        wait_for(answers, seconds=60, pause=0.2)
        yield address, process


def session_of(user: Any) -> str:
    """The cookie value of a session in which `user` is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    return str(session.session_key)
