from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def set_up_checkpoints(**_: Any) -> None:
    from roadmaps import checkpointer

    checkpointer.migrate()


class RoadmapsConfig(AppConfig):
    name = "roadmaps"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from roadmaps import auto_approval, erasure, graceful_stop, personal_data, warm_up  # noqa: F401 - they listen to signals

        post_migrate.connect(set_up_checkpoints, sender=self)
