import pytest

from tests.learning import statistics_course


@pytest.fixture(autouse=True)
def _today(one_day):
    """Practice and progress count by days."""


@pytest.fixture
def roadmap(owner):
    return statistics_course.make(owner, concepts=4)


@pytest.fixture
def concept(roadmap):
    return roadmap.concepts.first()
