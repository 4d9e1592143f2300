"""The one door to models."""

from roadmaps.llm.ask import Call, ask
from roadmaps.llm.providers import BUILT_IN_AUTHOR, CONNECT_A_MODEL, chat_model, close, model_label, without_model

__all__ = ["BUILT_IN_AUTHOR", "CONNECT_A_MODEL", "Call", "ask", "chat_model", "close", "model_label", "without_model"]
