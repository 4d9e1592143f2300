import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from roadmaps.people.names import skeleton

BATCH_SIZE = 1000


def fill(apps, schema_editor):
    """Names that are taken already count too."""
    NameLook = apps.get_model("accounts", "NameLook")
    names = apps.get_model("auth", "User").objects.order_by("pk").values_list("pk", "username")
    looks = (NameLook(user_id=pk, skeleton=skeleton(name)) for pk, name in names.iterator())
    NameLook.objects.bulk_create(looks, batch_size=BATCH_SIZE)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_notice_labels'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='NameLook',
            fields=[
                ('user', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='name_look', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('skeleton', models.CharField(db_index=True, max_length=300)),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
