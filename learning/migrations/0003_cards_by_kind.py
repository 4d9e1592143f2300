from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside whoever practises meanwhile."""

    atomic = False

    dependencies = [
        ('learning', '0002_days_of_the_person'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='card',
            index=models.Index(condition=models.Q(('memory', {})), fields=['user', 'concept'], name='cards_that_are_new'),
        ),
        AddIndexConcurrently(
            model_name='card',
            index=models.Index(condition=models.Q(('memory', {}), _negated=True), fields=['user', 'due_at', 'id'], name='cards_to_recall'),
        ),
        AddIndexConcurrently(
            model_name='recall',
            index=models.Index(condition=models.Q(('rating__isnull', True)), fields=['user', 'at'], name='recalls_to_rate'),
        ),
    ]
