"""Names and prices of models, and reasons of failed calls, without importing LangChain."""

from django.conf import settings

CONNECT_A_MODEL = "LLM_MODEL=openai:gpt-4o-mini LLM_API_KEY=… make run"
BUILT_IN_AUTHOR = "built-in author"

# Why an attempt failed, where no HTTP status says it.
REASONS = {
    "timeout": "The model took too long",
    "connection": "No connection",
    "no_model": "What answered is no model",
    "unusable": "The answer didn't fit what was asked for",
    "too_long": "The answer was longer than LLM_ANSWER_MAX_BYTES",
    "refused": "The model refused to answer",
    "out_of_time": "The whole call took longer than NODE_TIMEOUT_SECONDS",
}
STATUSES = {
    "400": "the server doesn't take the request",
    "401": "the key isn't accepted",
    "403": "the key may not use this model",
    "404": "there is no such model",
    "429": "too many requests",
    "529": "the provider is overloaded",
}


def reason_in_words(reason: str) -> str:
    """The reason of a failed attempt as a sentence for the staff."""
    if reason in REASONS:
        return REASONS[reason]
    if reason in STATUSES:
        return f"HTTP {reason}: {STATUSES[reason]}"
    return f"HTTP {reason}"


def model_label(role: str) -> str:
    return settings.LLM_MODELS.get(role) or settings.LLM_MODEL or BUILT_IN_AUTHOR


def without_model(role: str = "curriculum") -> bool:
    return not (settings.LLM_MODELS.get(role) or settings.LLM_MODEL)


def cost(model: str, input_tokens: int, output_tokens: int) -> float | None:
    """The price in dollars; None when LLM_PRICES does not know the model."""
    if not (price := settings.LLM_PRICES.get(model)):
        return None
    return (input_tokens * price[0] + output_tokens * price[1]) / 1e6
