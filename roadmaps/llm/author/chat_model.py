"""The built-in author: a chat model that answers every role without a network or a key.

The same question has always the same answer.
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
    """The payload of the first human message: later ones only complain about an answer."""
    question = next(message for message in messages if isinstance(message, HumanMessage))
    payload: dict[str, Any] = json.loads(str(question.content))
    return payload


class BuiltInAuthor(BaseChatModel):
    """A chat model that writes a self-study guide; its output looks like any other model's."""

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
        """The parsed JSON, and with `include_raw` the raw message beside it, as in LangChain."""

        def parse(output: dict[str, AIMessage]) -> Any:
            parsed = json.loads(str(output["raw"].content))
            if include_raw:
                return output | {"parsed": parsed, "parsing_error": None}
            return parsed

        raw = RunnableParallel(raw=self.bind(schema_name=schema["title"]))
        return raw | RunnableLambda(parse)
