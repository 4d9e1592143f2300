"""Language models: one way to ask them, with retries, limits, a journal and a built-in author.

Modules that need LangChain are imported at the first call of a model: no page and no command
should wait for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from roadmaps.llm.labels import BUILT_IN_AUTHOR, CONNECT_A_MODEL, cost, model_label, without_model

if TYPE_CHECKING:
    from roadmaps.llm.asking import Reply, ask
    from roadmaps.llm.connectivity import reach
    from roadmaps.llm.providers import chat_model, close

__all__ = [
    "BUILT_IN_AUTHOR",
    "CONNECT_A_MODEL",
    "Reply",
    "ask",
    "chat_model",
    "close",
    "cost",
    "model_label",
    "reach",
    "without_model",
]
_HOMES = {
    "Reply": "asking",
    "ask": "asking",
    "chat_model": "providers",
    "close": "providers",
    "reach": "connectivity",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
