import pytest

from tests import courses


@pytest.fixture
def owner():
    return courses.person("owner")


@pytest.fixture
def models(model_server):
    model_server.latency = 0.2
    return model_server
