"""Admin pages of roadmaps and reviews, and of what runs them."""

from roadmaps.admin import audit, drafts, people, reviews, roadmaps
from roadmaps.admin.operations import logs, model_calls, task_results

__all__ = [
    "audit",
    "drafts",
    "logs",
    "model_calls",
    "people",
    "reviews",
    "roadmaps",
    "task_results",
]
