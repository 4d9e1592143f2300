from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import MD5


class Migration(migrations.Migration):
    """Texts that are not drawn yet, found among all; beside whoever reads and writes meanwhile."""

    atomic = False

    dependencies = [
        ('content', '0009_drawn_texts'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='tutorial',
            index=models.Index(
                condition=models.Q(
                    models.Q(('markdown', ''), _negated=True),
                    models.Q(('drawn_of', MD5('markdown')), _negated=True),
                ),
                fields=['id'],
                name='tutorial_not_drawn',
            ),
        ),
        AddIndexConcurrently(
            model_name='tutorial',
            index=models.Index(
                condition=models.Q(('markdown', ''), _negated=True),
                fields=['drawn_version', 'id'],
                name='tutorial_by_renderer',
            ),
        ),
    ]
