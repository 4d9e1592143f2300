"""Who may drive what."""

import threading
import uuid

import pytest
from django.db import connection

from roadmaps.engine import leases
from roadmaps.exceptions import LeaseLost, RunNotClaimed
from roadmaps.models import Lease
from tests.conftest import DEADLINE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


def expire(subject):
    Lease.objects.filter(subject=subject).update(expires_at="2000-01-01T00:00:00Z")


def test_a_second_claim_is_refused_while_the_first_lives():
    subject = uuid.uuid4()
    with (
        leases.hold(subject, lambda: 1),
        pytest.raises(RunNotClaimed),
        leases.hold(subject, lambda: 1),
    ):
        pytest.fail("two drivers")


def test_a_claim_that_marks_no_row_leaves_no_lease():
    subject = uuid.uuid4()
    with pytest.raises(RunNotClaimed), leases.hold(subject, lambda: 0):
        pytest.fail("claimed")
    assert not Lease.objects.filter(subject=subject).exists()


def test_an_expired_lease_is_taken_over_and_its_old_holder_writes_nothing():
    subject = uuid.uuid4()
    with leases.hold(subject, lambda: 1) as old:
        expire(subject)
        with leases.hold(subject, lambda: 1) as new:
            with pytest.raises(LeaseLost), old.writing():
                pytest.fail("a lost lease wrote")
            with new.writing():
                new.end()


def test_a_revoked_lease_is_noticed_by_the_heartbeat():
    subject, noticed = uuid.uuid4(), threading.Event()
    with leases.hold(subject, lambda: 1) as held:
        held.on_lost(noticed.set)
        leases.revoke(subject)
        assert noticed.wait(DEADLINE_SECONDS)
        assert held.lost


def test_a_live_lease_outlives_its_first_term():
    subject, renewed = uuid.uuid4(), threading.Event()
    with leases.hold(subject, lambda: 1) as held:
        first = Lease.objects.get(subject=subject).expires_at
        while Lease.objects.get(subject=subject).expires_at == first:
            assert not renewed.wait(0.05)
        assert not held.lost


def test_all_leases_of_a_process_are_renewed_by_one_statement(django_assert_num_queries):
    tokens = []
    for _ in range(50):
        subject = uuid.uuid4()
        held = leases.Hold(subject)
        leases.acquire_lease(held)
        tokens.append(held.token)
    with connection.cursor() as cursor:
        cursor.execute(leases.RENEW, {"tokens": tokens, "seconds": 5})
        assert {row[0] for row in cursor.fetchall()} == set(tokens)
