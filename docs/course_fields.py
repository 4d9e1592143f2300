"""The fields of an exported course as tables, from its JSON schema.

`python -m docs.course_fields` writes that schema anew, from the models that check an import.
"""

import json
from collections.abc import Sequence
from typing import Any

from content.exports.document import Course
from docs import source
from docs.tables import table

SCHEMA = source.ROOT / "docs" / "course.schema.json"
INTRODUCTION = """# Fields of an exported course

Read from [course.schema.json](../course.schema.json), which an import is checked by. Rules that \
no schema can say, and
the other formats: [Export format](../export-format.md).
"""


def page() -> str:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    text = INTRODUCTION
    for name, definition in {"Course": schema, **schema["$defs"]}.items():
        description = definition.get("description", "").replace("\n", " ")
        rows: list[Sequence[str]] = []
        for field_name, field in definition["properties"].items():
            needed = "yes" if field_name in definition.get("required", ()) else ""
            rows.append((f"`{field_name}`", value_of(field), needed, field.get("description", "")))
        fields = table(("field", "value", "needed", "meaning"), rows)
        text += f"\n## {name}\n\n{description}\n\n{fields}\n"
    return text


def value_of(field: dict[str, Any]) -> str:
    """The values that a field may have, in Markdown."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(map(value_of, field["anyOf"]))
    if "const" in field or "enum" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    return plain_value_of(field)


def plain_value_of(field: dict[str, Any]) -> str:
    """The values of a field of one type."""
    match field["type"]:
        case "array":
            text = f"list of {value_of(field['items'])}"
            if "maxItems" in field:
                text += f", at most {field['maxItems']:,} of them"
            return text
        case "string":
            text = str(field.get("format", "text"))
            if "pattern" in field:
                text += f" like `{field['pattern']}`"
            if "maxLength" in field:
                text += f", at most {field['maxLength']:,} characters"
            return text
        case "integer" if "minimum" not in field:
            return "whole number"
        case "integer" if "maximum" not in field:
            return f"{field['minimum']:,} or more"
        case "integer":
            return f"{field['minimum']:,} to {field['maximum']:,}"
        case "boolean":
            return "`true` or `false`"
        case other:
            return f"`{other}`"


def main() -> None:
    schema = json.dumps(Course.model_json_schema(), indent=2, ensure_ascii=False)
    SCHEMA.write_text(f"{schema}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
