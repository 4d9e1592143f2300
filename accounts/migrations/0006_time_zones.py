from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_name_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='preferences',
            name='last_time_zone',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of the browser they last came with', max_length=64),
        ),
        migrations.AddField(
            model_name='preferences',
            name='time_zone',
            field=models.CharField(blank=True, db_default='', default='', help_text='Chosen; empty for that of the browser', max_length=64),
        ),
    ]
