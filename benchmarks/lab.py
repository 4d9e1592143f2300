"""The product's own processes on a database of their own, and what they take: seconds, CPU, memory.

Import this before Django: it chooses the services.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "out" / "bench"
DEADLINE_SECONDS = 300
LATENCY_SECONDS = 2.0  # of one model call

for name in [name for name in os.environ if name.startswith("LLM_")]:
    del os.environ[name]
os.environ.setdefault("VAR_DIR", str(ROOT / "var" / "bench"))
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def wait_for(condition: Callable[[], Any], seconds: float = DEADLINE_SECONDS, pause: float = 0.02) -> Any:
    deadline = time.monotonic() + seconds
    while not (reached := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("what the benchmark waits for did not happen")
        time.sleep(pause)
    return reached


@dataclass
class Process:
    """One of the product's processes with its children."""

    popen: "subprocess.Popen[str]"
    log: Path
    peak_bytes: int = 0
    started_cpu: float = field(default=0.0)

    def tree(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.popen.pid)
            return [own, *own.children(recursive=True)]
        return []

    def bytes(self) -> int:
        """Memory that is this process tree's own: pages that a forked child shares count once."""
        total = 0
        for one in self.tree():
            with contextlib.suppress(psutil.Error):
                total += one.memory_full_info().uss if len(self.tree()) > 1 else one.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, total)
        return total

    def cpu_seconds(self) -> float:
        total = 0.0
        for one in self.tree():
            with contextlib.suppress(psutil.Error):
                times = one.cpu_times()
                total += times.user + times.system
        return total

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(15)
            except subprocess.TimeoutExpired:
                for one in self.tree():
                    one.kill()
                self.popen.wait()


def start(command: Sequence[str], name: str, **environment: str) -> Process:
    folder = ROOT / "var" / "bench-logs"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    with log.open("w") as out:
        popen = subprocess.Popen(  # noqa: S603 - our own commands
            list(command), cwd=ROOT, env=os.environ | environment, stdout=out, stderr=subprocess.STDOUT, text=True
        )
    return Process(popen, log)


@contextlib.contextmanager
def model_server(latency: float = LATENCY_SECONDS) -> Iterator[tuple[str, Process]]:
    """The tests' model server in a process of its own; its address, and the process."""
    process = start([sys.executable, "-m", "tests.model_server", "--latency", str(latency)], "models")
    try:
        yield wait_for(lambda: process.log.read_text().strip(), 30), process
    finally:
        process.stop()


@contextlib.contextmanager
def worker(*arguments: str, name: str = "worker", **environment: str) -> Iterator[Process]:
    """`manage.py worker …`, ready for tasks."""
    ready = {"LOG_LEVEL": "INFO"}  # its log tells when it is ready
    process = start([sys.executable, "manage.py", "worker", *arguments], name, **ready | environment)
    try:
        wait_for(lambda: " ready." in process.log.read_text(), 60)
        yield process
    finally:
        process.stop()


def set_up() -> None:
    """Django on an empty database of the benchmarks' own."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    import redis
    from django.conf import settings

    redis.Redis.from_url(settings.REDIS_URL).flushall()


def owner() -> Any:
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username="learner")[0]


def ask(count: int, **preferences: Any) -> list[uuid.UUID]:
    """Request `count` roadmaps in one transaction: their messages leave together."""
    from django.db import transaction

    from roadmaps.services import request_roadmap

    wanted: dict[str, Any] = {"hours_per_week": 5, "weeks": 4} | preferences
    with transaction.atomic():
        asked = [request_roadmap(owner=owner(), goal=f"Learn to bake bread, way {n}", **wanted) for n in range(count)]
    return [roadmap.pk for roadmap in asked]


def report(name: str, title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print one table and write it as JSON."""
    from rich.console import Console
    from rich.table import Table

    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(list(rows), indent=2))
    table = Table(title=title)
    for column in rows[0]:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=130).print(table)
