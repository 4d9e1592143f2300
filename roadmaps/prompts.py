"""Prompts of a role: its instructions, a file in a room's folder, and the material as JSON.

Everything that varies stands in the last message, so that the instructions are the same in every
call.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage


@cache
def instructions(folder: str, role: str) -> str:
    """`folder` is the package that holds `<role>.md`."""
    return files(folder).joinpath(f"{role}.md").read_text(encoding="utf-8")


def messages(folder: str, role: str, payload: dict[str, Any]) -> list[BaseMessage]:
    material = orjson.dumps(payload).decode()
    return [SystemMessage(instructions(folder, role)), HumanMessage(material)]
