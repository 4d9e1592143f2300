"""The instructions of the content roles, one file each."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage


@cache
def instructions(role: str) -> str:
    return files(__name__).joinpath(f"{role}.md").read_text(encoding="utf-8")


def messages(role: str, payload: dict[str, Any]) -> list[BaseMessage]:
    return [SystemMessage(instructions(role)), HumanMessage(orjson.dumps(payload).decode())]
