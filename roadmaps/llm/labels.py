"""What the models are called and cost, for who only names them."""

from django.conf import settings

CONNECT_A_MODEL = "LLM_MODEL=openai:gpt-4o-mini LLM_API_KEY=… make run"
BUILT_IN_AUTHOR = "built-in author"


def model_label(role: str) -> str:
    return settings.LLM_MODELS.get(role) or settings.LLM_MODEL or BUILT_IN_AUTHOR


def without_model(role: str = "curriculum") -> bool:
    return not (settings.LLM_MODELS.get(role) or settings.LLM_MODEL)


def cost(model: str, input_tokens: int, output_tokens: int) -> float | None:
    """In dollars; None when LLM_PRICES does not know the model."""
    price = settings.LLM_PRICES.get(model)
    return (input_tokens * price[0] + output_tokens * price[1]) / 1e6 if price else None
