"""The one door to models."""

from roadmaps.llm.ask import Call, ask
from roadmaps.llm.providers import CONNECT_A_MODEL, model_label, without_model

__all__ = ["CONNECT_A_MODEL", "Call", "ask", "model_label", "without_model"]
