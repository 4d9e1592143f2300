"""What the models are called, for who only names them."""

from django.conf import settings

CONNECT_A_MODEL = "LLM_MODEL=openai:gpt-4o-mini LLM_API_KEY=… make run"
BUILT_IN_AUTHOR = "built-in author"


def model_label(role: str) -> str:
    return settings.LLM_MODELS.get(role) or settings.LLM_MODEL or BUILT_IN_AUTHOR


def without_model(role: str = "curriculum") -> bool:
    return not (settings.LLM_MODELS.get(role) or settings.LLM_MODEL)
