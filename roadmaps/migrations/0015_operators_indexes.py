from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def people_by(column):
    """Of people by the beginning of a name, in whatever case, as `istartswith` looks for it."""
    name = f'roadmaps_person_by_{column}'
    return migrations.RunSQL(
        f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON auth_user (upper({column}::text) text_pattern_ops)',
        f'DROP INDEX IF EXISTS {name}',
    )


class Migration(migrations.Migration):
    """Orders of the inbox, and people found by name; beside whoever reads and writes meanwhile."""

    atomic = False

    dependencies = [
        ('roadmaps', '0014_operators_view'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='review',
            index=models.Index(
                models.F('waiting_since'),
                models.OrderBy(models.F('decided_at'), descending=True, nulls_last=True),
                models.OrderBy(models.F('id'), descending=True),
                name='review_inbox_decided',
            ),
        ),
        AddIndexConcurrently(
            model_name='review',
            index=models.Index(
                models.F('status'),
                models.OrderBy(models.F('decided_at'), descending=True, nulls_last=True),
                models.OrderBy(models.F('id'), descending=True),
                name='review_by_status_decided',
            ),
        ),
        people_by('username'),
        people_by('email'),
    ]
