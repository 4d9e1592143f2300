"""Laboratory of the benchmarks: the product's processes on services of their own, and their cost.

Imported before Django is set up: it chooses the services, and drops the caller's model settings.
"""

import contextlib
import os
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

# Bytecode is kept, as on a server, whatever the caller's environment is.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = str(VAR / "bytecode")
for _name in [_name for _name in os.environ if _name.startswith("LLM_")]:
    del os.environ[_name]
os.environ |= {"VAR_DIR": str(VAR), "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "WARNING"}
# One learner stands for hundreds.
os.environ |= {"MAX_RUNNING_ROADMAPS": "0", "STORED_ROADMAPS": "0", "SOCKETS_PER_USER": "5000"}
os.environ |= {"RATE_PAGES": "none", "RATE_SEARCH": "none"}
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
# Playwright has a loop in the thread that asks the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def wait_for(
    condition: Callable[[], Any], *, seconds: float = DEADLINE_SECONDS, pause: float = 0.02
) -> Any:
    deadline = time.monotonic() + seconds
    while not (reached := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark waited for this condition in vain")
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
            parent = psutil.Process(self.popen.pid)
            return [parent, *parent.children(recursive=True)]
        return []

    def look(self) -> int:
        """Bytes in memory now; those that forked children share with their parent count once."""
        total = 0
        for index, process in enumerate(self.tree()):
            with contextlib.suppress(psutil.Error):
                if index == 0:
                    total += process.memory_info().rss
                else:
                    total += process.memory_full_info().uss
        self.peak_bytes = max(self.peak_bytes, total)
        return total

    def cpu_seconds(self) -> float:
        return sum(cpu_of(process) for process in self.tree())

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.popen.terminate()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            for process in self.tree():
                process.kill()
            self.popen.wait()


def cpu_of(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


@contextlib.contextmanager
def model_server(latency: float = LATENCY_SECONDS) -> Iterator[str]:
    """The address of the tests' model server, in a process of its own."""
    command = [sys.executable, "-m", "tests.model_server", "--latency", str(latency)]
    with Process("models", command) as process:
        yield wait_for(lambda: process.log.read_text().strip(), seconds=60)


@contextlib.contextmanager
def worker(
    kind: str = "all", *options: str, name: str = "worker", models: str = "", **settings: str
) -> Iterator[Process]:
    """`manage.py worker`, ready for tasks; `ready_seconds` is the time that it took for that."""
    if models:
        model_settings = {"LLM_MODEL": "openai:test", "LLM_BASE_URL": models}
        settings = model_settings | {"LLM_CONCURRENCY": "5000"} | settings
    command = [sys.executable, "manage.py", "worker", kind, *options]
    with Process(name, command, **settings) as process:
        wait_for(lambda: answers_ping(process.popen.pid, timeout=0.1))
        process.ready_seconds = time.monotonic() - process.started
        yield process


def answers_ping(pid: int, timeout: float) -> bool:
    """True when a worker with this process id answers Celery's ping."""
    from config.celery import app

    nodes = [node for reply in app.control.ping(timeout=timeout) for node in reply]
    return any(f"-{pid}@" in node for node in nodes)


def set_up() -> None:
    """Set up Django, on an empty database and an empty Redis."""
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
            "TRUNCATE checkpoints.checkpoints, checkpoints.checkpoint_blobs, "
            "checkpoints.checkpoint_writes"
        )
    redis.Redis.from_url(settings.REDIS_URL).flushall()


def empty_roadmaps() -> None:
    """Stop and delete the roadmaps of the part before, but not the people."""
    from roadmaps.exceptions import InvalidTransition
    from roadmaps.models import Lease, Roadmap
    from roadmaps.services import cancel_run

    for roadmap in Roadmap.objects.moving():
        with contextlib.suppress(InvalidTransition):  # it has just ended
            cancel_run(roadmap, by=None)
    wait_for(lambda: not Lease.objects.exists())
    Roadmap.objects.all().delete()


def database_cpu_seconds() -> float:
    """CPU time of the benchmarks' PostgreSQL, its ended processes included."""
    pid = int((VAR / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    server = psutil.Process(pid)
    times = server.cpu_times()
    of_living = sum(cpu_of(process) for process in [server, *server.children()])
    return of_living + float(times.children_user + times.children_system)


def person(name: str = "learner", **more: Any) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username=name, defaults=more)[0]


def request(count: int, **preferences: Any) -> list[uuid.UUID]:
    """State `count` goals in one transaction, so that their messages leave together."""
    from django.db import transaction

    from roadmaps.services import request_roadmap

    fields: dict[str, Any] = {"hours_per_week": 5, "weeks": 4} | preferences
    owner = person()
    with transaction.atomic():
        return [
            request_roadmap(owner=owner, goal=f"Learn to bake bread, way {number}", **fields).pk
            for number in range(count)
        ]


def in_state(*states: str) -> int:
    from roadmaps.models import Roadmap

    return Roadmap.objects.filter(status__in=states).count()


@contextlib.contextmanager
def web(**settings: str) -> Iterator[tuple[str, Process]]:
    """The web in one process, as `up` starts it: its address and the process."""
    import httpx

    from config.management.commands.up import commands

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Process("web", commands("127.0.0.1", port)["web"], **settings) as process:
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
