"""What this installation needs, checked one by one: each says how it is, and what to do if it isn't well."""

from collections.abc import Iterable

from roadmaps.health.finding import FAIL, OK, WARN, Check, Finding, first_line
from roadmaps.health.installation import disk, mail, models, reach, secrets, static_files
from roadmaps.health.services import broker, clocks, connections, database, migrations
from roadmaps.health.work import beat, listeners, refused_logs

__all__ = [
    "FAIL",
    "OK",
    "QUICK",
    "SLOW",
    "WARN",
    "Check",
    "Finding",
    "beat",
    "broker",
    "clocks",
    "connections",
    "database",
    "disk",
    "first_line",
    "listeners",
    "mail",
    "migrations",
    "models",
    "problems",
    "reach",
    "refused_logs",
    "secrets",
    "static_files",
]

QUICK: tuple[Check, ...] = (
    *(database, migrations, connections, broker, clocks, beat),
    *(models, static_files, secrets, disk, refused_logs),
)
SLOW: tuple[Check, ...] = (listeners, reach, mail)  # they wait for others


def problems(checks: Iterable[Check]) -> list[str]:
    """The first that fails, as a list; later ones often fail for the same reason."""
    for check in checks:
        for finding in check():
            if finding.state == FAIL:
                return [finding.sentence]
    return []
