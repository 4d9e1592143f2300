from django.db import migrations, models


class Migration(migrations.Migration):
    """What an operator may look at: prompts of model calls, with a right of their own, and attempts that failed."""

    dependencies = [
        ('roadmaps', '0013_staff_origin'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='modelcall',
            options={'permissions': [('view_modelcall_text', 'Can read prompts and answers of model calls')]},
        ),
        migrations.AddField(
            model_name='modelcall',
            name='prompt',
            field=models.JSONField(
                editable=False,
                help_text="What was asked: a list of role and text; a learner's private words",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name='modelcall',
            name='text_deleted_at',
            field=models.DateTimeField(
                editable=False,
                help_text='When the prompt was deleted, and the answer where its roadmap was',
                null=True,
            ),
        ),
        migrations.CreateModel(
            name='ModelFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('thread_id', models.UUIDField(db_index=True)),
                ('role', models.CharField(max_length=20)),
                ('model', models.CharField(max_length=200)),
                (
                    'reason',
                    models.CharField(
                        help_text='An HTTP status, or a word from roadmaps.llm.labels.REASONS', max_length=20
                    ),
                ),
                ('attempts', models.PositiveSmallIntegerField()),
                ('gave_up', models.BooleanField(help_text='Whether the call had no answer in the end')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'failed model call',
                'indexes': [
                    models.Index(fields=['created_at', 'id'], name='modelfailure_by_day'),
                    models.Index(fields=['reason', 'id'], name='modelfailure_by_reason'),
                    models.Index(fields=['role', 'id'], name='modelfailure_by_role'),
                    models.Index(fields=['model', 'id'], name='modelfailure_by_model'),
                ],
            },
        ),
    ]
