from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0005_exports'),
    ]

    operations = [
        migrations.AddField(
            model_name='export',
            name='error_source',
            field=models.JSONField(editable=False, help_text='What it is said from in other languages', null=True),
        ),
        migrations.AddField(
            model_name='quiz',
            name='error_source',
            field=models.JSONField(editable=False, help_text='What it is said from in other languages', null=True),
        ),
        migrations.AddField(
            model_name='resourcelist',
            name='error_source',
            field=models.JSONField(editable=False, help_text='What it is said from in other languages', null=True),
        ),
        migrations.AddField(
            model_name='tutorial',
            name='error_source',
            field=models.JSONField(editable=False, help_text='What it is said from in other languages', null=True),
        ),
    ]
