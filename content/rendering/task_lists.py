"""Task lists in Markdown: `- [ ] to do` and `- [x] done`.

The rule of mdit-py-plugins looks for the list of each item from the item back, so its time grows
with the square of a list's length. This one goes over the tokens once.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MARK = re.compile(r"\[([ xX])\]\s")
BOX = '<label><input class="task-list-item-checkbox"{checked} disabled="disabled" type="checkbox">'


def task_lists(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("inline", "task_lists", mark_items)


def mark_items(state: StateCore) -> None:
    lists: list[Token] = []
    parts = zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False)
    for token, paragraph, content in parts:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open" and paragraph.type == "paragraph_open":
            is_task = put_box(content)
            if is_task:
                token.attrSet("class", "task-list-item")
                lists[-1].attrSet("class", "contains-task-list")


def put_box(content: Token) -> bool:
    """A box instead of the mark that an item's content begins with, if it begins with one."""
    mark = MARK.match(content.content)
    words = next(iter(content.children or []), None)
    if not mark or words is None or not words.content.startswith(mark[0][:3]):
        return False
    words.content = words.content[3:]
    checked = "" if mark[1] == " " else ' checked="checked"'
    opening, closing = Token("html_inline", "", 0), Token("html_inline", "", 0)
    opening.content, closing.content = BOX.format(checked=checked), "</label>"
    content.children = [opening, *(content.children or []), closing]
    return True
