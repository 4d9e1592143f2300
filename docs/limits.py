"""Table of limits in docs/operations.md, from the tables of config/settings/limits.py.

`python -m docs.limits` writes it anew.
"""

import ast
import re

from config.settings import limits
from config.values import rates
from docs import source
from docs.tables import table

OPERATIONS = source.ROOT / "docs" / "operations.md"
TABLE = re.compile(r"(?<=\n<!-- python -m docs\.limits writes this table -->\n\n)(?:\|.*\n)+")
HEAD = ("variable", "default", "what is limited", "counted for", "beyond it")
EVERYBODY = ("person", "address", "account", "stranger")


def defaults() -> dict[str, object]:
    """What each variable is when it isn't set."""
    return {
        str(source.constant(call.args[0])): source.constant(call.args[1])
        for path in sorted(source.SETTINGS.glob("*.py"))
        for call in source.calls(path)
        if ast.unparse(call.func).startswith("env.") and len(call.args) > 1
    }


def rows() -> list[tuple[str, ...]]:
    by_variable = defaults()
    found: list[tuple[str, ...]] = []
    for paced in limits.PACED.values():
        default = str(by_variable[paced.variable])
        counted_for = ", ".join(dict.fromkeys(rate.per for rate in rates(default, EVERYBODY)))
        shown = f"`{default.replace(',', '`, `')}`"
        found.append((f"`{paced.variable}`", shown, paced.of, counted_for, paced.beyond))
    for amount in limits.AMOUNTS:
        default = str(by_variable[amount.variable])
        found.append(
            (f"`{amount.variable}`", default, amount.of, amount.counted_for, amount.beyond)
        )
    return found


def written() -> str:
    return table(HEAD, rows()) + "\n"


def main() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    OPERATIONS.write_text(TABLE.sub(lambda _: written(), text), encoding="utf-8")


if __name__ == "__main__":
    main()
