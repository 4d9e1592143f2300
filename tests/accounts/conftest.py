import pytest


@pytest.fixture
def owner(owner):
    """With an address for mail."""
    owner.email = "owner@example.org"
    owner.save()
    return owner
