"""A service called for each row of a list, with messages about what it did and refused."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from roadmaps.exceptions import InvalidTransition

REFUSALS = (InvalidTransition, ValidationError, PermissionDenied)


def call(
    request: HttpRequest, rows: Iterable[Any], service: Callable[[Any], object], done: str
) -> list[Any]:
    """Call `service` for each row; returns the rows that it changed.

    A message names each row that is skipped, with the reason.
    """
    changed = []
    for row in rows:
        try:
            service(row)
            changed.append(row)
        except REFUSALS as exc:
            messages.warning(request, f"{row}: skipped. {sentence(exc)}")
    if changed:
        messages.success(request, f"{len(changed)} {done}.")
    return changed


def sentence(exc: Exception) -> str:
    if isinstance(exc, ValidationError):
        return " ".join(exc.messages)
    return str(exc)
