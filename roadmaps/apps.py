from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def set_up_checkpoints(**_: Any) -> None:
    from roadmaps import checkpointer

    checkpointer.migrate()


def make_reviewers(**_: Any) -> None:
    """The group whose members may decide reviews."""
    from django.contrib.auth.models import Group, Permission

    group, _made = Group.objects.get_or_create(name="Reviewers")
    wanted = ["decide_review", "view_review", "view_draft", "view_roadmap"]
    group.permissions.add(*Permission.objects.filter(content_type__app_label="roadmaps", codename__in=wanted))


class RoadmapsConfig(AppConfig):
    name = "roadmaps"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from roadmaps import graceful_stop, warm_up  # noqa: F401 - they listen to Celery

        post_migrate.connect(set_up_checkpoints, sender=self)
        post_migrate.connect(make_reviewers, sender=self)
