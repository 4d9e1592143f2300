"""Metrics of model calls: each attempt, by role and model."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from langchain_core.messages import AIMessage

from roadmaps import telemetry
from roadmaps.llm import parsing, transport
from roadmaps.llm.labels import cost, model_label


@contextmanager
def call(role: str, failures: Counter[str]) -> Iterator[Callable[[AIMessage], None]]:
    """Measure one attempt; the block passes its answer to the function that it gets.

    `failures` counts the reasons of attempts that failed. A cancelled attempt counts as none.
    """
    model = model_label(role)
    labels = {"role": role, "model": model}
    start = time.monotonic()

    def record_answer(raw: AIMessage) -> None:
        telemetry.observe("cairn_model_seconds", time.monotonic() - start, **labels)
        if (usage := raw.usage_metadata) is None:
            return
        input_tokens, output_tokens = usage["input_tokens"], usage["output_tokens"]
        telemetry.count("cairn_model_tokens_total", input_tokens, direction="in", **labels)
        telemetry.count("cairn_model_tokens_total", output_tokens, direction="out", **labels)
        if dollars := cost(model, input_tokens, output_tokens):
            telemetry.count("cairn_model_cost_dollars_total", dollars, **labels)

    try:
        yield record_answer
    except parsing.Unusable:
        raise  # an answer, which is counted where all that are unusable are
    except Exception as exc:
        reason = failure_reason(exc)
        failures[reason] += 1
        telemetry.count("cairn_model_errors_total", reason=reason, **labels)
        raise


def failure_reason(exc: Exception) -> str:
    """The answer's HTTP status, or a key of `labels.REASONS`."""
    if isinstance(exc, transport.NotAModel):
        return "no_model"
    if status := transport.status(exc):
        return str(status)
    return "timeout" if "Timeout" in type(exc).__name__ else "connection"
