"""The tree of a plan as HTML.

A plan has hundreds of parts, and Django's templates take ten times as long for them.

Whatever is filled in is escaped by format_html.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Json = dict[str, Any]
STAGE = """
<details open class="stage {state}" id="{id}"><summary><span class="number">{number}</span> \
<span class="title">{title}</span>{pill} <span class="time">{hours} hours</span>{point}</summary>
  <p>{summary}</p>{issues}{modules}
</details>"""
MODULE = """
<details open class="module {state}" id="{id}"><summary><span class="title">{title}</span>{pill} \
<span class="time">{hours} hours</span>{point}</summary>
  <p>{summary}</p>{issues}
  <ol>{concepts}</ol>
</details>"""
CONCEPT = """
<li class="concept {state}" id="{id}">
  <div class="line"><strong>{title}</strong>{pill} <span class="level {difficulty}">{difficulty}</span> \
<span class="time">{minutes} min{by_hand}</span>{point}{edit}</div>
  <p>{summary}</p>{links}
  <details class="more"><summary>Outcomes and keywords</summary><ul>{outcomes}</ul><p>{keywords}</p></details>{issues}
</li>"""
POINT = """ <label class="point"><input type="checkbox" name="parts" value="{id}" form="decide">\
<span class="unseen">Request changes of {title}:</span> point at it</label>"""
EDIT = ' <a class="edit" href="{url}?part={id}#{id}" aria-label="Edit “{title}”">edit</a>'
ISSUE = '<li class="{}"><a class="pill" href="#issue-{}">{}</a> {}{}</li>'


def tree(stages: list[Json], edit_url: str) -> SafeString:
    """`stages` as `review_plan` has prepared them. `edit_url`: empty for who may not decide."""
    return _joined(
        _written(
            STAGE,
            stage,
            edit_url,
            number=number,
            hours=f"{stage['hours']:.1f}",
            modules=_joined(_module(module, edit_url) for module in stage["modules"]),
        )
        for number, stage in enumerate(stages, start=1)
    )


def link(part_id: str, title: str) -> SafeString:
    """To a part of the tree."""
    return format_html('<a href="#{}">{}</a>', part_id, title)


def _module(module: Json, edit_url: str) -> SafeString:
    concepts = _joined(_concept(concept, edit_url) for concept in module["concepts"])
    return _written(MODULE, module, edit_url, hours=f"{module['hours']:.1f}", concepts=concepts)


def _concept(concept: Json, edit_url: str) -> SafeString:
    return _written(
        CONCEPT,
        concept,
        edit_url,
        difficulty=concept["difficulty"],
        minutes=concept["minutes"],
        by_hand=", set by hand" if concept.get("minutes_by_hand") else "",
        edit=format_html(EDIT, url=edit_url, id=concept["id"], title=concept["title"])
        if edit_url
        else "",
        links=_links(concept),
        outcomes=format_html_join("", "<li>{}</li>", ((one,) for one in concept["outcomes"])),
        keywords=", ".join(concept["keywords"]),
    )


def _written(markup: str, part: Json, edit_url: str, **more: Any) -> SafeString:
    """`markup` with what every part has, and `more`."""
    return format_html(
        markup,
        id=part["id"],
        title=part["title"],
        summary=part["summary"],
        state=part["state"],
        pill=format_html(' <span class="pill">{}</span>', part["state"]) if part["state"] else "",
        point=format_html(POINT, id=part["id"], title=part["title"]) if edit_url else "",
        issues=_issues(part["issues"]),
        **more,
    )


def _links(concept: Json) -> SafeString | str:
    """What it needs and what it leads to."""
    sides = [
        (words, concept[name])
        for words, name in (("Needs", "needs"), ("Leads to", "unlocks"))
        if concept[name]
    ]
    if not sides:
        return ""
    return format_html('<p class="links">{}</p>', _joined(_linked(*side) for side in sides))


def _linked(words: str, links: list[SafeString]) -> SafeString:
    return format_html("<span>{} {}</span>", words, SafeString(", ".join(links)))


def _issues(issues: list[Json]) -> SafeString | str:
    if not issues:
        return ""
    rows = (
        (one["severity"], one["number"], one["severity"], one["message"], _suggested(one))
        for one in issues
    )
    return format_html('<ul class="issues">{}</ul>', format_html_join("", ISSUE, rows))


def _suggested(issue: Json) -> SafeString | str:
    return format_html(" <em>{}</em>", issue["suggestion"]) if issue["suggestion"] else ""


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return SafeString("".join(parts))
