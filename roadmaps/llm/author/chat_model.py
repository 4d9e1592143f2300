"""The built-in author: answers every role without a network or a key, the same for the same
question.
"""

import json
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda, RunnableParallel

from roadmaps.llm.author import content, edit, plan

ANSWERS = {
    "Questions": plan.questions,
    "Intent": plan.intent,
    "Curriculum": plan.curriculum,
    "Critique": plan.critique,
    "Edit": edit.edit,
    **content.ANSWERS,
}


def answer(schema_name: str, payload: dict[str, Any]) -> dict[str, Any]:
    return ANSWERS[schema_name](payload)


def payload_of(messages: list[BaseMessage]) -> dict[str, Any]:
    """The first human message: later ones only complain about an answer."""
    said = next(message for message in messages if isinstance(message, HumanMessage))
    payload: dict[str, Any] = json.loads(str(said.content))
    return payload


class BuiltInAuthor(BaseChatModel):
    """Writes an honest self-study guide; its structured output looks like any other model's."""

    @property
    def _llm_type(self) -> str:
        return "cairn-built-in-author"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = json.dumps(answer(kwargs["schema_name"], payload_of(messages)), ensure_ascii=False)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    def with_structured_output(
        self, schema: Any, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[Any, Any]:
        """The raw message beside its parsed JSON, as other models' classes have it with
        `include_raw`.
        """
        raw = RunnableParallel(raw=self.bind(schema_name=schema["title"]))
        return raw | RunnableLambda(_both if include_raw else _parsed)


def _parsed(told: dict[str, AIMessage]) -> Any:
    return json.loads(str(told["raw"].content))


def _both(told: dict[str, AIMessage]) -> dict[str, Any]:
    return told | {"parsed": _parsed(told), "parsing_error": None}
