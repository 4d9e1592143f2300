"""What staff see of roadmaps and reviews."""

from roadmaps.admin import reviews, roadmaps

__all__ = ["reviews", "roadmaps"]
