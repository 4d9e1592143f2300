"""The embedded servers of a checkout, and the processes that use them.

Each process holds a shared lock on `users.lock` while it lives. The last one to leave stops the
servers, and for one that was killed the keeper does. The keeper also starts a server again that
has died, whoever started it: there is one for a folder, and it lives as long as somebody uses it.
"""

import atexit
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from config.embedded import locks
from config.embedded.deadlines import START_DEADLINE_SECONDS, wait
from config.embedded.errors import EmbeddedServiceError
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis
from config.embedded.server import Answer, Server
from config.embedded.sockets import SocketFolder
from config.embedded.watch import Told, Watch

LOOK_SECONDS = 1  # between two looks of the keeper at the servers and at who is left
KEEPER = Path(__file__).with_name("__main__.py")


class EmbeddedServices:
    """The servers below `root`; `database_url()` and `redis_url()` start those that don't run yet.

    Raises OSError when `root` can't be written, EmbeddedServiceError.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._services_lock = root / "services.lock"  # for starts, stops, joins and leaves
        self._users_lock = root / "users.lock"
        self._keeper_lock = root / "keeper.lock"
        locks.open_lock(self._services_lock).close()  # fails early in a folder of somebody else

        self._sockets = SocketFolder(root)
        self._told = Told(root / "services.log")
        self._postgres = Postgres(root, self._sockets)
        self._redis = Redis(root, self._sockets)
        self._users: Any = None
        self._user_pid = 0

    def database_url(self) -> str:
        return self._started(self._postgres)

    def redis_url(self) -> str:
        return self._started(self._redis)

    def watch(self) -> list[str]:
        """What the keeper has told since the last call; one that was killed is started again."""
        if self._user_pid == os.getpid():
            with locks.locked(self._services_lock):
                self._start_keeper()
        return self._told.new_lines()

    def stop_postgres(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's "fast" shutdown, SIGQUIT its "immediate" one."""
        self._postgres.stop(how)

    def stop_redis(self) -> None:
        self._redis.stop()

    def leave(self) -> None:
        """End the use of the servers by this process, as its exit does."""
        if self._user_pid != os.getpid():
            return  # a forked child is not the process that joined
        self._user_pid = 0
        with locks.locked(self._services_lock), self._users:
            if locks.try_lock(self._users):
                self._stop()

    def keep(self, lock: int) -> None:
        """Start servers again that die, and stop them when no process uses them any more.

        `lock` is the keeper's open lock file, which says that it lives.
        """
        with (
            locks.open_lock(self._services_lock) as services,
            locks.open_lock(self._users_lock) as users,
        ):
            watches = [Watch(server, self._told) for server in (self._postgres, self._redis)]
            while True:
                time.sleep(LOOK_SECONDS)
                fcntl.flock(services, fcntl.LOCK_EX)
                if not locks.is_at(services, self._services_lock):
                    return  # the folder was deleted, and its successor is none of this keeper's
                if locks.try_lock(users):
                    self._stop()
                    os.close(lock)  # before anybody else may look for a keeper
                    return
                for watch in watches:
                    watch.look()
                fcntl.flock(services, fcntl.LOCK_UN)

    def _started(self, server: Server) -> str:
        """The address of a server, which is launched unless it runs.

        Who waits for it holds up nobody: others may ask it meanwhile, and the keeper may look.
        """
        with locks.locked(self._services_lock):
            self._join()
            was_wanted = server.is_wanted()
            has_died = server.launch() and was_wanted  # and the keeper hasn't looked yet
        began = time.monotonic()
        if has_died:
            self._told.tell_death(server)
        is_ready = wait(lambda: self._is_ready(server), START_DEADLINE_SECONDS)
        with locks.locked(self._services_lock):
            if not is_ready:
                raise EmbeddedServiceError(server.reason())
            if has_died:
                self._told.tell_return(server, time.monotonic() - began)
            return server.prepare()

    def _is_ready(self, server: Server) -> bool:
        """Raises EmbeddedServiceError when it has died."""
        answer = server.answer()
        if answer is Answer.NONE:
            with locks.locked(self._services_lock):
                if not server.lives():
                    raise EmbeddedServiceError(server.reason())
        return answer is Answer.READY

    def _join(self) -> None:
        if self._user_pid == os.getpid():
            return
        self._user_pid = os.getpid()
        self._users = locks.open_lock(self._users_lock)
        fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.leave)
        self._start_keeper()

    def _start_keeper(self) -> None:
        with locks.open_lock(self._keeper_lock) as keeper:
            if not locks.try_lock(keeper):
                return
            # It ends after all others, and inherits the lock by which there is only one.
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", str(KEEPER), str(self._root), str(keeper.fileno())],
                pass_fds=[keeper.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )

    def _stop(self) -> None:
        self.stop_redis()
        self.stop_postgres()
        if not (self._redis.lives() or self._postgres.lives()):  # one may refuse, on a full disk
            self._sockets.remove_temporary()
