from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import migrations, models

from sharing.search import kept

BATCH = 500


def fill(apps, schema_editor):
    """Language and words of the courses that are listed already, a few at a time."""
    Share = apps.get_model('sharing', 'Share')
    listed = Share.objects.filter(listed_at__isnull=False, language='').order_by('pk')
    last = 0
    while shares := list(
        listed.filter(pk__gt=last).select_related('roadmap').defer('searched')[:BATCH]
    ):
        for share in shares:
            share.language, share.words = share.roadmap.language, kept([share.words])
        Share.objects.bulk_update(shares, ['language', 'words'])
        last = shares[-1].pk


class Migration(migrations.Migration):
    """Beside whoever reads and lists courses meanwhile."""

    atomic = False

    dependencies = [
        ('roadmaps', '0015_operators_indexes'),
        ('sharing', '0001_shares'),
    ]

    operations = [
        migrations.AddField(
            model_name='share',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=35),
        ),
        migrations.AddField(
            model_name='share',
            name='searched',
            field=models.GeneratedField(db_persist=True, expression=SearchVector('words', config='simple'), output_field=SearchVectorField(null=True)),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name='share',
            index=GinIndex(fields=['searched'], name='share_searched'),
        ),
        AddIndexConcurrently(
            model_name='share',
            index=models.Index(fields=['-listed_at', '-id'], name='share_by_listing'),
        ),
        AddIndexConcurrently(
            model_name='share',
            index=models.Index(condition=models.Q(('listed_at__isnull', False)), fields=['language', '-uses', '-listed_at', '-id'], name='share_by_language'),
        ),
    ]
