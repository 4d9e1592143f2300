"""Two drafts side by side as HTML, written for the same reason as `review_tree`."""

from difflib import SequenceMatcher
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from roadmaps.plan import diff

Facts = list[tuple[str, str, str]]  # what else changed: name, before, after
Texts = dict[str, SafeString]  # title and summary where they changed
Segments = list[tuple[bool, str]]  # (whether it differs, text)
TEXTS = ("title", "summary")
FOLD = """
<div class="fold" role="row"><span role="cell">{} part{} the same</span></div>"""
PAIR = """
<div class="pair {kind} {state}" role="row">
  <div role="cell" class="was">{was}</div>
  <div role="cell" class="is">{now}</div>
</div>"""
CELL = '{pill}<span class="title">{title}</span>{link}{summary}{facts}'
LINK = ' <a href="#{}" aria-label="See it in the plan">↓</a>'


def fold(parts: int) -> SafeString:
    """In place of so many parts that stayed as they were."""
    return format_html(FOLD, parts, "" if parts == 1 else "s")


def pair(row: diff.Row, facts: Facts) -> SafeString:
    was, now = _marked(row.fields)
    return format_html(
        PAIR, kind=row.kind, state=row.state, was=_was(row, was, facts), now=_now(row, now, facts)
    )


def _was(row: diff.Row, texts: Texts, facts: Facts) -> SafeString | str:
    """Where a part has moved to, this side is empty, unless something else of it has changed as
    well.
    """
    if row.before is None or (row.state == diff.MOVED and not row.fields):
        return ""
    return format_html(
        CELL,
        pill=_pill(
            {diff.REMOVED: "removed", diff.LEFT: f"moved to {row.other}"}.get(row.state, "")
        ),
        title=texts.get("title", row.before["title"]),
        link="",
        summary=_paragraph(texts.get("summary", "")),
        facts=format_html_join(
            "", '<p class="fact">{} <del>{}</del></p>', ((name, old) for name, old, _ in facts)
        ),
    )


def _now(row: diff.Row, texts: Texts, facts: Facts) -> SafeString | str:
    if row.after is None:
        return ""
    states = {diff.ADDED: "added", diff.MOVED: f"moved from {row.other}", diff.CHANGED: "changed"}
    return format_html(
        CELL,
        pill=_pill(states.get(row.state, "")),
        title=texts.get("title", row.after["title"]),
        link=format_html(LINK, row.id),
        summary=_paragraph(
            row.after["summary"] if row.state == diff.ADDED else texts.get("summary", "")
        ),
        facts=format_html_join(
            "", '<p class="fact">{} <ins>{}</ins></p>', ((name, new) for name, _, new in facts)
        ),
    )


def _pill(words: str) -> SafeString | str:
    return format_html('<span class="pill">{}</span> ', words) if words else ""


def _paragraph(text: str) -> SafeString | str:
    return format_html("<p>{}</p>", text) if text else ""


def _marked(fields: dict[str, tuple[Any, Any]]) -> tuple[Texts, Texts]:
    """As they were and as they are, with those words marked that differ."""
    was, now = {}, {}
    for name in TEXTS:
        if name in fields:
            before, after = words_apart(*fields[name])
            was[name], now[name] = (
                _as_html(before, "<del>{}</del>"),
                _as_html(after, "<ins>{}</ins>"),
            )
    return was, now


def _as_html(segments: Segments, mark: str) -> SafeString:
    return format_html_join(
        " ", "{}", ((format_html(mark, text) if differs else text,) for differs, text in segments)
    )


def words_apart(before: str, after: str) -> tuple[Segments, Segments]:
    old, new = before.split(" "), after.split(" ")
    left: Segments = []
    right: Segments = []
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        left.append((tag != "equal", " ".join(old[old_start:old_end])))
        right.append((tag != "equal", " ".join(new[new_start:new_end])))
    return [one for one in left if one[1]], [one for one in right if one[1]]
