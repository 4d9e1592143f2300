"""Settings that the code reads and events that it tells, found in its syntax."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config import env

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "config" / "settings"
APPS = ("config", "roadmaps", "content", "learning", "sharing", "accounts", "logs_app")
OTHERS = "others"  # variables that are read outside of the settings
ACCEPTS = {
    "text": "text",
    "flag": "`true` or `false`",
    "words": "values with commas between them",
    "path": "a path such as `admin/`",
    "model_name": "`provider:model`",
    "models_by_role": "a JSON object",
    "prices": "a JSON object",
}


@dataclass(frozen=True)
class Setting:
    name: str
    section: str
    accepts: str


@dataclass(frozen=True)
class Event:
    """A place that tells an event; `…` in the message stands for what is only known then."""

    name: str
    level: str
    message: str
    data: tuple[str, ...]
    place: str


def files() -> Iterator[Path]:
    for app in APPS:
        yield from (
            path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts
        )


def calls(path: Path) -> Iterator[ast.Call]:
    return (
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    )


def settings() -> list[Setting]:
    """The variables that are read by name; a module of config.settings is a section."""
    by_name: dict[str, Setting] = {}
    for path in files():
        section = path.stem.replace("_", " ") if path.parent == SETTINGS else OTHERS
        for call in sorted(calls(path), key=lambda call: call.lineno):
            reader = ast.unparse(call.func)
            is_reader = reader.startswith("env.") or reader in ("os.environ.get", "os.getenv")
            if is_reader and call.args and isinstance(call.args[0], ast.Constant):
                name = str(constant(call.args[0]))
                by_name.setdefault(name, Setting(name, section, accepted_values(call)))
    return list(by_name.values())


def accepted_values(call: ast.Call) -> str:
    """The values that a call that reads a variable accepts, in Markdown."""
    reader = ast.unparse(call.func).removeprefix("env.")
    if reader in ("integer", "integer_or_none"):
        parameters = inspect.signature(env.integer).parameters
        bounds = {name: parameter.default for name, parameter in parameters.items()}
        bounds |= {keyword.arg: constant(keyword.value) for keyword in call.keywords if keyword.arg}
        return f"{bounds['least']:,} to {bounds['most']:,}"
    if reader in ("choice", "url"):
        values = [constant(element) for element in getattr(call.args[-1], "elts", [])]
        suffix = "://…" if reader == "url" else ""
        return ", ".join(f"`{value}{suffix}`" for value in values)
    if reader.startswith("os."):
        return ACCEPTS["text"]
    if reader in ACCEPTS:
        return ACCEPTS[reader]
    description = inspect.getdoc(getattr(env, reader)) or reader.replace("_", " ")
    return description.splitlines()[0].rstrip(".")


def events() -> list[Event]:
    """The calls of `progress.record`, by name."""
    events = []
    for path in files():
        place = str(path.relative_to(ROOT))
        for call in calls(path):
            if ast.unparse(call.func) != "progress.record":
                continue
            name, message = str(constant(call.args[1])), call.args[2]
            parts = message.values if isinstance(message, ast.JoinedStr) else [message]
            text = "".join(str(constant(part)) for part in parts)
            data = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            level = str(constant(data.pop("level", ast.Constant("info"))))
            events.append(Event(name, level, text, tuple(data), place))
    return sorted(events, key=lambda event: (event.name, event.place))


def constant(node: ast.expr) -> object:
    """The value of a constant; `…` for another expression."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -int(str(constant(node.operand)))
    if isinstance(node, ast.Constant):
        return node.value
    return "…"
