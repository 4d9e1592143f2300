"""Services: the functions that pages, the admin and commands call to change a roadmap's course."""

from roadmaps.request.requesting import request_roadmap
from roadmaps.review.decisions import DECISIONS, decide_review
from roadmaps.runs.control import RETRYABLE, cancel_run, retry_run

__all__ = [
    "DECISIONS",
    "RETRYABLE",
    "cancel_run",
    "decide_review",
    "request_roadmap",
    "retry_run",
]
