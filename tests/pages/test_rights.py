"""Acts on a course: who may do them, what pages offer, and in whose name they are recorded."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from content.artifacts.rewrites import retry_artifact
from learning.models import Attempt, Reading
from logs_app.history import events_of
from roadmaps.models import Draft, Roadmap
from roadmaps.runs.changes import request_changes
from roadmaps.runs.time_travel import history, resume_from
from roadmaps.services import cancel_run, decide_review, retry_run
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)

WISH = "More about baking in a wood-fired oven"
LOOKERS = {"viewer": courses.viewer, "reviewer": courses.reviewer}


def browser_of(user):
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def course(owner):
    return courses.written(owner)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def messages_of(roadmap):
    return [event["message"] for event in events_of(roadmap.pk)]


def forms_of(page):
    """Where a page's forms post to, without those of every page."""
    actions = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', page))
    return {action for action in actions if action.startswith("/roadmaps/")}


def acts_on(course):
    """Every act on a course by its learner's pages, with what it posts."""
    concept = course.concepts.first()
    place = [course.pk, concept.slug]
    acts = {
        reverse("roadmap_cancel", args=[course.pk]): {},
        reverse("roadmap_retry", args=[course.pk]): {},
        reverse("roadmap_changes", args=[course.pk]): {"comment": WISH},
        reverse("concept_quiz", args=place): {},
        reverse("concept_note", args=place): {"note": "Mine"},
        reverse("concept_place", args=place): {"place": "1"},
        reverse("concept_complete", args=place): {},
    }
    for kind in ("tutorial", "resources", "quiz"):
        acts[reverse("artifact_retry", args=[*place, kind])] = {}
    return acts


@pytest.mark.parametrize("looker", LOOKERS)
def test_who_may_only_look_changes_nothing_of_anothers_course(course, looker):
    browser = browser_of(LOOKERS[looker]())
    before = fresh(course)
    editions = list(course.concepts.values_list("tutorial__edition", "quiz__edition"))
    for address, fields in acts_on(course).items():
        answer = browser.post(address, fields)
        assert answer.status_code == 403, address
        assert "only its owner can" in answer.content.decode()
    after = fresh(course)
    assert (after.status, after.version, after.run_id) == (
        before.status,
        before.version,
        before.run_id,
    )
    assert list(course.concepts.values_list("tutorial__edition", "quiz__edition")) == editions
    assert not Reading.objects.exists()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("looker", LOOKERS)
def test_pages_offer_nothing_to_who_may_only_look(course, looker):
    browser = browser_of(LOOKERS[looker]())
    for address in (course.get_absolute_url(), course.concepts.first().get_absolute_url()):
        page = browser.get(address).content.decode()
        assert "This course belongs to owner." in page
        assert forms_of(page) == set()
    assert "Ask for changes" not in page


def test_pages_offer_their_owner_every_act(course, owner):
    browser = browser_of(owner)
    page = browser.get(course.concepts.first().get_absolute_url()).content.decode()
    assert "This course belongs to" not in page
    place = [course.pk, course.concepts.first().slug]
    wanted = {
        reverse(f"concept_{act}", args=place) for act in ("quiz", "note", "place", "complete")
    }
    wanted |= {
        reverse("artifact_retry", args=[*place, kind]) for kind in ("tutorial", "resources", "quiz")
    }
    assert forms_of(page) == wanted
    page = browser.get(course.get_absolute_url()).content.decode()
    assert forms_of(page) == {
        reverse("roadmap_changes", args=[course.pk]),
        reverse("roadmap_trash", args=[course.pk]),
    }


def test_pages_offer_operators_what_the_admin_lets_them_do(course, operator):
    editor = courses.person("editor", "view_roadmap", "change_quiz", staff=True)
    concept = course.concepts.first()
    page = browser_of(editor).get(concept.get_absolute_url()).content.decode()
    assert forms_of(page) == {reverse("artifact_retry", args=[course.pk, concept.slug, "quiz"])}
    page = browser_of(operator).get(course.get_absolute_url()).content.decode()
    assert forms_of(page) == {reverse("roadmap_changes", args=[course.pk])}


def test_an_operators_acts_are_recorded_in_their_name(course, owner, operator):
    browser = browser_of(operator)
    concept = course.concepts.first()
    browser.post(reverse("artifact_retry", args=[course.pk, concept.slug, "quiz"]))
    browser.post(reverse("roadmap_changes", args=[course.pk]), {"comment": WISH})
    browser.post(reverse("roadmap_cancel", args=[course.pk]))
    recorded = messages_of(course)
    wanted = [
        f"Rewrite requested by operator: Quiz of “{concept}”",
        f"operator asked for changes: {WISH}",
        "The change was cancelled by operator; the course is as it was",
    ]
    assert [message for message in recorded if "operator" in message] == wanted
    activity = LogEntry.objects.filter(user=operator).order_by("pk")
    assert [entry.change_message for entry in activity] == wanted
    assert [entry.object_id for entry in activity][1:] == [str(course.pk)] * 2


def test_a_change_that_staff_asked_for_is_never_called_the_learners(course, owner, operator):
    courses.advance(request_changes(course, by=operator, comment=WISH))
    draft = course.drafts.get(number=2)
    assert (draft.origin, draft.author) == (Draft.Origin.STAFF, operator)
    review = course.reviews.pending().get()
    opened = review.events.get(kind="OPENED").text
    assert opened == f"operator asked for changes of the approved plan: {WISH}"
    desk = browser_of(courses.reviewer())
    for address in (
        reverse("admin:roadmaps_review_change", args=[review.pk]),
        reverse("admin:roadmaps_roadmap_change", args=[course.pk]),
        reverse("admin:roadmaps_draft_change", args=[draft.pk]),
    ):
        page = desk.get(address).content.decode()
        assert "Changed on the request of operator" in page, address
        assert "learner&#x27;s request" not in page
    page = browser_of(owner).get(course.get_absolute_url()).content.decode()
    assert "as you asked" not in page
    assert "operator asked for changes" in page


def test_a_learners_own_change_is_recorded_as_theirs(course, owner):
    courses.advance(request_changes(course, by=owner, comment=WISH))
    draft = course.drafts.get(number=2)
    assert (draft.origin, draft.author) == (Draft.Origin.LEARNER, owner)
    assert draft.origin_in_words == "Changed on the request of owner"
    assert not LogEntry.objects.exists()


def test_who_asked_may_be_gone_when_the_plan_is_there(course, operator):
    changing = request_changes(course, by=operator, comment=WISH)
    operator.delete()
    courses.advance(changing)
    draft = course.drafts.get(number=2)
    assert (draft.author, draft.origin_in_words) == (None, "Changed on the request of staff")


def test_services_ask_for_the_right_themselves(course, owner, viewer, reviewer):
    """Whatever page, command or socket calls them."""
    waiting = courses.designed(owner)
    concept = course.concepts.first()
    stranger = courses.person("stranger", "change_roadmap", "change_tutorial")  # not staff
    for looker in (viewer, reviewer, stranger):
        for act in (
            lambda user: cancel_run(waiting, by=user),
            lambda user: retry_run(waiting, by=user),
            lambda user: request_changes(course, by=user, comment=WISH),
            lambda user: retry_artifact(concept, "tutorial", by=user),
            lambda user: resume_from(waiting, history(waiting)[0].id, by=user),
        ):
            with pytest.raises(PermissionDenied):
                act(looker)
    assert fresh(waiting).status == "AWAITING_REVIEW"
    assert fresh(course).status == "READY"
    assert not LogEntry.objects.exists()


def test_staff_who_lack_their_second_factor_act_as_learners(course, settings, operator):
    settings.REQUIRE_STAFF_MFA = True
    assert (
        browser_of(operator)
        .post(reverse("roadmap_changes", args=[course.pk]), {"comment": WISH})
        .status_code
        == 404
    )
    with pytest.raises(PermissionDenied):
        request_changes(course, by=operator, comment=WISH)


def test_the_admins_acts_are_in_the_activity_log_once(owner, operator):
    waiting = courses.designed(owner)
    desk = browser_of(operator)
    listed = reverse("admin:roadmaps_roadmap_changelist")
    desk.post(listed, {"action": "cancel_selected", "_selected_action": [waiting.pk]})
    desk.post(listed, {"action": "retry_selected", "_selected_action": [waiting.pk]})
    activity = LogEntry.objects.filter(user=operator).order_by("pk")
    assert [entry.change_message for entry in activity] == [
        "Cancelled by operator",
        "Retried by operator",
    ]
    assert Roadmap.objects.get(pk=waiting.pk).status == "QUEUED"


def test_a_decision_is_in_the_activity_log_once(owner):
    review = courses.designed(owner).reviews.get()
    reviewer = courses.reviewer()
    decide_review(review, "APPROVED", by=reviewer)
    assert LogEntry.objects.get().change_message == "Approved by reviewer"
