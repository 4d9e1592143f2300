from django.db import migrations, models


class Migration(migrations.Migration):
    """What is drawn of a tutorial's text; workers of the release before store texts without it."""

    dependencies = [
        ('content', '0008_failures_listed'),
    ]

    operations = [
        migrations.AddField(
            model_name='tutorial',
            name='html',
            field=models.TextField(db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='tutorial',
            name='headings',
            field=models.JSONField(
                editable=False,
                help_text='Level, id and text of each in the table of contents',
                null=True,
            ),
        ),
        migrations.AddField(
            model_name='tutorial',
            name='has_diagram',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='tutorial',
            name='drawn_of',
            field=models.CharField(
                db_default='',
                default='',
                editable=False,
                help_text='MD5 of the text that was drawn; of another one the HTML is not shown',
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name='tutorial',
            name='drawn_version',
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, help_text='Of the renderer; 0: never drawn'
            ),
        ),
    ]
