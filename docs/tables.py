"""Markdown tables."""

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = []
    for row in [head, ["---"] * len(head), *rows]:
        cells = [re.sub(r"(?<!\\)\|", r"\\|", " ".join(cell.split())) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
