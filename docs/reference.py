"""Reference pages of settings, commands, tasks and events, written from the code at every build."""

import argparse
import inspect
import re
from collections import defaultdict
from collections.abc import Sequence
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


def documented() -> list[Row]:
    text = OPERATIONS.read_text(encoding="utf-8").partition("\n## Settings\n")[2]
    rows = []
    for line in text.splitlines():
        if not line.startswith("| "):
            continue
        names, default, meaning = re.split(r"(?<!\\)\|", line)[1:4]
        full_names = NAME.findall(names)
        for index, name in enumerate(full_names):
            if name.startswith("_"):  # `A_NAME`, `_KEY` stand for A_NAME and A_KEY
                full_names[index] = full_names[0].rpartition("_")[0] + name
        if full_names:
            rows.append(Row(tuple(full_names), default.strip(), meaning.strip()))
    return rows


def undocumented() -> list[str]:
    names = {name for row in documented() for name in row.names}
    return [setting.name for setting in source.settings() if setting.name not in names]


def settings_page() -> str:
    by_name = {setting.name: setting for setting in source.settings()}
    sections: dict[str, list[Sequence[str]]] = {setting.section: [] for setting in by_name.values()}
    sections[source.OTHERS] = sections.pop(source.OTHERS, [])  # they come last
    for row in documented():
        settings_of_row = [by_name[name] for name in row.names if name in by_name]
        section = settings_of_row[0].section if settings_of_row else source.OTHERS
        names = "<br>".join(f"`{name}`" for name in row.names)
        accepts = [setting.accepts for setting in settings_of_row]
        if len(set(accepts)) == 1:
            accepts = accepts[:1]
        sections[section].append((names, "<br>".join(accepts), row.default, row.meaning))

    parts = []
    for section, rows in sections.items():
        if rows:
            title = section[:1].upper() + section[1:]
            listed = table(("variable", "accepts", "default", "meaning"), rows)
            parts.append(f"## {title}\n\n{listed}\n")
    return SETTINGS_INTRODUCTION + "\n".join(parts)


SETTINGS_INTRODUCTION = """# Settings

All are environment variables, read when a process starts. A value that is not accepted stops the \
start with a sentence
that names the variable. How they are used: [Operations](../operations.md).

"""


def commands() -> dict[str, BaseCommand]:
    ours = {name: str(home) for name, home in get_commands().items() if str(home) in source.APPS}
    return {name: load_command_class(home, name) for name, home in sorted(ours.items())}


def commands_page() -> str:
    makefile = (source.ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*## (.+)$", makefile, re.MULTILINE)
    rows: list[Sequence[str]] = [(f"`make {target}`", purpose) for target, purpose in targets]
    parts = [COMMANDS_INTRODUCTION, table(("target", "does"), rows), "\n## manage.py\n"]
    for name, command in commands().items():
        arguments = arguments_of(name, command)
        usage = " ".join(["python manage.py", name, *map(usage_of, arguments)])
        parts.append(f"\n### {name}\n\n```sh\n{usage}\n```\n\n{command.help}\n")
        rows = [argument_row(argument) for argument in arguments]
        if rows := [row for row in rows if any(row[1:])]:
            parts.append(table(("argument", "default", "meaning"), rows))
    return "\n".join(parts) + "\n"


def arguments_of(name: str, command: BaseCommand) -> list[argparse.Action]:
    """The arguments of a command, without those that every command of Django has."""
    common = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    actions = command.create_parser("manage.py", name)._actions
    specific = [action for action in actions if action.dest not in common]
    return sorted(specific, key=lambda action: list(action.option_strings))


def usage_of(action: argparse.Action) -> str:
    """An argument as the usage of its command shows it."""
    value = action.dest.upper()
    if action.choices:
        value = "|".join(action.choices)
    value = str(action.metavar or value)
    if not action.option_strings:
        return f"[{value}]" if action.nargs == "?" else value
    option = action.option_strings[-1]
    return f"[{option}]" if action.nargs == 0 else f"[{option} {value}]"


def argument_row(action: argparse.Action) -> Sequence[str]:
    """Name, default and meaning of an argument."""
    name = str(action.metavar or action.dest.upper())
    if action.option_strings:
        name = action.option_strings[-1]
    default = ""
    if action.default not in (None, False):
        default = f"`{action.default}`"
    meaning = action.help or ""
    if action.choices and not meaning:
        meaning = "one of " + ", ".join(f"`{choice}`" for choice in action.choices)
    return f"`{name}`", default, meaning


COMMANDS_INTRODUCTION = """# Commands

## make

Each target installs what it needs first.
"""


def tasks() -> dict[str, Task]:
    app.loader.import_default_modules()
    return {
        name: task
        for name, task in sorted(app.tasks.items())
        if task.__module__.partition(".")[0] in source.APPS
    }


def tasks_page() -> str:
    parts = [TASKS_INTRODUCTION]
    names = sorted(tasks(), key=lambda name: (queue_of(name), name))
    for queue, names_of_queue in groupby(names, queue_of):
        rows = [task_row(name, tasks()[name]) for name in names_of_queue]
        listed = table(("task", "arguments", "by itself", "does"), rows)
        parts.append(f"\n## `{queue}`\n\n{listed}\n")
    return "\n".join(parts)


def queue_of(name: str) -> str:
    return str(app.amqp.router.route({}, name)["queue"].name)


def task_row(name: str, task: Task) -> Sequence[str]:
    """Name, arguments, schedules and purpose of a task."""
    arguments = ", ".join(f"`{argument}`" for argument in inspect.signature(task.run).parameters)
    purpose = (inspect.getdoc(task.run) or "").partition("\n")[0]
    schedules: dict[str, None] = {}  # in order, each once
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        schedule = entry["schedule"]
        if entry["task"] == name and isinstance(schedule, int | float):
            schedules[f"every {schedule:g} s"] = None
        elif entry["task"] == name:
            schedules[f"`{schedule}`"] = None
    return f"`{name}`", arguments, ", ".join(schedules), purpose


TASKS_INTRODUCTION = """# Tasks

Messages of Celery, by the queue that carries them. Arguments are ids, and the id of a message \
that drives a run is that
run's id. Delivering a message twice is harmless. What beat sends by itself can be changed in the \
admin under Schedules.
"""


def events_page() -> str:
    by_name: dict[str, list[source.Event]] = defaultdict(list)
    for event in source.events():
        by_name[event.name].append(event)
    rows = [event_row(name, events) for name, events in by_name.items()]
    fields = [(f"`{name}`", text) for name, text in EVENT_FIELDS.items()]
    introduction = EVENTS_INTRODUCTION.format(fields=table(("field", "what it is"), fields))
    return introduction + table(("event", "level", "message", "data", "told in"), rows) + "\n"


def event_row(name: str, events: list[source.Event]) -> Sequence[str]:
    """Name, levels, messages, fields and places of an event."""
    columns: list[list[str]] = [
        [event.level for event in events],
        [event.message for event in events],
        [f"`{field}`" for event in events for field in event.data],
        [f"`{event.place}`" for event in events],
    ]
    return f"`{name}`", *("<br>".join(dict.fromkeys(column)) for column in columns)


EVENTS_INTRODUCTION = """# Events

What happens to a roadmap is told as an event: the execution log keeps it (`logs_app`), and open \
pages hear of it.

## An event

{fields}

## On a socket

`/ws/roadmaps/<id>/` is for who may see the roadmap. Its first message is
`{{"type": "snapshot", "status": …, "version": …, "events": […]}}`, each further one
`{{"type": "event", "event": {{…}}}}`. `/ws/reviews/` is for staff who may see reviews: first \
`{{"type": "joined"}}`,
then events of reviews. A page only listens: whatever it sends closes its socket. An event is a \
hint to fetch the rows
again; one that was missed costs nothing.

## All events

`…` stands for what is only known when it happens.

"""
