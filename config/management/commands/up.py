"""The command `manage.py up`: web, worker and beat on this machine."""

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from roadmaps.operations import connection_budget, health
from roadmaps.operations.health.configuration import is_local
from roadmaps.worker import child

KILL_SECONDS = 8  # after which a process that doesn't end is killed
RESTART_SECONDS = 2
# All addresses of this machine, each with one that a browser can open.
EVERYWHERE = {str(IPv4Address(0)): "127.0.0.1", str(IPv6Address(0)): "::1"}


class Command(BaseCommand):
    help = (
        "Run everything on this machine: web, a worker on all queues, beat. Ctrl-C stops all of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="of this machine; 0.0.0.0: all")
        parser.add_argument("--port", default="8000")

    def handle(self, *args: Any, host: str, port: str, **options: Any) -> None:
        host, number = host.strip().removeprefix("[").removesuffix("]"), port_number(port)
        check_address(host, number)
        if settings.DEBUG and not is_local(host):
            raise CommandError(
                f"DEBUG is on, and --host {host} lets other machines in: "
                "unset DEBUG, or leave --host away."
            )
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        for problem in health.problems((health.database, health.broker, health.models)):
            raise CommandError(problem)
        call_command("migrate", verbosity=0)
        self.make_first_admin()
        pools = pool_sizes()
        connection.close_pool()  # type: ignore[attr-defined]  # the processes below need them
        if host in EVERYWHERE and not is_set("ALLOWED_HOSTS"):
            self.stdout.write(
                "Only this machine's browsers are let in: set ALLOWED_HOSTS to the names and "
                "addresses by which others call it, comma-separated, and PUBLIC_URL for the links "
                "in e-mails."
            )
        shared = defaults(host, number) | pools
        self.run_all(commands(host, number), shared, site_address(host, number))

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
        hint = "the preset password"
        if not preset:
            hint = f"{password}   (shown once; change it in the admin)"
        self.stdout.write(f"First admin: {name} / {hint}")

    def run_all(self, commands: dict[str, list[str]], shared: dict[str, str], address: str) -> None:
        """Run the processes until a signal comes, and start again those that end by themselves.

        `shared` are variables of the environment for all of them.
        """
        beat_pools = {name: str(size) for name, size in connection_budget.BEAT.items()}

        def started(name: str) -> "subprocess.Popen[bytes]":
            variables = shared | beat_pools if name == "beat" else shared
            return child.start(commands[name], env=environment(variables))

        running = {name: started(name) for name in commands}
        welcome = (
            f"Cairn is at {address}/   review desk: {address}/{settings.ADMIN_PATH}   "
            "Ctrl-C stops it"
        )
        try:
            while not self.stopping:
                time.sleep(0.2)
                for line in news_of_services():
                    self.stderr.write(line)
                if welcome and listens(address):  # only an address that can be opened
                    self.stdout.write(self.style.SUCCESS(welcome))
                    welcome = ""
                for name, process in running.items():
                    if process.poll() is not None and not self.stopping:
                        self.stderr.write(
                            f"{name} ended with {process.returncode}; starting it again"
                        )
                        time.sleep(RESTART_SECONDS)
                        running[name] = started(name)
        finally:
            stop_all(list(running.values()))
            self.stdout.write("Stopped.")


def news_of_services() -> list[str]:
    """Deaths and returns of the embedded servers since the last call."""
    return settings.SERVICES.watch() if settings.EMBEDDED else []


def port_number(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65_535:
        return int(text)
    raise CommandError(f"--port {text}: expected a number from 1 to 65535.")


def check_address(host: str, port: int) -> None:
    """Check every address that the name stands for, as the web will open all of them.

    Raises CommandError.
    """
    try:
        if not host:
            raise ValueError("it is empty")
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError) as exc:
        message = f"--host {host}: no name or address of this machine ({reason(exc)})."
        raise CommandError(message) from exc
    for family, kind, _, _, address in addresses:
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as exc:
                option = "--host" if exc.errno == errno.EADDRNOTAVAIL else "--port"
                message = (
                    f"{netloc(host, port)} can't be used ({reason(exc)}); choose another {option}."
                )
                raise CommandError(message) from exc


def reason(exc: Exception) -> str:
    return getattr(exc, "strerror", None) or str(exc)


def netloc(host: str, port: int) -> str:
    return f"{host_name(host)}:{port}"


def host_name(host: str) -> str:
    """The host as an address has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def site_address(host: str, port: int) -> str:
    """The site's address for a browser on this machine."""
    return f"http://{netloc(EVERYWHERE.get(host, host), port)}"


def listens(address: str) -> bool:
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()
    except OSError:
        return False
    return True


def pool_sizes() -> dict[str, str]:
    """Sizes of pools with which all processes fit into PostgreSQL's limit, another `up` too.

    Raises CommandError.
    """
    if settings.DATABASE_TRANSACTION_POOLER:
        return {}
    free = connection_budget.allowed() - connection_budget.taken(connection_budget.processes())
    try:
        return {name: str(size) for name, size in connection_budget.pool_sizes(free).items()}
    except ValueError as exc:
        raise CommandError(
            f"PostgreSQL has room for {max(free, 0)} more connections, which is too few: "
            "raise max_connections, or put PgBouncer between (DATABASE_TRANSACTION_POOLER=1)."
        ) from exc


def defaults(host: str, port: int) -> dict[str, str]:
    """Variables of the processes, unless they are set: mails lead to where the web listens."""
    names = list(settings.ALLOWED_HOSTS)
    if host not in EVERYWHERE and host_name(host) not in names:
        names.append(host_name(host))
    return {
        "LOG_LEVEL": "WARNING",
        "STOP_SECONDS": "3",
        "PUBLIC_URL": site_address(host, port),
        "ALLOWED_HOSTS": ",".join(names),
    }


def environment(defaults: Mapping[str, str]) -> dict[str, str]:
    return os.environ | {name: value for name, value in defaults.items() if not is_set(name)}


def is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip() or os.environ.get(f"{name}_FILE", "").strip())


def commands(host: str, port: int) -> dict[str, list[str]]:
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    listen = ["--host", host, "--port", str(port), "--stop-seconds", "3"]
    return {
        "web": [*manage, "web", *listen],
        "worker": [*manage, "worker", "all"],
        "beat": [*manage, "beat", "--standby"],
    }


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
