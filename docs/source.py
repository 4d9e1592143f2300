"""What the code itself says: which settings it reads and which events it tells, found in its
syntax.
"""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config import env

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "config" / "settings"
APPS = ("config", "roadmaps", "content", "learning", "sharing", "accounts", "logs_app")
OTHERS = "others"  # what is read outside of the settings
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
    """One place that tells it; `…` in the message stands for what is only known then."""

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
    """Every variable that is read by its name; a module of config.settings is a section."""
    found: dict[str, Setting] = {}
    for path in files():
        section = path.stem.replace("_", " ") if path.parent == SETTINGS else OTHERS
        for call in sorted(calls(path), key=lambda call: call.lineno):
            if name := _variable(call):
                found.setdefault(name, Setting(name, section, _accepts(call)))
    return list(found.values())


def _variable(call: ast.Call) -> str:
    """Of the environment, when the call reads one and names it."""
    called = ast.unparse(call.func)
    reads = called.startswith("env.") or called in ("os.environ.get", "os.getenv")
    named = reads and call.args and isinstance(call.args[0], ast.Constant)
    return str(_constant(call.args[0])) if named else ""


def _accepts(call: ast.Call) -> str:
    called = ast.unparse(call.func).removeprefix("env.")
    if called in ("integer", "integer_or_none"):
        bounds = _defaults(env.integer) | {
            word.arg: _constant(word.value) for word in call.keywords
        }
        return f"{bounds['least']:,} to {bounds['most']:,}"
    if called in ("choice", "url"):
        values = [_constant(one) for one in getattr(call.args[-1], "elts", [])]
        return ", ".join(
            f"`{value}`" if called == "choice" else f"`{value}://…`" for value in values
        )
    if called in ACCEPTS or called.startswith("os."):
        return ACCEPTS.get(called, ACCEPTS["text"])
    described = inspect.getdoc(getattr(env, called)) or called.replace("_", " ")
    return described.splitlines()[0].rstrip(".")


def _defaults(function: object) -> dict[str, object]:
    assert callable(function)
    return {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
    }


def events() -> list[Event]:
    """Every call of `progress.record`, by name."""
    told = [
        _event(call, str(path.relative_to(ROOT)))
        for path in files()
        for call in calls(path)
        if ast.unparse(call.func) == "progress.record"
    ]
    return sorted(told, key=lambda event: (event.name, event.place))


def _event(call: ast.Call, place: str) -> Event:
    data = {word.arg: word.value for word in call.keywords if word.arg}
    level = _constant(data.pop("level")) if "level" in data else "info"
    return Event(str(_constant(call.args[1])), str(level), _text(call.args[2]), tuple(data), place)


def _text(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(_constant(part)) for part in parts)


def _constant(node: ast.expr) -> object:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -int(str(_constant(node.operand)))
    return node.value if isinstance(node, ast.Constant) else "…"
