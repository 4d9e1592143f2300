"""While a new version starts, workers of the old one live on: no migration may take away what they still use.

A migration that must, because the release before it no longer uses the thing, says so: `after_release = "0.3"`.
"""

import re

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

OURS = ("roadmaps", "content", "learning", "sharing", "accounts", "logs_app")
# The newest migration of each app that was there before the rule; those came before any release.
BEFORE = {"roadmaps": 8, "content": 3, "logs_app": 2, "learning": 0, "sharing": 0, "accounts": 0}
TAKES_AWAY = (migrations.RemoveField, migrations.RenameField, migrations.DeleteModel, migrations.RenameModel)


def breaks(operation, made):
    """Why a process of the release before can't live with `operation`; empty when it can."""
    if isinstance(operation, TAKES_AWAY):
        return f"{type(operation).__name__} of what old workers still read and write"
    if isinstance(operation, migrations.AddField) and operation.model_name_lower not in made:
        field = operation.field
        if not (field.null or field.many_to_many or field.has_db_default()):
            return f"old workers insert rows without {operation.name}: give it db_default or null=True"
    return ""


def problems(migration):
    if re.fullmatch(r"\d+\.\d+(\.\d+)?", getattr(migration, "after_release", "")):
        return []
    made = {one.name_lower for one in migration.operations if isinstance(one, migrations.CreateModel)}
    return [found for one in migration.operations if (found := breaks(one, made))]


def checked():
    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        if app in OURS and int(name[:4]) > BEFORE[app]:
            yield f"{app}.{name}", migration


def test_no_migration_breaks_the_workers_of_the_release_before():
    found = {name: problems(migration) for name, migration in checked()}
    assert {name: said for name, said in found.items() if said} == {}


def made_of(*operations, **marks):
    return type("Migration", (migrations.Migration,), {"operations": list(operations), **marks})(
        "0099_test", "roadmaps"
    )


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("roadmap", "title"),
        migrations.RenameField("roadmap", "title", "name"),
        migrations.DeleteModel("Roadmap"),
        migrations.RenameModel("Roadmap", "Course"),
        migrations.AddField("roadmap", "colour", models.CharField(max_length=9, default="red")),
    ],
)
def test_what_old_workers_can_not_live_with_is_refused_unless_a_release_is_between(operation):
    assert problems(made_of(operation))
    assert problems(made_of(operation, after_release="soon"))
    assert not problems(made_of(operation, after_release="0.3"))


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("roadmap", "colour", models.CharField(max_length=9, default="red", db_default="red")),
        migrations.AddField("roadmap", "seen", models.DateTimeField(null=True)),
        migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("roadmap", models.Index(fields=["title"], name="by_title")),
    ],
)
def test_what_only_adds_is_fine(operation):
    assert problems(made_of(operation)) == []
