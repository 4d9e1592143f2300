"""Errors of the embedded servers."""

import re

ERROR = re.compile("fatal|error|invalid|denied|can't|cannot", re.IGNORECASE)


class EmbeddedServiceError(Exception):
    """A server that can't be started; the message says why, and where to look."""


def reason_in(output: str) -> str:
    """The reason in a server's output: the last line that is an error, else the last one."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if ERROR.search(line)]
    return (errors or lines or ["no reason was given"])[-1]
