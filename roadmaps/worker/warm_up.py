"""Warm-up of a worker before its first task: imports and models, in threads that share two heaps.

Also their end: no connection to a model outlives the process in disorder.
"""

import atexit
import contextlib
import ctypes
import logging
import sys
from typing import Any

from celery.signals import worker_init, worker_process_init
from django.conf import settings

from roadmaps import llm
from roadmaps.engine import loop
from roadmaps.exceptions import LLMError
from roadmaps.worker import garbage

logger = logging.getLogger(__name__)
M_ARENA_MAX = -8
WAITS_FOR_MODELS = {"roadmap_workflow", "content_generation"}
# glibc would give every eighth of the threads one of its own, and hardly give memory back.
HEAPS = 2


@worker_init.connect
def share_heaps(**_: Any) -> None:
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
    except (OSError, AttributeError):
        logger.debug("not glibc: its heaps stay as they are")


@worker_init.connect
def before_first_messages(sender: Any, **_: Any) -> None:
    """Imports before the first messages: one that is taken earlier waits, and may be lost.

    A worker that only writes logs stays small.
    """
    if not WAITS_FOR_MODELS & set(sender.app.amqp.queues.consume_from):
        return
    if "prefork" in str(sender.pool_cls):
        _build_graph()  # its children share what is imported by now, and make their own models
    else:
        make_models()


@worker_process_init.connect
def make_models(**_: Any) -> None:
    """Graph and models of the process, so that the first learner doesn't wait for imports.

    A model that can't be made fails its run, not the worker.
    """
    _build_graph()
    for role in settings.LLM_ROLES:
        try:
            llm.chat_model(role)
        except LLMError as exc:
            logger.warning("no model for %s: %s", role, exc)
    garbage.keep_what_is_here()


def _build_graph() -> None:
    from roadmaps.workflow.graph import build_graph

    build_graph()


@atexit.register
def hang_up() -> None:
    with contextlib.suppress(TimeoutError):
        if loop.exists() and "roadmaps.llm.providers" in sys.modules:
            loop.run(llm.close(), timeout=2)
