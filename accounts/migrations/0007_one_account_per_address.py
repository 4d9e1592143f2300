from collections import defaultdict

from django.db import migrations
from django.db.models.functions import Upper

INDEX = "accounts_one_per_address"


def make_index(apps, schema_editor):
    """Unique addresses, but for accounts that share one already.

    Of those one counts: it has verified the address, or is the oldest. The others keep theirs and
    are left out of the index by their keys: nobody's account is changed here.
    """
    User = apps.get_model("auth", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    verified = set(EmailAddress.objects.filter(verified=True).values_list("user_id", flat=True))
    owners = defaultdict(list)
    people = User.objects.exclude(email="").order_by("pk").values_list("pk", Upper("email"))
    for pk, email in people.iterator():
        owners[email].append(pk)
    left_out = []
    for sharing in owners.values():
        kept = min(sharing, key=lambda pk: (pk not in verified, pk))
        left_out += [pk for pk in sharing if pk != kept]
    condition = "email <> ''"
    if left_out:
        condition += f" AND id NOT IN ({', '.join(map(str, sorted(left_out)))})"
    # A condition of an index takes no parameters; these are whole numbers.
    schema_editor.execute(
        f"CREATE UNIQUE INDEX {INDEX} ON auth_user (upper(email)) WHERE {condition}", params=None
    )


def drop_index(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_time_zones'),
        ('account', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.RunPython(make_index, drop_index),
    ]
