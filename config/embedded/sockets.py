"""The folder of the servers' sockets, whose path must be short, plain and private."""

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from config.embedded.server_user import hand_over, server_user

PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")  # what every client and every shell reads alike
FOLDER_MAX = 80  # bytes: the kernel allows a socket 107 (macOS 103), its name within included


class SocketFolder:
    """`sockets` below `root`; where that path is too long or not plain, a link to a temporary one.

    Both have mode 700: whoever gets in is the superuser of the database.
    """

    def __init__(self, root: Path) -> None:
        self.link = root / "sockets"

    def find(self) -> Path | None:
        """The folder, if there is one that nobody else may enter."""
        folder = self._target()
        return folder if _is_private(folder) else None

    def make(self) -> Path:
        """The folder, made if it isn't there."""
        if folder := self.find():
            return folder
        if _is_plain(self.link):
            self.link.mkdir(mode=0o700, exist_ok=True)
            hand_over(self.link)
            return self.link

        # A folder with a random name, for its owner alone.
        parents = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108  # nosec B108
        parent = next((path for path in parents if _is_plain(path / "cairn-xxxxxxxx")), parents[-1])
        folder = Path(tempfile.mkdtemp(prefix="cairn-", dir=parent))
        hand_over(folder)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(folder)
        return folder

    def remove_temporary(self) -> None:
        if self.link.is_symlink():
            folder = self._target()
            self.link.unlink()
            if _is_private(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _target(self) -> Path:
        if self.link.is_symlink():
            return Path(os.readlink(self.link))
        return self.link


def _is_plain(folder: Path) -> bool:
    return bool(PLAIN_PATH.fullmatch(str(folder))) and len(str(folder)) <= FOLDER_MAX


def _is_private(folder: Path) -> bool:
    """True for a folder that belongs to the servers' user alone."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    user = server_user().get("user", os.geteuid())
    return stat.S_ISDIR(status.st_mode) and status.st_uid == user and not status.st_mode & 0o077
