"""Imports that only driving a run needs: LangGraph and LangChain, two seconds that no page and no
command waits for.
"""

import threading
from importlib import import_module
from typing import Any

# One thread at a time: of modules that import each other, two threads could each meet the other's
# half.
_lock = threading.RLock()


def load(name: str) -> Any:
    with _lock:
        return import_module(name)
