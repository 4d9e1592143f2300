"""Names and archives that any system takes."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping

PartDone = Callable[[], None]  # called after each concept that is written
UNSAFE = re.compile(r"[^\w\-]+", re.UNICODE)
NAME_MAX = 60


def file_name(title: str) -> str:
    """Letters of any script stay; what a file system could stumble over goes."""
    return UNSAFE.sub("-", title).strip("-")[:NAME_MAX].strip("-") or "course"


def nobody_waits() -> None:
    """For files that are written at once."""


def zip_of(files: Mapping[str, str | bytes], stored: tuple[str, ...] = ()) -> bytes:
    """In the order of `files`; those in `stored` are not compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(
                name, data, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            )
    return out.getvalue()
