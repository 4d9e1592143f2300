import pytest

from tests import courses


@pytest.fixture
def owner():
    return courses.person("owner")


@pytest.fixture
def reviewer():
    return courses.reviewer()


@pytest.fixture
def colleague():
    return courses.reviewer("colleague")


@pytest.fixture
def review(owner):
    return courses.designed(owner).reviews.get()


@pytest.fixture
def story():
    """The kinds in a review's history, in order."""
    return lambda review: list(review.events.values_list("kind", flat=True))
