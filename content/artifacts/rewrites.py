"""What people ask of a course's content."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from content.artifacts import labels, writing
from content.models import ARTIFACTS, COURSE, ArtifactStatus
from roadmaps import progress, sentences, telemetry
from roadmaps.engine import dispatch
from roadmaps.engine.recovery import Recoverable
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept, Person, Roadmap
from roadmaps.models.activity import record_activity
from roadmaps.models.permissions import check_may_act, may_act
from roadmaps.sentences import Sentence

GENERATE = "generate_roadmap_content"


def change_permission(kind: str) -> str:
    """The admin's permission to have artifacts of `kind` rewritten."""
    return f"content.change_{ARTIFACTS[kind]._meta.model_name}"


def rewritable_kinds(user: Person, roadmap: Roadmap) -> list[str]:
    """Kinds of artifacts of this course that `user` may have rewritten."""
    return [kind for kind in ARTIFACTS if may_act(user, roadmap, change_permission(kind))]


@transaction.atomic
def retry_artifact(concept: Concept, kind: str, *, by: User | None = None) -> Any:
    """Have one artifact written anew; what is there stays until then.

    Raises ValidationError (no such kind), PermissionDenied, InvalidTransition.
    """
    if kind not in ARTIFACTS:
        raise ValidationError(f"Unknown kind {kind!r}; one of {', '.join(ARTIFACTS)}.")
    if by is not None:
        check_may_act(by, concept.roadmap, change_permission(kind))
    # The artifact before its roadmap: the order of locks of `roadmaps.engine`.
    asked = _ask_for_rewrite(concept, kind)
    roadmap = Roadmap.objects.select_for_update().filter(pk=concept.roadmap_id).first()
    if roadmap is None:
        raise InvalidTransition(_("“%(concept)s” was deleted meanwhile.") % {"concept": concept})
    if refusal := _why_no_rewrite(concept, kind, roadmap, asked):
        raise InvalidTransition(refusal)
    artifact = ARTIFACTS[kind].objects.get(concept=concept)
    dispatch.send_on_commit(f"retry_{kind}_task", concept.pk, artifact.run_id)
    message = Sentence(
        "Rewrite requested by %(who)s: %(part)s of “%(concept)s”",
        who=by.get_username() if by else Sentence("the command line"),
        part=labels.PARTS[kind],
        concept=str(concept),
    )
    progress.record(concept.roadmap_id, "artifact_queued", message)
    record_activity(by, roadmap, artifact, message)
    return artifact


def _ask_for_rewrite(concept: Concept, kind: str) -> bool:
    settled = (ArtifactStatus.READY, ArtifactStatus.FAILED)
    rows = ARTIFACTS[kind].objects.filter(concept=concept, status__in=settled)
    asked = {
        "run_id": uuid.uuid4(),
        "edition": F("edition") + 1,
        "attempts": 0,
        "dispatched_at": Now(),
        "error": "",
    }
    return bool(rows.update(status=ArtifactStatus.PENDING, **asked))


def _why_no_rewrite(concept: Concept, kind: str, roadmap: Roadmap, asked: bool) -> str:
    """Empty when nothing is in the way."""
    named = {"part": sentences.in_words(labels.PARTS[kind]), "concept": concept}
    if roadmap.status not in COURSE:
        told = _("“%(roadmap)s” is %(now)s; rewrite it when that is over.")
        return told % {"roadmap": roadmap, "now": roadmap.status_word}
    return "" if asked else _("%(part)s of “%(concept)s” is being written already.") % named


def recoverable(kind: str) -> Recoverable:
    """Rewrites of one kind that a dead worker or a lost message left."""

    def send_again(artifact: Any, worker_died: bool) -> None:
        telemetry.count("cairn_runs_recovered_total", cause="rewrite")
        dispatch.send_on_commit(f"retry_{kind}_task", artifact.concept_id, artifact.run_id)

    def give_up(artifact: Any) -> None:
        roadmap = artifact.concept.roadmap
        reason = Sentence(
            "Its worker died %(count)s times while writing it, so it was not tried again.",
            count=artifact.attempts,
        )
        writing.save_failure(artifact, reason)
        writing.settle(roadmap, COURSE)
        message = Sentence(
            "%(part)s of “%(concept)s” failed: %(reason)s",
            part=labels.PARTS[kind],
            concept=str(artifact.concept),
            reason=reason,
        )
        progress.record(roadmap.pk, "artifact_failed", message, level="error")

    return Recoverable(ARTIFACTS[kind].objects.all(), send_again, give_up)
