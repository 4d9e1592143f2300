"""Folders of the code and of its data."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var").resolve()


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
