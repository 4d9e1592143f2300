from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

SIGNS = './-_@:+#&;<>=?~'
SPACES = ' ' * len(SIGNS)
# Of tables of Django's own: who may decide without a group, and what was done to a row.
OTHERS = {
    'roadmaps_person_superuser': 'auth_user (id) WHERE is_superuser',
    'roadmaps_admin_log_by_object': 'django_admin_log (object_id)',
}


def words(field):
    return models.Func(field, models.Value(SIGNS), models.Value(SPACES), function='translate')


class Migration(migrations.Migration):
    """Beside whoever reads and writes meanwhile."""

    atomic = False

    dependencies = [
        ('admin', '0003_logentry_add_action_flag_choices'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('roadmaps', '0015_operators_indexes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='concept',
            index=GinIndex(SearchVector(words('title'), config='simple'), name='concept_words'),
        ),
        AddIndexConcurrently(
            model_name='modelcall',
            index=models.Index(fields=['role', 'model', 'id'], name='modelcall_latest'),
        ),
        *(
            migrations.RunSQL(
                f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {place}',
                f'DROP INDEX CONCURRENTLY IF EXISTS {name}',
            )
            for name, place in OTHERS.items()
        ),
    ]
