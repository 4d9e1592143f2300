from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

SIGNS = './-_@:+#&;<>=?~'
SPACES = ' ' * len(SIGNS)


def words(field):
    return models.Func(field, models.Value(SIGNS), models.Value(SPACES), function='translate')


class Migration(migrations.Migration):
    """Beside whoever reads and writes roadmaps meanwhile."""

    atomic = False

    dependencies = [
        ('roadmaps', '0011_reason_source'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='roadmap',
            index=GinIndex(SearchVector(words('title'), words('goal'), config='simple'), name='roadmap_words'),
        ),
    ]
