import pytest
from allauth.account.models import EmailAddress


@pytest.fixture
def owner(owner):
    """With an address for mail, which is theirs."""
    owner.email = "owner@example.org"
    owner.save()
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    return owner
