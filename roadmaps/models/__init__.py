"""Models of roadmaps by noun: the plan, its reviews, runs and leases, search, permissions."""

from roadmaps.models.desk import ExpertLink, ReviewEvent, ReviewEventKind
from roadmaps.models.plan import Concept, Draft, Module, Part, Stage
from roadmaps.models.review import (
    UNDECIDED,
    DecidedHow,
    Review,
    ReviewQuerySet,
    ReviewStatus,
    due_time,
    shown_of,
)
from roadmaps.models.roadmap import (
    MOVING,
    TRANSITIONS,
    Person,
    Roadmap,
    RoadmapQuerySet,
    RoadmapStatus,
)
from roadmaps.models.run import ErasedThread, Lease, ModelCall, ModelFailure, ModelUsage

__all__ = [
    "MOVING",
    "TRANSITIONS",
    "UNDECIDED",
    "Concept",
    "DecidedHow",
    "Draft",
    "ErasedThread",
    "ExpertLink",
    "Lease",
    "ModelCall",
    "ModelFailure",
    "ModelUsage",
    "Module",
    "Part",
    "Person",
    "Review",
    "ReviewEvent",
    "ReviewEventKind",
    "ReviewQuerySet",
    "ReviewStatus",
    "Roadmap",
    "RoadmapQuerySet",
    "RoadmapStatus",
    "Stage",
    "due_time",
    "shown_of",
]
