import pytest

from tests import courses


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
