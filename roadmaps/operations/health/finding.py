"""Findings of a health check: ok, warning or failure, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """The state of one thing in words; `remedy` is what to do, empty when all is well."""

    state: str
    text: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        if self.remedy:
            return f"{self.text}: {self.remedy}"
        return self.text


@dataclass(frozen=True)
class Result:
    """A finding and the name of the check that it is of."""

    check: str
    finding: Finding


Check = Callable[[], list[Finding]]


def ok(text: str) -> list[Finding]:
    return [Finding(OK, text)]


def warn(text: str, remedy: str) -> list[Finding]:
    return [Finding(WARN, text, remedy)]


def fail(text: str, remedy: str = "") -> list[Finding]:
    return [Finding(FAIL, text, remedy)]


def first_line(exc: Exception) -> str:
    """First line of an error's message, or its class when it has no message."""
    lines = str(exc).strip().splitlines()
    if not lines:
        return type(exc).__name__
    return lines[0]
