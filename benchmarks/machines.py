"""Benchmark of two machines, as network namespaces, at one queue: `python -m benchmarks.machines`.

Needs root and iproute2.

Each worker lives in a namespace of its own with nothing but a cable to this one, where PostgreSQL,
Redis and the models answer on TCP; each has a VAR_DIR of its own.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from benchmarks import lab
from benchmarks.figures import Figure, report
from tests import tcp

ROADMAPS = 20
MACHINES = {"cairn-one": "10.213.1", "cairn-two": "10.213.2"}


def main() -> list[Figure]:
    if os.geteuid() != 0:
        raise SystemExit("Network namespaces need root.")
    lab.set_up()
    with contextlib.ExitStack() as stack:
        models = stack.enter_context(lab.model_server())
        pids = {}
        for name, network in MACHINES.items():
            stack.enter_context(machine(name, network))
            pids[name] = stack.enter_context(worker(name, network, models))
        seconds, runs = run(pids)
    counts = ", ".join(f"{name} {count}" for name, count in runs.items())
    beside = f"{ROADMAPS} roadmaps to review in {seconds:.1f} s: {counts}"
    least = min(runs.values())
    figure = Figure("runs of the idler of two machines", least, 1, "", beside, more_is_better=True)
    return report("machines", [figure])


@contextlib.contextmanager
def machine(name: str, network: str) -> Iterator[None]:
    """A namespace at `network`.2, with a cable to this one at `network`.1."""
    cable = name[-8:]
    ip("netns", "add", name)
    try:
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("addr", "add", f"{network}.1/24", "dev", cable)
        ip("link", "set", cable, "up")
        for command in (f"addr add {network}.2/24 dev eth0", "link set eth0 up", "link set lo up"):
            ip("-n", name, *command.split())
        yield
    finally:
        ip("netns", "del", name)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)  # noqa: S603, S607 - our own arguments


@contextlib.contextmanager
def worker(name: str, network: str, models: str) -> Iterator[int]:
    """The process id of a worker on machine `name`.

    It reaches the services only at the other end of its cable.
    """
    from django.conf import settings

    host = f"{network}.1"
    model_address = urlsplit(models)
    targets = (
        tcp.of_database(settings.DATABASE_URL),
        tcp.of_redis(settings.REDIS_URL),
        (model_address.hostname or "", model_address.port or 0),
    )
    with contextlib.ExitStack() as stack:
        database, redis, model = (
            stack.enter_context(tcp.forwarded(target, host)) for target in targets
        )
        environment = {
            "DATABASE_URL": tcp.database_url(settings.DATABASE_URL, host, database),
            "REDIS_URL": tcp.redis_url(settings.REDIS_URL, host, redis),
            "VAR_DIR": str(lab.VAR / name),
            "LLM_MODEL": "openai:test",
            "LLM_BASE_URL": f"http://{host}:{model}{model_address.path}",
        }
        command = ["ip", "netns", "exec", name, sys.executable]
        command += ["manage.py", "worker", "workflow", "--concurrency", "5"]
        process = stack.enter_context(lab.Process(name, command, **environment))
        lab.wait_for(lambda: lab.answers_ping(process.popen.pid, timeout=0.2))
        yield process.popen.pid


def run(pids: dict[str, int]) -> tuple[float, dict[str, int]]:
    """The seconds until all plans wait for review, and the number of runs on each machine."""
    from django_celery_results.models import TaskResult

    started = time.monotonic()
    lab.request(ROADMAPS)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == ROADMAPS)
    seconds = time.monotonic() - started
    lab.wait_for(lambda: TaskResult.objects.filter(status="SUCCESS").count() >= ROADMAPS)
    workers = list(map(str, TaskResult.objects.values_list("worker", flat=True)))
    runs: dict[str, int] = {}
    for name, pid in pids.items():
        runs[name] = sum(f"-{pid}@" in worker for worker in workers)
    return seconds, runs


if __name__ == "__main__":
    sys.exit(not main())
