"""Order of the tests, and their distribution among the processes that run them."""

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

BROWSER = "tests/e2e/"
# What starts and breaks whole sites takes minutes, so it must not begin last.
LONGEST = (
    "tests/commands/",
    "tests/config/test_embedded.py",
    "tests/config/test_keeper.py",
    "tests/docs/",
    "tests/faults/",
    "tests/operations/",
    "tests/runs/",
    "tests/worker/",
)


class Scheduling(LoadFileScheduling):
    """Distribution of whole files; the browser's go to one process, as they share a site."""

    def _split_scope(self, nodeid):
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))
