"""Settings of language models: the model of each role, its limits and prices."""

from config import env
from config.settings.folders import BASE_DIR
from roadmaps.workflow import steps

# Of the graph's steps and of the kinds of content, whose models no settings can import.
LLM_ROLES = (
    *steps.SECONDS,
    *sorted(path.stem for path in (BASE_DIR / "content/artifacts/prompts").glob("*.md")),
)
# Those of LangChain's init_chat_model: to import it takes half a second, and a wrong one should
# stop the start.
LLM_PROVIDERS = (
    *(
        "anthropic",
        "anthropic_bedrock",
        "azure_ai",
        "azure_openai",
        "baseten",
        "bedrock",
        "bedrock_converse",
    ),
    *("bedrock_mantle_anthropic", "bedrock_mantle_openai", "cohere", "deepseek", "fireworks"),
    *(
        "google_anthropic_vertex",
        "google_genai",
        "google_vertexai",
        "groq",
        "huggingface",
        "ibm",
        "langsmith",
    ),
    *(
        "litellm",
        "meta",
        "mistralai",
        "nvidia",
        "ollama",
        "openai",
        "openrouter",
        "perplexity",
        "together",
    ),
    *("upstage", "xai"),
)
LLM_MODEL = env.model_name("LLM_MODEL", LLM_PROVIDERS)  # empty: the built-in author
LLM_MODELS = env.models_by_role("LLM_MODELS", LLM_ROLES, LLM_PROVIDERS)
LLM_BASE_URL = env.url("LLM_BASE_URL", ("http", "https"))
LLM_API_KEY = env.token("LLM_API_KEY")
LLM_STRUCTURED_OUTPUT = env.choice(
    "LLM_STRUCTURED_OUTPUT", "json_schema", ("json_schema", "function_calling")
)
# Model calls at once to one provider, for all processes together.
LLM_CONCURRENCY = env.integer("LLM_CONCURRENCY", 64)
# Of one provider, for all processes together; 0: no limit.
LLM_REQUESTS_PER_MINUTE = env.integer("LLM_REQUESTS_PER_MINUTE", 0, least=0)
LLM_TOKENS_PER_MINUTE = env.integer("LLM_TOKENS_PER_MINUTE", 0, least=0, most=1_000_000_000)
# For one HTTP attempt, not the whole ask().
LLM_TIMEOUT_SECONDS = env.integer("LLM_TIMEOUT_SECONDS", 120)
LLM_MAX_ATTEMPTS = env.integer("LLM_MAX_ATTEMPTS", 5)  # transport attempts of one ask()
LLM_MAX_TOKENS = env.integer("LLM_MAX_TOKENS", 16_000)  # of one answer, thinking included
# Of one answer as it comes from a model's server, unpacked.
LLM_ANSWER_MAX_BYTES = env.integer(
    "LLM_ANSWER_MAX_BYTES", 2_000_000, least=10_000, most=1_000_000_000
)
LLM_PRICES = env.prices("LLM_PRICES")  # dollars per million tokens, in and out
