"""What an open inbox hears, and who may listen."""

import asyncio

import pytest
from django.db import connection, transaction

from roadmaps.review.desk import claim_review
from roadmaps.services import decide_review
from tests import courses
from tests.pages.test_socket import OURS, closing_code, connect, hear, leave, socket_at

pytestmark = pytest.mark.django_db(transaction=True)


def socket(user=None, origin=OURS):
    return socket_at("/ws/reviews/", user, origin)


def in_a_thread(act):
    try:
        act()
    finally:
        connection.close()


def heard_while(opened, act):
    async def listen():
        assert await connect(opened)
        assert (await hear(opened))["type"] == "joined"
        heard = [asyncio.ensure_future(hear(opened))]
        await asyncio.to_thread(in_a_thread, act)
        event = await heard[0]
        await leave(opened)
        return event["event"]

    return asyncio.run(listen())


def test_a_new_review_is_heard_of(owner, reviewer):
    event = heard_while(socket(reviewer), lambda: courses.designed(owner))
    assert event["what"] == "OPENED"


def test_a_claim_and_a_decision_of_somebody_else_are_heard_of(review, reviewer, colleague):
    assert (
        heard_while(socket(reviewer), lambda: claim_review(review, by=colleague))["who"]
        == "colleague"
    )
    event = heard_while(socket(reviewer), lambda: decide_review(review, "APPROVED", by=colleague))
    assert (event["what"], event["review"]) == ("DECIDED", review.pk)
    assert event["said"] == f"{review.roadmap}: approved by colleague"


def test_what_is_rolled_back_is_not_heard_of(review, reviewer, colleague):
    @transaction.atomic
    def decide_and_fail():
        decide_review(review, "APPROVED", by=colleague)
        raise ZeroDivisionError

    def fail_then_claim():
        with pytest.raises(ZeroDivisionError):
            decide_and_fail()
        claim_review(review, by=colleague)

    assert heard_while(socket(reviewer), fail_then_claim)["what"] == "CLAIMED"


def test_only_staff_who_may_see_reviews_may_listen(owner, reviewer):
    assert asyncio.run(closing_code(socket())) == 4401
    assert asyncio.run(closing_code(socket(owner))) == 4403
    assert asyncio.run(closing_code(socket(courses.person("staff", staff=True)))) == 4403
    assert asyncio.run(closing_code(socket(courses.person("outsider", "view_review")))) == 4403
    assert not asyncio.run(connect(socket(reviewer, origin=b"https://evil.example")))


def test_who_may_only_look_may_listen(review, colleague):
    looker = courses.person("looker", "view_review", staff=True)
    assert (
        heard_while(socket(looker), lambda: claim_review(review, by=colleague))["what"] == "CLAIMED"
    )
