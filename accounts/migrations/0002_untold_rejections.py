from django.db import migrations


def tell(apps, schema_editor):
    """Who was to hear of a rejection by the mail that notices replace hears of it by a notice."""
    Notice = apps.get_model('accounts', 'Notice')
    untold = apps.get_model('roadmaps', 'Review').objects.filter(status='REJECTED', learner_told_at=None)
    for review in untold.select_related('roadmap__owner'):
        roadmap = review.roadmap
        Notice.objects.get_or_create(
            roadmap=roadmap,
            kind='REJECTED',
            version=roadmap.version,
            defaults={
                'user': roadmap.owner,
                'text': review.comment,
                'link': f'/roadmaps/{roadmap.pk}/',
                'mail_due': bool(roadmap.owner.email),
            },
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_notices'),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
