"""Activity log of the admin: what staff did, and what anybody did to a course of somebody else."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import Model

from roadmaps.models import Roadmap


def record_activity(by: User | None, roadmap: Roadmap, row: Model, message: str) -> None:
    """Add a line about `row`, a part of `roadmap`, under the name of `by`.

    Nothing for the command line, which is nobody, and for learners at their own courses: the
    execution log has those.
    """
    if by is not None and (by.is_staff or by.pk != roadmap.owner_id):
        LogEntry.objects.log_actions(by.pk, [row], CHANGE, message, single_object=True)
