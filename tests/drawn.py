"""What is drawn of a text, made in this process: columns of a tutorial that a test stores."""

from functools import cache
from typing import Any

from content.artifacts import drawings
from content.rendering import markdown


@cache
def columns(text: str) -> dict[str, Any]:
    return {"markdown": text, **drawings.columns(text, markdown.read(text))}


def rewrite(tutorial: Any, text: str) -> None:
    for name, value in columns(text).items():
        setattr(tutorial, name, value)
    tutorial.save()
