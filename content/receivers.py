"""What content does when roadmaps calls."""

from typing import Any

from django.dispatch import receiver

from content import services, writing
from roadmaps import dispatch
from roadmaps.models import Roadmap
from roadmaps.signals import recovering, roadmap_approved, roadmap_stopped


@receiver(roadmap_approved)
def dispatch_content(roadmap: Roadmap, **_: Any) -> None:
    dispatch.send_on_commit(services.GENERATE, roadmap.pk, roadmap.run_id)


@receiver(roadmap_stopped)
def put_back(roadmap: Roadmap, **_: Any) -> None:
    writing.put_back(roadmap)


@receiver(recovering)
def recover_rewrites(**_: Any) -> int:
    return services.recover_rewrites()
