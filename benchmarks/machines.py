"""python -m benchmarks.machines: two machines, as network namespaces, share one queue.

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
        seconds, shares = run(pids)
    beside = f"{ROADMAPS} roadmaps to review in {seconds:.1f} s: " + ", ".join(
        f"{n} {c}" for n, c in shares.items()
    )
    figure = Figure(
        "runs of the idler of two machines",
        min(shares.values()),
        1,
        "",
        beside,
        more_is_better=True,
    )
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
        for words in (f"addr add {network}.2/24 dev eth0", "link set eth0 up", "link set lo up"):
            ip("-n", name, *words.split())
        yield
    finally:
        ip("netns", "del", name)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)  # noqa: S603, S607 - our own words


@contextlib.contextmanager
def worker(name: str, network: str, models: str) -> Iterator[int]:
    """A worker on machine `name`, which reaches the services only at the other end of its cable;
    its process id.
    """
    from django.conf import settings

    host = f"{network}.1"
    asked = urlsplit(models)
    targets = (
        tcp.of_database(settings.DATABASE_URL),
        tcp.of_redis(settings.REDIS_URL),
        (asked.hostname or "", asked.port or 0),
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
            "LLM_BASE_URL": f"http://{host}:{model}{asked.path}",
        }
        command = [
            "ip",
            "netns",
            "exec",
            name,
            sys.executable,
            "manage.py",
            "worker",
            "workflow",
            "--concurrency",
            "5",
        ]
        process = stack.enter_context(lab.Process(name, command, **environment))
        lab.wait_for(lambda: answers(process.popen.pid))
        yield process.popen.pid


def answers(pid: int) -> bool:
    from config.celery import app

    return any(f"-{pid}@" in node for found in app.control.ping(timeout=0.2) for node in found)


def run(pids: dict[str, int]) -> tuple[float, dict[str, int]]:
    """Seconds, and how many runs each machine took."""
    from django_celery_results.models import TaskResult

    started = time.monotonic()
    lab.request(ROADMAPS)
    lab.wait_for(lambda: lab.in_state("AWAITING_REVIEW") == ROADMAPS)
    seconds = time.monotonic() - started
    lab.wait_for(lambda: TaskResult.objects.filter(status="SUCCESS").count() >= ROADMAPS)
    workers = [str(one) for one in TaskResult.objects.values_list("worker", flat=True)]
    return seconds, {name: sum(f"-{pid}@" in one for one in workers) for name, pid in pids.items()}


if __name__ == "__main__":
    sys.exit(not main())
