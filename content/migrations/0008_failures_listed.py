from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What could not be written, found among all that was; beside whoever reads and writes meanwhile."""

    atomic = False

    dependencies = [
        ('content', '0007_export_parts'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name=name,
            index=models.Index(
                condition=models.Q(('error', ''), _negated=True), fields=['-updated_at'], name=f'{name}_failed'
            ),
        )
        for name in ('quiz', 'resourcelist', 'tutorial')
    ]
