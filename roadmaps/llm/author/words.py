"""Words from the learner made safe to build sentences from, and what every text of the author admits."""

import re
import unicodedata
from typing import Any

Json = dict[str, Any]
MADE_WITHOUT_A_MODEL = (
    "This was made without a model: it is a frame for self-study that knows how people learn, not this subject."
)
CONNECT_A_MODEL = "LLM_MODEL=openai:gpt-4o-mini LLM_API_KEY=… make run"

MARKUP = re.compile(r"<[^>]*>|[<>`\"]|https?://\S+")
MARKDOWN = re.compile(r"([\\*_\[\]()#|~!&])")
OPENINGS = re.compile(
    r"^(?:(?:i|we)\s+(?:would\s+like|want|need|wish|plan|hope|have)\s+to|i'd\s+like\s+to|please|help\s+me(?:\s+to)?|"
    r"teach\s+me(?:\s+(?:about|how\s+to))?|to|my\s+goal\s+is\s+to|be\s+able\s+to|become\s+(?:able\s+to|good\s+at)|"
    r"(?:learn|study|master|understand)(?:ing)?(?:\s+(?:about|how\s+to|to|the\s+basics\s+of))?|"
    r"get\s+(?:good|better)\s+at|improve\s+my|ich\s+(?:möchte|will)|lernen?|aprender|apprendre)\s+",
    re.IGNORECASE,
)
ENDINGS = re.compile(
    r"\s+(?:well\s+enough|good\s+enough|so\s+(?:that|i)|in\s+order\s+to|because|within\s+\d|in\s+\d+\s+\w+|"
    r"from\s+scratch|as\s+a\s+beginner)\b.*$|[.!?;:。！？].*$|\s[-–—]\s.*$",
    re.IGNORECASE | re.DOTALL,
)
SEPARATORS = re.compile(r"\s*(?:[,/、，]|\s(?:and|und|et|y|e|with)\s)\s*", re.IGNORECASE)


def plain(value: Any, limit: int = 2000) -> str:
    """One line of text without markup, invisible characters and halves of surrogate pairs; at most `limit` long."""
    text = str(value if value is not None else "").encode("utf-8", "ignore").decode()
    text = MARKUP.sub(" ", text)
    text = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return shorten(" ".join(text.split()), limit)


def shorten(text: str, limit: int) -> str:
    """Cut at a word where there is one near; `limit` counts the ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    word_end = cut.rfind(" ")
    return (cut[:word_end] if word_end > limit // 2 else cut).rstrip() + "…"


def says_something(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LNS" for char in text)


def topic(goal: Any, limit: int = 44) -> str:
    """What the goal is about, short enough for titles."""
    whole = plain(goal)
    text = whole
    while (shorter := OPENINGS.sub("", text, count=1)) != text:
        text = shorter
    text = ENDINGS.sub("", text).strip(" ,;:-–—")
    text = next((one for one in (text, whole) if says_something(one)), "your goal")
    return shorten(text[:1].upper() + text[1:] if text.isascii() else text, limit)


def parts(goal: Any) -> list[str]:
    """The things that the goal lists ("Python, pandas and SQL"), or none."""
    found = [part.strip() for part in SEPARATORS.split(topic(goal, 200))]
    named = [shorten(part, 40) for part in found if says_something(part)]
    return list({part.casefold(): part for part in named}.values())[:5] if len(named) > 1 else []


def markdown(text: str) -> str:
    """The text as itself, whatever it holds that Markdown gives a meaning."""
    return MARKDOWN.sub(r"\\\1", text)


def listed(value: Any) -> list[str]:
    """The texts of a list, plain; nothing when there is no list."""
    texts = (plain(item, 400) for item in value) if isinstance(value, list | tuple) else ()
    return [text for text in texts if text]


def number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def part_of(payload: Json, name: str) -> Json:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def language_note(language: Any) -> str:
    """A sentence for learners who asked for another language than English; empty for English."""
    tag = plain(language or "en", 35)
    if tag.casefold().split("-")[0] in ("en", ""):
        return ""
    return f"You asked for “{tag}”: without a model this frame is in English; the links search in your language."
