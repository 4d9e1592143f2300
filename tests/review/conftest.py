import pytest


@pytest.fixture
def story():
    """The kinds in a review's history, in order."""
    return lambda review: list(review.events.values_list("kind", flat=True))
