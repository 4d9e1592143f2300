from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_untold_rejections'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='text_source',
            field=models.JSONField(help_text='What a reason is said from in other languages', null=True),
        ),
        migrations.AddField(
            model_name='preferences',
            name='last_language',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of the pages when they last signed in', max_length=10),
        ),
    ]
