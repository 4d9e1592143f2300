"""manage.py up: web, worker and beat on this machine."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from roadmaps import health

KILL_SECONDS = 8  # after which a process that doesn't end is killed
RESTART_SECONDS = 2


class Command(BaseCommand):
    help = "Run everything on this machine: web, a worker on all queues, beat. Ctrl-C stops all of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        check_port(host, port)
        for problem in health.problems((health.database, health.broker, health.models)):
            raise CommandError(problem)
        call_command("migrate", verbosity=0)
        self.make_first_admin()
        self.run_all(commands(host, port), f"http://{host}:{port}/")

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def make_first_admin(self) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        name = os.environ.get("DJANGO_SUPERUSER_USERNAME", "admin")
        preset = settings.FIRST_ADMIN_PASSWORD
        password = preset or secrets.token_urlsafe(9)
        users.create_superuser(name, os.environ.get("DJANGO_SUPERUSER_EMAIL", ""), password)
        shown = "the preset password" if preset else f"{password}   (shown once; change it in the admin)"
        self.stdout.write(f"First admin: {name} / {shown}")

    def run_all(self, wanted: dict[str, list[str]], address: str) -> None:
        running = {name: start(command) for name, command in wanted.items()}
        told = f"Cairn is at {address}   review desk: {address}{settings.ADMIN_PATH}   Ctrl-C stops it"
        try:
            while not self.stopping:
                time.sleep(0.2)
                if told and listens(address):  # an address that is told can be opened
                    self.stdout.write(self.style.SUCCESS(told))
                    told = ""
                for name, process in running.items():
                    if process.poll() is not None and not self.stopping:
                        self.stderr.write(f"{name} ended with {process.returncode}; starting it again")
                        time.sleep(RESTART_SECONDS)
                        running[name] = start(wanted[name])
        finally:
            stop_all(list(running.values()))
            self.stdout.write("Stopped.")


def check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise CommandError(f"{host}:{port} can't be used ({exc.strerror}); choose another --port.") from exc


def listens(address: str) -> bool:
    where = urlsplit(address)
    with socket.socket() as probe:
        return probe.connect_ex((where.hostname or "", where.port or 80)) == 0


def commands(host: str, port: int) -> dict[str, list[str]]:
    manage = [sys.executable, sys.argv[0]]
    serve = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", host, "--port", str(port)]
    return {
        "web": [*serve, "--log-level", "warning", "--timeout-graceful-shutdown", "3", "--ws-max-size", "4096"],
        "worker": [*manage, "worker", "all"],
        "beat": [*manage, "beat"],
    }


def start(command: list[str]) -> "subprocess.Popen[bytes]":
    """In a session of its own: Ctrl-C reaches us alone, and we stop it in order. Quiet, unless LOG_LEVEL says more."""
    environment = {"LOG_LEVEL": "WARNING", "STOP_SECONDS": "3"} | os.environ
    return subprocess.Popen(command, start_new_session=True, env=environment)  # noqa: S603


def stop_all(processes: "list[subprocess.Popen[bytes]]") -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + KILL_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
