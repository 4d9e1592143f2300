"""Everything that is a row, by noun."""

from roadmaps.models.plan import Concept, Draft, Module, Part, Stage
from roadmaps.models.review import Review, ReviewQuerySet, ReviewStatus
from roadmaps.models.roadmap import MOVING, TRANSITIONS, Person, Roadmap, RoadmapQuerySet, RoadmapStatus
from roadmaps.models.run import Lease, ModelCall

__all__ = [
    "MOVING",
    "TRANSITIONS",
    "Concept",
    "Draft",
    "Lease",
    "ModelCall",
    "Module",
    "Part",
    "Person",
    "Review",
    "ReviewQuerySet",
    "ReviewStatus",
    "Roadmap",
    "RoadmapQuerySet",
    "RoadmapStatus",
    "Stage",
]
