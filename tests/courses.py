"""Roadmaps in every stage of their life, driven in this process by the built-in author."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Value
from django.db.models.functions import Concat

from content.artifacts import generation
from content.artifacts.kinds import KINDS
from roadmaps.models import Draft, Roadmap, RoadmapStatus
from roadmaps.runs import advance as runs
from roadmaps.runs import publishing
from roadmaps.services import decide_review, request_roadmap

GOAL = "Learn to bake sourdough bread"


def person(name, *permissions, staff=False):
    user = User.objects.create_user(name, password=name, is_staff=staff)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return user


def reviewer(name="reviewer"):
    return person(name, "decide_review", "view_review", "view_draft", "view_roadmap", staff=True)


def viewer(name="viewer"):
    """Staff with Django's own permission to view of every model, and no other."""
    user = person(name, staff=True)
    view = Concat(Value("view_"), "content_type__model")
    user.user_permissions.add(*Permission.objects.filter(codename=view))
    return user


def operator(name="operator"):
    """Staff who may retry, cancel and have anything rewritten, of anybody's course."""
    rewrites = [kind.change_permission.partition(".")[2] for kind in KINDS.values()]
    return person(name, "view_roadmap", "change_roadmap", *rewrites, staff=True)


def requested(owner, **preferences):
    wanted: dict[str, Any] = {"goal": GOAL, "hours_per_week": 2, "weeks": 1} | preferences
    return request_roadmap(owner=owner, **wanted)


def advance(roadmap):
    roadmap = Roadmap.objects.get(pk=roadmap.pk)
    if roadmap.status == RoadmapStatus.GENERATING:
        generation.write_missing(roadmap.pk, roadmap.run_id)
    else:
        runs.advance(roadmap.pk, roadmap.run_id)
    roadmap.refresh_from_db()
    return roadmap


def designed(owner, **preferences):
    """Waiting for review."""
    return advance(requested(owner, **preferences))


def approved(owner, **preferences):
    """Its plan is rows; nothing is written yet."""
    roadmap = designed(owner, **preferences)
    decide_review(roadmap.reviews.pending().get(), "APPROVED", by=None)
    return advance(roadmap)


def reviewed(roadmap):
    """An imported or copied course whose plan is approved, as after its review."""
    report = {"issues": [], "score": 90}
    draft = Draft.objects.create(
        roadmap=roadmap, number=1, plan=publishing.read(roadmap), report=report
    )
    roadmap.reviews.create(draft=draft, interrupt_id="of its import", status="APPROVED")
    return roadmap


def written(owner, **preferences):
    """Ready."""
    return advance(approved(owner, **preferences))
