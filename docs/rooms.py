"""Table of the rooms in docs/architecture.md, from the first lines of the packages' docstrings.

`python -m docs.rooms` writes it anew.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from docs import source
from docs.tables import table

ARCHITECTURE = source.ROOT / "docs" / "architecture.md"
TABLE = re.compile(r"(?<=\n## Rooms\n\n)(?:\|.*\n)+")
NO_ROOMS = {"migrations", "management", "commands", "templatetags", "prompts", "formats"}


def packages() -> Iterator[Path]:
    """Folders of the packages that are rooms, each before what is in it."""
    for app in source.APPS:
        for init in sorted((source.ROOT / app).rglob("__init__.py")):
            if NO_ROOMS.isdisjoint(init.relative_to(source.ROOT).parts):
                yield init.parent


def first_line(package: Path) -> str:
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))
    return (docstring or "").partition("\n")[0]


def rooms() -> str:
    rows = [(f"`{path.relative_to(source.ROOT)}/`", first_line(path)) for path in packages()]
    return table(("room", "what is in it"), rows) + "\n"


def main() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    ARCHITECTURE.write_text(TABLE.sub(lambda _: rooms(), text), encoding="utf-8")


if __name__ == "__main__":
    main()
