from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('roadmaps', '0007_statistics_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='roadmap',
            name='graph_version',
            field=models.PositiveSmallIntegerField(editable=False, help_text='Topology that its thread began with; empty until a worker takes it up', null=True),
        ),
    ]
