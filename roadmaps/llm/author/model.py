"""The author as a LangChain chat model, so that ask() has one path for all models."""

import json
from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from roadmaps.llm.author.critique import write_critique
from roadmaps.llm.author.curriculum import write_curriculum
from roadmaps.llm.author.edit import write_edit
from roadmaps.llm.author.intent import write_intent
from roadmaps.llm.author.quiz import write_quiz
from roadmaps.llm.author.resources import write_resources
from roadmaps.llm.author.tutorial import write_tutorial

Json = dict[str, Any]
# By the titles of the schemas, because the schemas stand in rooms that this one may not enter.
WRITERS: dict[str, Callable[[Json], Json]] = {
    "Intent": write_intent,
    "Curriculum": write_curriculum,
    "Critique": write_critique,
    "Edit": write_edit,
    "TutorialAnswer": write_tutorial,
    "ResourcesAnswer": write_resources,
    "QuizAnswer": write_quiz,
}


def answer(schema_title: str, payload: Json) -> Json:
    """What fits the schema of that title, from the same payload that models get."""
    if schema_title not in WRITERS:
        raise ValueError(f"The built-in author has no answer of the kind {schema_title!r}.")
    return WRITERS[schema_title](payload)


class BuiltInAuthor(BaseChatModel):
    """Deterministic; its answer is made by code from the JSON of the last human message."""

    @property
    def _llm_type(self) -> str:
        return "built-in-author"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        content = json.dumps(answer(kwargs.get("schema_title", ""), _payload(messages)))
        ended = {"finish_reason": "stop"}
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content, response_metadata=ended))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, None, **kwargs)

    def with_structured_output(
        self, schema: Json | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """As other models have it; `method` makes no difference to code."""
        described = schema if isinstance(schema, dict) else schema.model_json_schema()  # type: ignore[attr-defined]
        asked = self.bind(schema_title=described["title"])
        return asked | RunnableLambda(lambda raw: _structured(raw, schema, include_raw))


def _structured(raw: Any, schema: Json | type, include_raw: bool) -> Any:
    parsed = json.loads(raw.content)
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        parsed = schema.model_validate(parsed)
    return {"raw": raw, "parsed": parsed, "parsing_error": None} if include_raw else parsed


def _payload(messages: list[BaseMessage]) -> Json:
    """The last human message that is a JSON object; a re-ask comes after it as words."""
    for message in reversed(messages):
        if isinstance(message, HumanMessage) and isinstance(message.content, str):
            try:
                payload = json.loads(message.content)
            except json.JSONDecodeError:
                continue
            if isinstance(payload, dict):
                return payload
    return {}
