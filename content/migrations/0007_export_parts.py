from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0006_error_source'),
    ]

    operations = [
        migrations.AddField(
            model_name='export',
            name='parts',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Of which it is made; 0: not known yet'),
        ),
        migrations.AddField(
            model_name='export',
            name='parts_done',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
