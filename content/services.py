"""What people ask of a course's content."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from content import words, writing
from content.models import ARTIFACTS, COURSE, ArtifactStatus
from roadmaps import dispatch, progress, telemetry, wording
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept, Lease, Roadmap
from roadmaps.wording import Sentence

GENERATE = "generate_roadmap_content"


@transaction.atomic
def retry_artifact(concept: Concept, kind: str) -> Any:
    """Have one artifact written anew; what is there stays until then. Raises InvalidTransition, ValidationError."""
    if kind not in ARTIFACTS:
        raise ValidationError(f"Unknown kind {kind!r}; one of {', '.join(ARTIFACTS)}.")
    roadmap = Roadmap.objects.select_for_update().get(pk=concept.roadmap_id)
    if roadmap.status not in COURSE:
        told = _("“%(roadmap)s” is %(now)s; rewrite it when that is over.")
        raise InvalidTransition(told % {"roadmap": roadmap, "now": roadmap.status_word})
    artifact = _ask_for_rewrite(concept, kind)
    dispatch.send_on_commit(f"retry_{kind}_task", concept.pk, artifact.run_id)
    told = Sentence("%(part)s of “%(concept)s” will be written anew", part=words.PARTS[kind], concept=str(concept))
    progress.record(roadmap.pk, "artifact_queued", told)
    return artifact


def _ask_for_rewrite(concept: Concept, kind: str) -> Any:
    settled = (ArtifactStatus.READY, ArtifactStatus.FAILED)
    rows = ARTIFACTS[kind].objects.filter(concept=concept, status__in=settled)
    asked = {"run_id": uuid.uuid4(), "edition": F("edition") + 1, "attempts": 0, "dispatched_at": Now(), "error": ""}
    if not rows.update(status=ArtifactStatus.PENDING, **asked):
        named = {"part": wording.in_words(words.PARTS[kind]), "concept": concept}
        raise InvalidTransition(_("%(part)s of “%(concept)s” is being written already.") % named)
    return ARTIFACTS[kind].objects.get(concept=concept)


def recover_rewrites() -> int:
    """Send again the rewrites that a dead worker or a lost message left."""
    return sum(_resend(kind, artifact) for kind in ARTIFACTS for artifact in _stuck(kind))


def _stuck(kind: str) -> Any:
    lease = Lease.objects.filter(subject=OuterRef("pk"))
    cutoff = Now() - timedelta(seconds=settings.DISPATCH_GRACE_SECONDS)
    lost = Exists(lease.filter(expires_at__lt=Now())) | Q(dispatched_at__lt=cutoff) & ~Exists(lease)
    return ARTIFACTS[kind].objects.being_rewritten().filter(lost)


def _resend(kind: str, artifact: Any) -> int:
    same = ARTIFACTS[kind].objects.being_rewritten().filter(pk=artifact.pk, dispatched_at=artifact.dispatched_at)
    with transaction.atomic():
        Lease.objects.filter(subject=artifact.pk, expires_at__lt=Now()).delete()
        if not same.update(dispatched_at=Now()):
            return 0  # another process was faster
        if artifact.attempts >= settings.MAX_ATTEMPTS:
            _give_up(kind, artifact)
            return 0
        telemetry.count("cairn_runs_recovered_total", cause="rewrite")
        dispatch.send_on_commit(f"retry_{kind}_task", artifact.concept_id, artifact.run_id)
        return 1


def _give_up(kind: str, artifact: Any) -> None:
    roadmap = artifact.concept.roadmap
    reason = Sentence(
        "Its worker died %(count)s times while writing it, so it was not tried again.", count=artifact.attempts
    )
    writing.save_failure(artifact, reason)
    writing.settle(roadmap, COURSE)
    what = {"part": words.PARTS[kind], "concept": str(artifact.concept)}
    told = Sentence("%(part)s of “%(concept)s” failed: %(reason)s", **what, reason=reason)
    progress.record(roadmap.pk, "artifact_failed", told, level="error")
