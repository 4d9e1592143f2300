import logging
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext

from roadmaps import sentences

logger = logging.getLogger(__name__)


def set_up_checkpoints(**_: Any) -> None:
    from roadmaps.engine import checkpointer

    checkpointer.migrate()


class RoadmapsConfig(AppConfig):
    name = "roadmaps"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        sentences.translate = gettext
        from roadmaps.engine import beat_lock  # noqa: F401 - they listen to signals
        from roadmaps.operations import process_metrics  # noqa: F401 - they listen to signals
        from roadmaps.pages import socket_rights  # noqa: F401 - they listen to signals
        from roadmaps.removal import erasure, personal_data  # noqa: F401 - they listen to signals
        from roadmaps.review import auto_approval  # noqa: F401 - they listen to signals
        from roadmaps.runs import lost_runs  # noqa: F401 - registers what recover looks after
        from roadmaps.worker import bounds, graceful_stop, warm_up  # noqa: F401 - they listen to signals

        if settings.MISSPELT_SETTINGS:
            misspelt = [
                f"{name} (did you mean {meant}?)"
                for name, meant in settings.MISSPELT_SETTINGS.items()
            ]
            logger.warning("no setting of Cairn has the name %s", ", ".join(misspelt))
        post_migrate.connect(set_up_checkpoints, sender=self)
