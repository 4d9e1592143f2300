"""Health checks of an installation, each with a state, a sentence and a remedy.

`doctor` and the system page show the same results: a check's name, a state and a sentence have
their one source here.
"""

import logging
from collections.abc import Iterable

from logs_app.redaction import without_credentials
from roadmaps.operations.health.configuration import (
    addresses,
    debug,
    framework,
    limits,
    settings_read,
)
from roadmaps.operations.health.finding import (
    FAIL,
    OK,
    WARN,
    Check,
    Finding,
    Result,
    fail,
    first_line,
)
from roadmaps.operations.health.installation import (
    disk,
    mail,
    models,
    reach,
    second_factors,
    secrets,
    static_files,
)
from roadmaps.operations.health.services import broker, clocks, connections, database, migrations
from roadmaps.operations.health.work import ASKED_IN_VAIN, beat, listeners, refused_logs, schedules

__all__ = [
    "ASKED_IN_VAIN",
    "FAIL",
    "OK",
    "QUICK",
    "SLOW",
    "WARN",
    "Check",
    "Finding",
    "Result",
    "addresses",
    "beat",
    "broker",
    "clocks",
    "connections",
    "database",
    "debug",
    "disk",
    "examine",
    "first_line",
    "framework",
    "limits",
    "listeners",
    "mail",
    "migrations",
    "models",
    "problems",
    "reach",
    "refused_logs",
    "schedules",
    "second_factors",
    "secrets",
    "settings_read",
    "static_files",
]

logger = logging.getLogger(__name__)
QUICK: tuple[Check, ...] = (
    settings_read,
    database,
    migrations,
    connections,
    broker,
    clocks,
    beat,
    schedules,
    models,
    static_files,
    debug,
    secrets,
    second_factors,
    addresses,
    limits,
    disk,
    refused_logs,
)
# They wait for others, or take a while.
SLOW: tuple[Check, ...] = (listeners, reach, mail, framework)


def examine(checks: Iterable[Check]) -> list[Result]:
    """Findings of each of `checks`; one that breaks is a finding too, and the rest go on."""
    results = []
    for check in checks:
        name = check.__name__
        try:
            findings = check()
        except Exception as exc:
            logger.debug("check %s", name, exc_info=True)
            reason = without_credentials(f"{type(exc).__name__}: {first_line(exc)}")
            findings = fail(
                f"the check {name} broke ({reason})", "see the settings that it is about"
            )
        results += [Result(name, finding) for finding in findings]
    return results


def problems(checks: Iterable[Check]) -> list[str]:
    """The first failure, as a list; later checks often fail for the same reason."""
    for check in checks:
        for finding in check():
            if finding.state == FAIL:
                return [finding.sentence]
    return []
