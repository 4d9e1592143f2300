"""What a worker does before its first task: all imports and models are there, and its threads share two heaps.

Also the end of what was made: no connection to a model outlives the process in disorder.
"""

import atexit
import contextlib
import ctypes
import gc
import logging
from typing import Any

from celery.signals import worker_init, worker_process_init
from django.conf import settings

from roadmaps import llm, loop
from roadmaps.exceptions import LLMError
from roadmaps.workflow.graph import build_graph

logger = logging.getLogger(__name__)
M_ARENA_MAX = -8
HEAPS = 2  # glibc would give every eighth of the threads one of its own, and hardly give memory back


@worker_init.connect
def share_heaps(**_: Any) -> None:
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
    except (OSError, AttributeError):
        logger.debug("not glibc: its heaps stay as they are")


@worker_init.connect
def before_tasks(sender: Any, **_: Any) -> None:
    if "prefork" not in str(sender.pool_cls):  # there each child makes its own, after the fork
        make_models()


@worker_process_init.connect
def make_models(**_: Any) -> None:
    """The first learner should not wait for imports. A model that can't be made fails its run, not the worker."""
    build_graph()
    for role in settings.LLM_ROLES:
        try:
            llm.chat_model(role)
        except LLMError as exc:
            logger.warning("no model for %s: %s", role, exc)
    # What is there now stays: looking through it for garbage again and again would cost a tenth of all CPU.
    gc.collect()
    gc.freeze()


@atexit.register
def hang_up() -> None:
    with contextlib.suppress(TimeoutError):
        if loop.exists():
            loop.run(llm.close(), timeout=2)
