import pytest

from tests import courses
from tests.pages import chinese


@pytest.fixture
def learner(db):
    return courses.person("小林")


@pytest.fixture
def chinese_browser(client, learner):
    client.force_login(learner)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = chinese.ACCEPT
    return client
