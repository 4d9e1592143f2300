import pytest
from django.core.cache import cache

from tests import courses


@pytest.fixture(autouse=True)
def nothing_was_tried_yet():
    """Limits of attempts are in Redis and outlive a test."""
    cache.clear()


@pytest.fixture
def owner():
    user = courses.person("owner")
    user.email = "owner@example.org"
    user.save()
    return user


@pytest.fixture
def reviewer():
    return courses.reviewer()


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client
