"""The fields of an exported course as tables, from its JSON schema."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from docs import source
from docs.tables import table

SCHEMA = source.ROOT / "docs" / "course.schema.json"
INTRODUCTION = """# Fields of an exported course

Read from [course.schema.json](../course.schema.json), which an import is checked by. Rules that no schema can say, and
the other formats: [Export format](../export-format.md).
"""


def page() -> str:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    objects = {"Course": schema, **schema["$defs"]}
    return INTRODUCTION + "".join(_section(name, described) for name, described in objects.items())


def _section(name: str, described: dict[str, Any]) -> str:
    about = described.get("description", "").replace("\n", " ")
    return f"\n## {name}\n\n{about}\n\n{table(('field', 'value', 'needed', 'meaning'), _rows(described))}\n"


def _rows(described: dict[str, Any]) -> Iterator[Sequence[str]]:
    for name, field in described["properties"].items():
        needed = "yes" if name in described.get("required", ()) else ""
        yield f"`{name}`", _value(field), needed, field.get("description", "")


def _value(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(map(_value, field["anyOf"]))
    if "const" in field or "enum" in field:
        return ", ".join(f"`{one}`" for one in field.get("enum", [field.get("const")]))
    return _plain(field)


def _plain(field: dict[str, Any]) -> str:
    match field["type"]:
        case "array":
            return f"list of {_value(field['items'])}{_most(field, 'maxItems', 'of them')}"
        case "string":
            like = f" like `{field['pattern']}`" if "pattern" in field else ""
            return f"{field.get('format', 'text')}{like}{_most(field, 'maxLength', 'characters')}"
        case "integer":
            return _range(field)
        case "boolean":
            return "`true` or `false`"
        case other:
            return f"`{other}`"


def _range(field: dict[str, Any]) -> str:
    most = f" to {field['maximum']:,}" if "maximum" in field else " or more"
    return f"{field['minimum']:,}{most}" if "minimum" in field else "whole number"


def _most(field: dict[str, Any], limit: str, what: str) -> str:
    return f", at most {field[limit]:,} {what}" if limit in field else ""
