"""Rewrites of single artifacts: who may ask for them, and what sends lost ones again."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from content.artifacts import writing
from content.artifacts.kinds import KINDS, Kind
from content.models import COURSE, ArtifactStatus
from roadmaps import progress, sentences, telemetry
from roadmaps.engine import dispatch
from roadmaps.engine.recovery import Recoverable
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept, Person, Roadmap
from roadmaps.models.activity import record_activity
from roadmaps.models.permissions import check_may_act, may_act
from roadmaps.people import names
from roadmaps.sentences import Sentence

GENERATE = "generate_roadmap_content"
SETTLED = (ArtifactStatus.READY, ArtifactStatus.FAILED)


def rewritable_kinds(user: Person, roadmap: Roadmap) -> list[Kind]:
    """Kinds of artifacts of this course that `user` may have rewritten."""
    if not roadmap.is_reviewed:
        return []
    return [kind for kind in KINDS.values() if may_act(user, roadmap, kind.change_permission)]


@transaction.atomic
def retry_artifact(concept: Concept, name: str, *, by: User | None = None) -> Any:
    """Have the artifact of the kind `name` written anew; what is there stays until then.

    Raises ValidationError (no such kind), PermissionDenied, InvalidTransition.
    """
    if name not in KINDS:
        raise ValidationError(f"Unknown kind {name!r}; one of {', '.join(KINDS)}.")
    kind = KINDS[name]
    if by is not None:
        check_may_act(by, concept.roadmap, kind.change_permission)

    # The artifact before its roadmap: the order of locks of `roadmaps.engine`.
    rows = kind.model.objects.filter(concept=concept, status__in=SETTLED)
    is_new = rows.update(
        status=ArtifactStatus.PENDING,
        run_id=uuid.uuid4(),
        edition=F("edition") + 1,
        attempts=0,
        dispatched_at=Now(),
        error="",
    )
    roadmap = Roadmap.objects.select_for_update().filter(pk=concept.roadmap_id).first()
    if roadmap is None:
        raise InvalidTransition(_("“%(concept)s” was deleted meanwhile.") % {"concept": concept})
    if roadmap.status not in COURSE:
        refusal = _("“%(roadmap)s” is %(now)s; rewrite it when that is over.")
        raise InvalidTransition(refusal % {"roadmap": roadmap, "now": roadmap.status_word})
    roadmap.check_reviewed()
    if not is_new:
        refusal = _("%(part)s of “%(concept)s” is being written already.")
        part = sentences.in_words(kind.label)
        raise InvalidTransition(refusal % {"part": part, "concept": concept})

    artifact = kind.model.objects.get(concept=concept)
    dispatch.send_on_commit(kind.task, concept.pk, artifact.run_id)
    message = Sentence(
        "Rewrite requested by %(who)s: %(part)s of “%(concept)s”",
        who=names.public(by.get_username()) if by else Sentence("the command line"),
        part=kind.label,
        concept=str(concept),
    )
    progress.record(concept.roadmap_id, "artifact_queued", message)
    record_activity(by, roadmap, artifact, message)
    return artifact


def recoverable(kind: Kind) -> Recoverable:
    """Rewrites of one kind that a dead worker or a lost message left."""

    def send_again(artifact: Any, worker_died: bool) -> None:
        telemetry.count("cairn_runs_recovered_total", cause="rewrite")
        dispatch.send_on_commit(kind.task, artifact.concept_id, artifact.run_id)

    def give_up(artifact: Any) -> None:
        roadmap = artifact.concept.roadmap
        reason = Sentence(
            "Its worker died %(count)s times while writing it, so it was not tried again.",
            count=artifact.attempts,
        )
        writing.save_failure(artifact, reason)
        writing.settle(roadmap, COURSE)
        writing.report_failure(roadmap, kind, str(artifact.concept), reason)

    return Recoverable(kind.model.objects.all(), send_again, give_up)
