"""While a new version starts, workers of the old one live on: no migration may take away what they
still use.

A migration that must, because the release before it no longer uses the thing, says so:
`after_release = "0.3"`.
"""

import math
import re

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from roadmaps.models import RoadmapStatus

OURS = ("roadmaps", "content", "learning", "sharing", "accounts", "logs_app")
# The newest migration of each app that was there before the rule; those came before any release.
BEFORE = {"roadmaps": 8, "content": 3, "logs_app": 2, "learning": 0, "sharing": 0, "accounts": 0}
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
)


def breaks(operation, made, fields_of, removed=()):
    """Why a process of the release before can't live with `operation`; empty when it can.

    `made` are the models that the migration itself makes; `fields_of(model)` are those of before
    the operation; `removed` are constraints that the migration has taken away.
    """
    if isinstance(operation, TAKES_AWAY):
        return f"{type(operation).__name__} of what old workers still read and write"
    if getattr(operation, "model_name_lower", "") in made:
        return ""
    if isinstance(operation, migrations.AddConstraint):
        if any(widens(before, operation.constraint) for before in removed):
            return ""
        return f"old workers may write what {operation.constraint.name} refuses"
    if isinstance(operation, migrations.AddField) and not can_be_left_out(operation.field):
        return f"old workers insert rows without {operation.name}: give it db_default or null=True"
    if isinstance(operation, migrations.AlterField):
        return narrows(
            operation.name, fields_of(operation.model_name_lower)[operation.name], operation.field
        )
    return ""


def widens(before, after):
    """Whether a check of the same name takes all values of one column that it took, and more."""
    checks = [before, after]
    if before.name != after.name:
        return False
    if not all(
        isinstance(one, models.CheckConstraint) and len(one.condition.children) == 1
        for one in checks
    ):
        return False
    (column, values), (new_column, new_values) = (one.condition.children[0] for one in checks)
    return column == new_column and column.endswith("__in") and set(values) <= set(new_values)


def can_be_left_out(field):
    return field.null or field.many_to_many or field.generated or field.has_db_default()


def narrows(name, before, after):
    if before.get_internal_type() != after.get_internal_type():
        return f"old workers read and write {name} as a {before.get_internal_type()}"
    if before.null and not after.null:
        return f"old workers write NULL into {name}"
    if after.unique and not before.unique:
        return f"old workers may write the same {name} twice"
    if (after.max_length or math.inf) < (before.max_length or math.inf):
        return f"old workers write longer values into {name}"
    return ""


def problems(migration, state):
    """`state` is that of before the migration."""
    if re.fullmatch(r"\d+\.\d+(\.\d+)?", getattr(migration, "after_release", "")):
        return []
    made = {
        one.name_lower for one in migration.operations if isinstance(one, migrations.CreateModel)
    }
    found = []
    removed = []
    for operation in migration.operations:
        if isinstance(operation, migrations.RemoveConstraint):
            model = state.models[migration.app_label, operation.model_name_lower]
            removed.append(model.get_constraint_by_name(operation.name))
        found.append(
            breaks(
                operation,
                made,
                lambda model: state.models[migration.app_label, model].fields,
                removed,
            )
        )
        operation.state_forwards(migration.app_label, state)
    return [said for said in found if said]


def checked():
    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        if app in OURS and int(name[:4]) > BEFORE[app]:
            yield migration, loader.project_state((app, name), at_end=False)


def test_no_migration_breaks_the_workers_of_the_release_before():
    found = {str(migration): problems(migration, state) for migration, state in checked()}
    assert {name: said for name, said in found.items() if said} == {}


def found_in(*operations, **marks):
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **marks})
    return problems(made("0099_test", "roadmaps"), MigrationLoader(None).project_state())


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("roadmap", "title"),
        migrations.RenameField("roadmap", "title", "name"),
        migrations.DeleteModel("ErasedThread"),
        migrations.RenameModel("Roadmap", "Course"),
        migrations.AddField("roadmap", "colour", models.CharField(max_length=9, default="red")),
        migrations.AddConstraint(
            "roadmap", models.UniqueConstraint(fields=["title"], name="one_of_each")
        ),
        migrations.AlterField("roadmap", "deleted_at", models.DateTimeField(auto_now=True)),
        migrations.AlterField("roadmap", "course_status", models.CharField(max_length=19)),
        migrations.AlterField(
            "roadmap", "course_status", models.CharField(max_length=20, unique=True)
        ),
        migrations.AlterField("roadmap", "course_status", models.IntegerField()),
    ],
)
def test_what_old_workers_can_not_live_with_is_refused_unless_a_release_is_between(operation):
    assert found_in(operation)
    assert found_in(operation, after_release="soon")
    assert not found_in(operation, after_release="0.3")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField(
            "roadmap", "colour", models.CharField(max_length=9, default="red", db_default="red")
        ),
        migrations.AddField("roadmap", "seen", models.DateTimeField(null=True)),
        migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddIndex("roadmap", models.Index(fields=["title"], name="by_title")),
        migrations.AlterField(
            "roadmap", "course_status", models.CharField(max_length=40, db_default="")
        ),
    ],
)
def test_what_only_adds_is_fine(operation):
    assert found_in(operation) == []


def test_a_table_may_have_any_constraint_from_its_beginning():
    colour = migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))])
    one = models.UniqueConstraint(fields=["id"], name="one_of_each")
    assert found_in(colour, migrations.AddConstraint("colour", one)) == []


@pytest.mark.parametrize(("values", "fine"), [("more", True), ("fewer", False)])
def test_a_check_of_a_column_may_only_be_widened(values, fine):
    known = RoadmapStatus.values
    taken = [*known, "ON_HOLD"] if values == "more" else known[1:]
    check = models.CheckConstraint(
        condition=models.Q(status__in=taken), name="roadmap_status_known"
    )
    again = (
        migrations.RemoveConstraint("roadmap", "roadmap_status_known"),
        migrations.AddConstraint("roadmap", check),
    )
    assert (found_in(*again) == []) == fine
