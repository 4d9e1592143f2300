"""The driver of every run, and what recovery looks after."""

from concurrent.futures import CancelledError
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import OperationalError

from roadmaps.engine import leases, recovery
from roadmaps.engine.driving import Outcome, drive
from roadmaps.exceptions import LeaseLost
from roadmaps.models import Lease, Roadmap
from roadmaps.models.driven import Driven

pytestmark = pytest.mark.django_db(transaction=True)


def settle(row, hold):
    with hold.writing():
        hold.end()
    return "READY"


def fail(row, hold, exc):
    with hold.writing():
        hold.end()
    return f"FAILED: {exc}"


def failing(exc):
    def work(row, hold):
        raise exc

    return work


def test_a_run_that_is_claimed_works_and_settles_its_row():
    assert drive(uuid4(), lambda: "row", settle, fail) == "READY"
    assert not Lease.objects.exists()


def test_a_run_for_which_the_row_does_not_wait_is_refused():
    assert drive(uuid4(), lambda: None, settle, fail) == "refused"
    assert not Lease.objects.exists()


def test_a_run_whose_row_another_process_drives_is_refused():
    subject = uuid4()
    with leases.hold(subject, lambda: 1):
        assert drive(subject, lambda: "row", settle, fail) == Outcome.REFUSED


@pytest.mark.parametrize("exc", [LeaseLost("row"), CancelledError()])
def test_a_run_that_lost_its_lease_stops_without_a_verdict(exc):
    assert drive(uuid4(), lambda: "row", failing(exc), fail) == "stopped"


def test_a_database_that_is_away_is_no_fault_of_the_run():
    subject = uuid4()
    with pytest.raises(OperationalError):
        drive(subject, lambda: "row", failing(OperationalError()), fail)
    assert Lease.objects.filter(subject=subject).exists()  # it runs out, and recover sends it again


def test_any_other_error_ends_the_run_with_its_reason():
    assert drive(uuid4(), lambda: "row", failing(ValueError("no")), fail) == "FAILED: no"
    assert not Lease.objects.exists()


@pytest.mark.parametrize("exc", [LeaseLost("row"), Roadmap.DoesNotExist()])
def test_a_run_that_can_not_write_its_reason_stops(exc):
    def fail_in_vain(row, hold, reason):
        raise exc

    work = failing(ValueError("no"))
    assert drive(uuid4(), lambda: "row", work, fail_in_vain) == Outcome.STOPPED


def test_every_model_that_is_driven_is_recovered():
    driven = {model for model in apps.get_models() if issubclass(model, Driven)}
    assert {kind.rows.model for kind in recovery.registry} == driven
