"""The group whose members may decide reviews. Made once: what an admin changes in it stays."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

MAY = ["decide_review", "view_review", "view_reviewevent", "view_draft", "view_roadmap"]


def make_reviewers(apps, schema_editor):
    # On a fresh database permissions are made only after the last migration.
    create_contenttypes(installed.get_app_config("roadmaps"), verbosity=0, apps=apps)
    create_permissions(installed.get_app_config("roadmaps"), verbosity=0, apps=apps)
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Reviewers")
    permissions = apps.get_model("auth", "Permission").objects
    group.permissions.add(*permissions.filter(content_type__app_label="roadmaps", codename__in=MAY))


class Migration(migrations.Migration):
    dependencies = [
        ("roadmaps", "0004_fill_reviews"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_reviewers, migrations.RunPython.noop)]
