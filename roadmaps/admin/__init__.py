"""What staff see of roadmaps and reviews, and of what runs them."""

from roadmaps.admin import audit, celery, drafts, model_calls, people, reviews, roadmaps

__all__ = ["audit", "celery", "drafts", "model_calls", "people", "reviews", "roadmaps"]
