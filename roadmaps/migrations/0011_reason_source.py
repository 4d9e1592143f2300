from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('roadmaps', '0010_questions_and_changes'),
    ]

    operations = [
        migrations.AddField(
            model_name='roadmap',
            name='status_reason_source',
            field=models.JSONField(blank=True, editable=False, help_text='What the reason is said from in other languages', null=True),
        ),
    ]
