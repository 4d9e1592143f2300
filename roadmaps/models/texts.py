"""Texts of rows: a column of one line holds one line, whichever form or page it came by.

That goes for the tables of other packages too, whose forms and admin pages are theirs. What is
written in bulk comes from a schema, which has cleaned it.
"""

from typing import Any

from django.db.models import CharField, Model
from django.db.models.signals import pre_save
from django.dispatch import receiver

from roadmaps.plain_text import many_lines, one_line

_of_many_lines: set[tuple[type[Model], str]] = set()


def register_many_lines(model: type[Model], *names: str) -> None:
    """Let columns of a limited length, which are one line otherwise, have several."""
    _of_many_lines.update((model, name) for name in names)


def are_many_lines(model: type[Model], name: str) -> bool:
    return (model, name) in _of_many_lines


@receiver(pre_save)
def clean(instance: Model, **_: Any) -> None:
    model = type(instance)
    for field in model._meta.concrete_fields:
        if isinstance(field, CharField):
            value = getattr(instance, field.attname)
            if isinstance(value, str):
                is_long = are_many_lines(model, field.name)
                cleaned = many_lines(value) if is_long else one_line(value)
                if cleaned != value:
                    setattr(instance, field.attname, cleaned)
