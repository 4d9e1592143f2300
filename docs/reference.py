"""Reference pages, written from the code at every build: what is not in the code can't be in them."""

import argparse
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from celery import Task
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from config.celery import app
from docs import course_fields, source
from docs.tables import table

OPERATIONS = source.ROOT / "docs" / "operations.md"
NAME = re.compile(r"`([A-Z_][A-Z0-9_]*)`")
EVENT_FIELDS = {
    "id": "a UUID of version 7",
    "roadmap_id": "whose it is",
    "sequence": "nanoseconds since 1970; never the same twice in one process",
    "level": "`info`, `warning` or `error`",
    "event": "a name of the table below",
    "message": "a sentence, up to 1,000 characters",
    "data": "an object with the fields that the table names",
    "occurred_at": "ISO 8601, UTC",
}


@dataclass(frozen=True)
class Row:
    """A row of the settings in operations.md."""

    names: tuple[str, ...]
    default: str
    meaning: str


def pages() -> dict[str, str]:
    """Path below docs/ → Markdown."""
    return {
        "reference/settings.md": settings_page(),
        "reference/commands.md": commands_page(),
        "reference/tasks.md": tasks_page(),
        "reference/events.md": events_page(),
        "reference/course.md": course_fields.page(),
    }


# --- settings
# ---------------------------------------------------------------------------------------------------------


def documented() -> list[Row]:
    lines = OPERATIONS.read_text(encoding="utf-8").partition("\n## Settings\n")[2].splitlines()
    return [row for line in lines if line.startswith("| ") and (row := _row(line)).names]


def _row(line: str) -> Row:
    names, default, meaning = re.split(r"(?<!\\)\|", line)[1:4]
    return Row(tuple(_full_names(NAME.findall(names))), default.strip(), meaning.strip())


def _full_names(names: list[str]) -> Iterator[str]:
    """`A_NAME`, `_KEY` stand for A_NAME and A_KEY."""
    for name in names:
        yield names[0].rpartition("_")[0] + name if name.startswith("_") else name


def undocumented() -> list[str]:
    known = {name for row in documented() for name in row.names}
    return [setting.name for setting in source.settings() if setting.name not in known]


def settings_page() -> str:
    read = {setting.name: setting for setting in source.settings()}
    sections: dict[str, list[Sequence[str]]] = {setting.section: [] for setting in read.values()}
    for row in documented():
        known = [read[name] for name in row.names if name in read]
        names, accepts = (
            "<br>".join(cells) for cells in ([f"`{name}`" for name in row.names], _accepted(known))
        )
        sections.setdefault(known[0].section if known else source.OTHERS, []).append(
            (names, accepts, row.default, row.meaning)
        )
    parts = [
        f"## {_title(section)}\n\n{table(('variable', 'accepts', 'default', 'meaning'), rows)}\n"
        for section, rows in sorted(
            sections.items(), key=lambda item: item[0] == source.OTHERS
        )  # they come last
        if rows
    ]
    return SETTINGS_INTRODUCTION + "\n".join(parts)


def _accepted(known: list[source.Setting]) -> list[str]:
    """One for all when it is the same for all."""
    accepts = [setting.accepts for setting in known]
    return accepts if len(set(accepts)) > 1 else accepts[:1]


def _title(section: str) -> str:
    return section[:1].upper() + section[1:]


SETTINGS_INTRODUCTION = """# Settings

All are environment variables, read when a process starts. A value that is not accepted stops the start with a sentence
that names the variable. How they are used: [Operations](../operations.md).

"""


# --- commands
# ---------------------------------------------------------------------------------------------------------


def commands() -> dict[str, BaseCommand]:
    ours = {name: str(home) for name, home in get_commands().items() if str(home) in source.APPS}
    return {name: load_command_class(home, name) for name, home in sorted(ours.items())}


def commands_page() -> str:
    parts = [COMMANDS_INTRODUCTION, table(("target", "does"), _make_targets()), "\n## manage.py\n"]
    for name, command in commands().items():
        parts.append(f"\n### {name}\n\n```sh\n{_usage(name, command)}\n```\n\n{command.help}\n")
        if rows := [
            row for action in _arguments(name, command) if any((row := _argument(action))[1:])
        ]:
            parts.append(table(("argument", "default", "meaning"), rows))
    return "\n".join(parts) + "\n"


def _make_targets() -> Iterator[Sequence[str]]:
    makefile = (source.ROOT / "Makefile").read_text(encoding="utf-8")
    for target, does in re.findall(r"^([a-z]+):.*## (.+)$", makefile, re.MULTILINE):
        yield f"`make {target}`", does


def _usage(name: str, command: BaseCommand) -> str:
    words = [_word(action) for action in _arguments(name, command)]
    return " ".join(["python manage.py", name, *words])


def _word(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(action.choices) if action.choices else action.dest.upper())
    if not action.option_strings:
        return f"[{value}]" if action.nargs == "?" else str(value)
    return (
        f"[{action.option_strings[-1]}]"
        if action.nargs == 0
        else f"[{action.option_strings[-1]} {value}]"
    )


def _arguments(name: str, command: BaseCommand) -> list[argparse.Action]:
    """Without those that every command of Django has."""
    everybodys = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    actions = command.create_parser("manage.py", name)._actions
    return sorted(
        (action for action in actions if action.dest not in everybodys),
        key=lambda one: list(one.option_strings),
    )


def _argument(action: argparse.Action) -> Sequence[str]:
    name = (
        action.option_strings[-1]
        if action.option_strings
        else action.metavar or action.dest.upper()
    )
    default = "" if action.default in (None, False) else f"`{action.default}`"
    among = (
        "one of " + ", ".join(f"`{choice}`" for choice in action.choices) if action.choices else ""
    )
    return f"`{name}`", default, action.help or among


COMMANDS_INTRODUCTION = """# Commands

## make

Each target installs what it needs first.
"""


# --- tasks
# ------------------------------------------------------------------------------------------------------------


def tasks() -> dict[str, Task]:
    app.loader.import_default_modules()
    return {
        name: task
        for name, task in sorted(app.tasks.items())
        if task.__module__.partition(".")[0] in source.APPS
    }


def tasks_page() -> str:
    parts = [TASKS_INTRODUCTION]
    for queue, names in groupby(sorted(tasks(), key=lambda name: (queue_of(name), name)), queue_of):
        rows = [_task(name, tasks()[name]) for name in names]
        parts.append(
            f"\n## `{queue}`\n\n{table(('task', 'arguments', 'by itself', 'does'), rows)}\n"
        )
    return "\n".join(parts)


def queue_of(name: str) -> str:
    return str(app.amqp.router.route({}, name)["queue"].name)


def _task(name: str, task: Task) -> Sequence[str]:
    arguments = ", ".join(f"`{argument}`" for argument in inspect.signature(task.run).parameters)
    says = (inspect.getdoc(task.run) or "").partition("\n")[0]
    return f"`{name}`", arguments, _schedule(name), says


def _schedule(name: str) -> str:
    entries = [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == name]
    return ", ".join(dict.fromkeys(_every(entry["schedule"]) for entry in entries))


def _every(schedule: object) -> str:
    return f"every {schedule:g} s" if isinstance(schedule, int | float) else f"`{schedule}`"


TASKS_INTRODUCTION = """# Tasks

Messages of Celery, by the queue that carries them. Arguments are ids, and the id of a message that drives a run is that
run's id. Delivering a message twice is harmless. What beat sends by itself can be changed in the admin under Schedules.
"""


# --- events
# -----------------------------------------------------------------------------------------------------------


def events_page() -> str:
    places: dict[str, list[source.Event]] = defaultdict(list)
    for event in source.events():
        places[event.name].append(event)
    rows = [_event(name, told) for name, told in places.items()]
    fields = table(
        ("field", "what it is"), [(f"`{name}`", text) for name, text in EVENT_FIELDS.items()]
    )
    listed = table(("event", "level", "message", "data", "told in"), rows)
    return EVENTS_INTRODUCTION.format(fields=fields) + listed + "\n"


def _event(name: str, told: list[source.Event]) -> Sequence[str]:
    columns: list[list[str]] = [
        [event.level for event in told],
        [event.message for event in told],
        [f"`{field}`" for event in told for field in event.data],
        [f"`{event.place}`" for event in told],
    ]
    return f"`{name}`", *("<br>".join(dict.fromkeys(column)) for column in columns)


EVENTS_INTRODUCTION = """# Events

What happens to a roadmap is told as an event: the execution log keeps it (`logs_app`), and open pages hear of it.

## An event

{fields}

## On a socket

`/ws/roadmaps/<id>/` is for who may see the roadmap. Its first message is
`{{"type": "snapshot", "status": …, "version": …, "events": […]}}`, each further one
`{{"type": "event", "event": {{…}}}}`. `/ws/reviews/` is for staff who may see reviews: first `{{"type": "joined"}}`,
then events of reviews. A page only listens: whatever it sends closes its socket. An event is a hint to fetch the rows
again; one that was missed costs nothing.

## All events

`…` stands for what is only known when it happens.

"""
