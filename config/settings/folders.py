"""Folders of the code and of its data."""

import os
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var").resolve()


OURS = {"secret_key", "services.lock", "static"}  # names in a folder that is VAR_DIR already


def keep_private(folder: Path) -> None:
    """Close VAR_DIR to other users of the machine: the secret key and the database are in it.

    A folder of somebody else, or one that holds other things too, stays as it is. PostgreSQL's
    user may pass through a folder of root's, and sees nothing of it.
    """
    found = folder.stat()
    names = set(os.listdir(folder))
    if found.st_uid != os.geteuid() or (names and not names & OURS):
        return
    mode = 0o700
    if os.geteuid() == 0 and names:
        mode |= found.st_mode & stat.S_IXOTH
    if stat.S_IMODE(found.st_mode) != mode:
        folder.chmod(mode)


def not_writable(exc: OSError) -> str:
    """The advice where a folder belongs to somebody else, a disk is read-only, or full."""
    return (
        f"{exc.filename or VAR_DIR} can't be used ({exc.strerror}): set VAR_DIR to a folder that "
        "you can write; of what else is written, bytecode goes where PYTHONPYCACHEPREFIX says, "
        "courses where --export says, and .venv must be there already"
    )


def make_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ImproperlyConfigured(not_writable(exc)) from None
    return path


keep_private(make_folder(VAR_DIR))
