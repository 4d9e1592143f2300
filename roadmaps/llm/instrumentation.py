"""Model calls as the metrics tell of them: each attempt, by role and model."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from langchain_core.messages import AIMessage

from roadmaps import telemetry
from roadmaps.llm import transport
from roadmaps.llm.labels import cost, model_label


@contextmanager
def call(role: str, failed: Counter[str]) -> Iterator[Callable[[AIMessage], None]]:
    """One attempt; the block says with what answer it ended. One that was cancelled counts as none.

    `failed` counts the reasons of those that failed.
    """
    who = {"role": role, "model": model_label(role)}
    started = time.monotonic()
    try:
        yield lambda raw: _answered(who, time.monotonic() - started, raw)
    except Exception as exc:
        failed[_reason(exc)] += 1
        telemetry.count("cairn_model_errors_total", reason=_reason(exc), **who)
        raise


def _answered(who: dict[str, str], seconds: float, raw: AIMessage) -> None:
    telemetry.observe("cairn_model_seconds", seconds, **who)
    usage = raw.usage_metadata
    if usage is None:
        return
    came, went = usage["input_tokens"], usage["output_tokens"]
    telemetry.count("cairn_model_tokens_total", came, direction="in", **who)
    telemetry.count("cairn_model_tokens_total", went, direction="out", **who)
    if dollars := cost(who["model"], came, went):
        telemetry.count("cairn_model_cost_dollars_total", dollars, **who)


def _reason(exc: Exception) -> str:
    """The answer's status, or in a word what came instead of an answer."""
    if isinstance(exc, transport.NotAModel):
        return "no_model"
    return str(
        transport.status(exc) or ("timeout" if "Timeout" in type(exc).__name__ else "connection")
    )
