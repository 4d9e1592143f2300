"""Lock of an embedded server, by which a folder has one server and no second one.

The server inherits the locked file and so holds it as long as any of its processes lives, however
it ends. Whoever starts a server needs the lock first.
"""

from pathlib import Path
from typing import IO

from config.embedded import locks


class ServerLock:
    """The lock file of one server; to be used under the lock `services.lock` only.

    A size of 1 says that the server is to run. That needs no block of a disk which may be full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_held(self) -> bool:
        with locks.open_lock(self._path) as file:
            return not locks.try_lock(file)

    def take(self) -> IO[str] | None:
        """The locked file for a server to inherit; None while another server holds it."""
        file = locks.open_lock(self._path)
        if locks.try_lock(file):
            file.truncate(1)
            return file
        file.close()
        return None

    def is_wanted(self) -> bool:
        """True from a start of the server to the next stop that is meant."""
        try:
            return self._path.stat().st_size > 0
        except FileNotFoundError:
            return False

    def unwant(self) -> None:
        with locks.open_lock(self._path) as file:
            file.truncate(0)
