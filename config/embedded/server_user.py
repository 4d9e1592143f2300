"""The user that PostgreSQL runs as, which is another one when Cairn is started by root."""

import contextlib
import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

from config.embedded.errors import EmbeddedServiceError

USER_FOR_ROOT = "pgserver"  # PostgreSQL refuses to run as root


def server_user() -> dict[str, Any]:
    """Options of `subprocess.run` for PostgreSQL's user; empty when that is the caller."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(USER_FOR_ROOT)
    except KeyError:
        user = make_server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def make_server_user() -> pwd.struct_passwd:
    """Make a system user for PostgreSQL. Raises EmbeddedServiceError."""
    reason = "there is no useradd"
    with contextlib.suppress(FileNotFoundError):
        command = ["useradd", "--system", USER_FOR_ROOT]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        reason = result.stderr.strip()
    try:
        return pwd.getpwnam(USER_FOR_ROOT)  # another process may have made it at the same moment
    except KeyError:
        raise EmbeddedServiceError(
            f"PostgreSQL does not run as root, and a user {USER_FOR_ROOT} for it can't be made "
            f"({reason}): start Cairn as another user, or set DATABASE_URL"
        ) from None


def hand_over(folder: Path) -> None:
    """Give a folder to PostgreSQL's user, when that is not the caller."""
    if user := server_user():
        os.chown(folder, user["user"], user["group"])
        let_pass(folder)


def let_pass(path: Path) -> None:
    """Let PostgreSQL's user go through the folders above, and see nothing of them."""
    for folder in path.parents:
        _add_mode(folder, stat.S_IXOTH)


def let_read(folder: Path) -> None:
    """Let PostgreSQL's user read a folder, where root's files are for root alone."""
    for path in (folder, *folder.rglob("*")):
        is_executable = path.stat().st_mode & stat.S_IXUSR
        _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if is_executable else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)
