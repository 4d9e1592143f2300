from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('learning', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='card',
            name='answered_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='studyday',
            name='zone',
            field=models.CharField(blank=True, db_default='', default='', help_text='Their time zone when it last counted', max_length=64),
        ),
    ]
