"""Changes that a learner asks for when the course is there."""

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.urls import reverse

from content.models import Tutorial
from roadmaps.engine import checkpointer, loop
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Draft, ReviewEventKind, Roadmap
from roadmaps.removal import retention
from roadmaps.runs import changes, publishing
from roadmaps.runs.changes import request_changes
from roadmaps.runs.time_travel import history
from roadmaps.services import cancel_run, decide_review, retry_run
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
WISH = "More about baking in a wood-fired oven"


@pytest.fixture
def course(owner):
    return courses.written(owner)


def tutorials(roadmap):
    rows = Tutorial.objects.filter(concept__roadmap=roadmap)
    return {
        one.concept.key: (one.pk, one.edition, one.updated_at)
        for one in rows.select_related("concept")
    }


def decide(roadmap, decision, **more):
    return decide_review(roadmap.reviews.pending().get(), decision, by=None, **more)


def test_the_changed_plan_is_reviewed_and_then_only_what_is_new_is_written(course, owner):
    before, keys = tutorials(course), [one.key for one in course.concepts.order_by("order")]
    changing = courses.advance(request_changes(course, by=owner, comment=WISH))
    assert changing.status == "AWAITING_REVIEW"
    assert (
        tutorials(changing) == before
    )  # the old course is there until a person has approved the new plan
    review = changing.reviews.pending().get()
    assert (review.round, review.draft.origin) == (2, Draft.Origin.LEARNER)
    assert WISH in review.events.get(kind=ReviewEventKind.OPENED).text
    decide(changing, "APPROVED")
    changed = courses.advance(courses.advance(changing))
    assert (changed.status, changed.course_status) == ("READY", "")
    after = tutorials(changed)
    assert {key: after[key] for key in keys} == before
    (new,) = set(after) - set(keys)
    assert Tutorial.objects.get(concept__roadmap=changed, concept__key=new).markdown
    assert publishing.read(changed)["stages"] == review.draft.plan["stages"]


def test_a_concept_that_changes_is_written_again_at_its_old_address(course, owner):
    concept = course.concepts.get(order=1)
    before = tutorials(course)
    courses.advance(request_changes(course, by=owner, comment=f"Say more in “{concept.title}”"))
    decide(course, "APPROVED")
    changed = courses.advance(courses.advance(course))
    again = changed.concepts.get(key=concept.key)
    assert (again.pk, again.slug) == (concept.pk, concept.slug)
    assert again.summary != concept.summary
    rewritten = {key for key, one in tutorials(changed).items() if one != before[key]}
    assert rewritten == {concept.key}
    assert again.tutorial.edition == 2


@pytest.mark.parametrize("end", ["rejected", "cancelled", "cancelled while it is queued"])
def test_a_change_that_will_not_be_leaves_the_course_as_it_was(course, owner, end):
    before = tutorials(course)
    request_changes(course, by=owner, comment=WISH)
    if end != "cancelled while it is queued":
        courses.advance(course)
    if end == "rejected":
        decide(course, "REJECTED", comment="It is good as it is.")
    else:
        cancel_run(course, by=owner)
    course = Roadmap.objects.get(pk=course.pk)
    assert (course.status, course.course_status) == ("READY", "")
    assert not course.reviews.pending().exists()
    assert courses.advance(course).status == "READY"  # a message that comes late moves nothing
    assert tutorials(course) == before
    # And it can be asked for again, in the same words.
    assert (
        courses.advance(request_changes(course, by=owner, comment=WISH)).status == "AWAITING_REVIEW"
    )


def test_the_reviewer_may_ask_for_more_before_it_is_approved(course, owner):
    courses.advance(request_changes(course, by=owner, comment=WISH))
    decide(course, "CHANGES_REQUESTED", comment="Name the flour")
    again = courses.advance(course)
    assert again.reviews.pending().get().round == 3
    decide(again, "APPROVED")
    assert courses.advance(courses.advance(again)).status == "READY"


def test_a_change_that_failed_goes_on_with_the_change(course, owner, settings):
    settings.LLM_MODEL = "nobody:nothing"
    failed = courses.advance(request_changes(course, by=owner, comment=WISH))
    assert failed.status == "FAILED"
    settings.LLM_MODEL = ""
    retry_run(failed, by=owner)
    assert courses.advance(failed).status == "AWAITING_REVIEW"


def test_pruned_checkpoints_are_no_hindrance(course, owner):
    loop.run(checkpointer.delete_thread(str(course.thread_id)))
    courses.advance(request_changes(course, by=owner, comment=WISH))
    decide(course, "APPROVED")
    assert courses.advance(courses.advance(course)).status == "READY"


def test_a_change_asked_for_while_old_threads_are_pruned_keeps_its_thread(
    course, owner, monkeypatch
):
    Roadmap.objects.filter(pk=course.pk).update(updated_at="2000-01-01T00:00:00Z")
    listed, found = list(retention.ended_threads()), retention.ended_threads
    request_changes(course, by=owner, comment=WISH)
    lists = iter([listed])
    monkeypatch.setattr(retention, "ended_threads", lambda: next(lists, None) or found())
    assert listed == [course.thread_id]
    assert retention.prune()["threads"] == 0
    assert courses.advance(course).status == "AWAITING_REVIEW"


def test_a_change_that_is_rolled_back_has_not_touched_the_thread(course, owner, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("the database is gone")

    before = [checkpoint.id for checkpoint in history(course)]
    with monkeypatch.context() as broken:
        broken.setattr(changes, "record_activity", refuse)
        with pytest.raises(OperationalError):
            request_changes(course, by=owner, comment=WISH)
    assert [checkpoint.id for checkpoint in history(course)] == before
    assert Roadmap.objects.get(pk=course.pk).status == "READY"


def test_a_change_whose_fork_fails_leaves_the_course_as_it_was(course, owner, monkeypatch):
    async def refuse(*_):
        raise OperationalError("the database of checkpoints is gone")

    with monkeypatch.context() as broken:
        broken.setattr(changes, "fork_thread", refuse)
        with pytest.raises(OperationalError):
            request_changes(course, by=owner, comment=WISH)
    course.refresh_from_db()
    assert (course.status, course.course_status) == ("READY", "")
    changing = courses.advance(request_changes(course, by=owner, comment=WISH))
    assert changing.status == "AWAITING_REVIEW"


@pytest.mark.parametrize("drafts_are_kept", [True, False], ids=["pruned", "imported"])
def test_who_dies_before_the_fork_of_a_thread_without_checkpoints_leaves_the_course(
    course, owner, monkeypatch, drafts_are_kept
):
    async def die(*_):
        """Nothing is forked, and nobody is left to say so."""

    loop.run(checkpointer.delete_thread(str(course.thread_id)))
    if not drafts_are_kept:
        course.reviews.all().delete()
        course.drafts.all().delete()
    before = tutorials(course)
    with monkeypatch.context() as death:
        death.setattr(changes, "fork_thread", die)
        request_changes(course, by=owner, comment=WISH)
    changed = courses.advance(course)
    assert (changed.status, changed.course_status) == ("READY", "")
    assert tutorials(changed) == before
    again = courses.advance(request_changes(changed, by=owner, comment=WISH))
    assert again.status == "AWAITING_REVIEW"


def test_who_dies_before_the_fork_of_a_change_leaves_the_course(course, owner, monkeypatch):
    async def die(*_):
        """Nothing is forked, and nobody is left to say so."""

    before = tutorials(course)
    monkeypatch.setattr(changes, "fork_thread", die)
    request_changes(course, by=owner, comment=WISH)
    changed = courses.advance(courses.advance(course))
    assert (changed.status, changed.course_status) == ("READY", "")
    assert tutorials(changed) == before


def test_nothing_is_asked_for_without_words_or_before_there_is_a_course(course, owner):
    for words in ("", "   ", "x" * 6000):
        with pytest.raises(ValidationError):
            request_changes(course, by=owner, comment=words)
    with pytest.raises(InvalidTransition, match="when the course is ready"):
        request_changes(courses.designed(owner), by=owner, comment=WISH)
    request_changes(course, by=owner, comment=WISH)
    with pytest.raises(InvalidTransition, match="is queued"):
        request_changes(course, by=owner, comment=WISH)


def test_the_page_asks_shows_and_refuses(course, owner, client):
    client.force_login(owner)
    address = reverse("roadmap_changes", args=[course.pk])
    refused = client.post(address, {"comment": ""})
    assert refused.status_code == 400
    assert "Say what should be different." in refused.content.decode()
    page = client.post(address, {"comment": WISH}, follow=True).content.decode()
    assert "The plan is being changed" in page
    assert course.concepts.first().get_absolute_url() in page  # it can still be read
    assert (
        "when the course is ready"
        in client.post(address, {"comment": WISH}, follow=True).content.decode()
    )
    client.force_login(courses.person("stranger"))
    assert client.post(address, {"comment": WISH}).status_code == 404
