"""What learners and experts are told of the people who review: no address and no internal word."""

import io
import json
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission
from django.core import mail
from django.urls import reverse

from content.artifacts.rewrites import retry_artifact
from content.exports.rows import load
from roadmaps.models import ReviewEventKind
from roadmaps.people import names
from roadmaps.plan import shape
from roadmaps.plan.schemas import Operation
from roadmaps.review.desk import assign_review, claim_review, comment_review, release_review
from roadmaps.review.expert_links import make_expert_link, revoke_expert_link
from roadmaps.review.plan_edits import edit_plan
from roadmaps.runs.changes import request_changes
from roadmaps.services import cancel_run, decide_review, retry_run
from sharing.services import open_link
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
DOMAIN = "clinic.example"
INTERNAL = "Between us: weak"


@pytest.fixture
def rita():
    """A reviewer whose name is an address, with the rights of an operator."""
    rita = courses.reviewer(f"rita@{DOMAIN}")
    rita.user_permissions.add(
        *Permission.objects.filter(codename__in=["change_roadmap", "change_tutorial"])
    )
    return rita


def edited(review, by):
    concept = next(shape.concepts(review.draft.plan))
    change = Operation(op="modify", target=concept["id"], minutes=33, reason="Shorter")
    edit_plan(review, [change], by=by, draft_number=review.draft.number)
    review.refresh_from_db()


def worked_on(roadmap, rita):
    """Everything that staff do to a roadmap in their own name, up to its course."""
    review = roadmap.reviews.get()
    cancel_run(roadmap, by=rita)
    retry_run(roadmap, by=rita)
    courses.advance(roadmap)
    review = roadmap.reviews.pending().get()
    claim_review(review, by=rita)
    release_review(review, by=rita)
    assign_review(review, rita, by=rita)
    comment_review(review, INTERNAL, by=rita)
    link, _secret = make_expert_link(review, by=rita, name=f"Prof. spelt@{DOMAIN}")
    revoke_expert_link(link, by=rita)
    edited(review, rita)
    decide_review(review, "CHANGES_REQUESTED", by=rita, comment="Please add rye")
    courses.advance(roadmap)
    decide_review(roadmap.reviews.pending().get(), "APPROVED", by=rita)
    courses.advance(courses.advance(roadmap))
    retry_artifact(roadmap.concepts.first(), "tutorial", by=rita)
    roadmap.refresh_from_db()
    open_link(roadmap)
    request_changes(roadmap, by=rita, comment="One week less")


def pages_of(browser, roadmap):
    slug = roadmap.concepts.first().slug
    token = roadmap.share.token
    for address in (
        roadmap.get_absolute_url(),
        reverse("roadmap_list"),
        reverse("concept_detail", args=[roadmap.pk, slug]),
        reverse("notice_list"),
        reverse("shared_course", args=[token]),
    ):
        answer = browser.get(address)
        assert answer.status_code == 200, address
        yield address, answer.content


def my_data(browser):
    answer = browser.post(reverse("my_data"))

    async def read():
        return b"".join([piece async for piece in answer.streaming_content])

    with zipfile.ZipFile(io.BytesIO(async_to_sync(read)())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_learner_reads_no_address_of_staff_and_no_internal_word(browser, owner, rita):
    roadmap = courses.designed(owner)
    worked_on(roadmap, rita)
    roadmap.refresh_from_db()
    files = my_data(browser)
    seen = dict(pages_of(browser, roadmap)) | files
    seen |= {f"mail {at}": message.body.encode() for at, message in enumerate(mail.outbox)}
    for place, content in seen.items():
        for word in (DOMAIN, INTERNAL):
            assert word.encode() not in content, (place, word)

    told = json.loads(files[f"roadmaps/{roadmap.pk}.json"])
    decided = [line for line in told["history"] if line["kind"] == "DECIDED"]
    assert [(line["actor_name"], line["text"]) for line in decided] == [
        ("rita", "Please add rye"),
        ("rita", ""),
    ]
    others = [line for line in told["history"] if line["kind"] != "DECIDED"]
    assert {line["kind"] for line in others} >= {"CLAIMED", "COMMENTED", "ASSIGNED", "LINK_MADE"}
    assert {tuple(line) for line in others} == {("kind", "at")}
    assert {review["decided_as"] for review in told["reviews"]} <= {"", "rita"}
    assert "rita" in {review["decided_as"] for review in told["reviews"]}


@pytest.mark.parametrize("kind", ReviewEventKind)
def test_every_line_of_the_history_is_told_without_what_is_said_at_the_desk(
    browser, owner, rita, kind
):
    review = courses.designed(owner).reviews.get()
    review.events.create(kind=kind, actor=rita, actor_name=rita.username, text=INTERNAL)
    content = my_data(browser)[f"roadmaps/{review.roadmap_id}.json"].decode()
    assert DOMAIN not in content
    # The comment of a decision is its learner's to read.
    assert (INTERNAL in content) == (kind == ReviewEventKind.DECIDED)


def test_no_export_names_the_address_of_who_checked_the_course(owner, rita):
    """Every format is written from this one document."""
    roadmap = courses.designed(owner)
    decide_review(roadmap.reviews.get(), "APPROVED", by=rita)
    courses.advance(courses.advance(roadmap))
    course = load(roadmap)
    assert course.checked.by == "rita"
    assert DOMAIN not in course.model_dump_json()


def test_an_expert_reads_no_address_of_staff_and_no_internal_word(client, owner, rita, colleague):
    review = courses.designed(owner).reviews.get()
    _link, secret = make_expert_link(review, by=rita, name="Dr. Rye", may_decide=True)
    address = reverse("expert_review", args=[secret])
    comment_review(review, INTERNAL, by=rita)
    comment_review(review, "Please look at week two", by=rita, to_experts=True)

    def page(answer):
        text = answer.content.decode()
        assert DOMAIN not in text
        assert INTERNAL not in text
        return text

    opened = page(client.get(address))
    assert "Please look at week two" in opened
    assert "from rita" in opened
    edited(review, rita)
    fields = {"review": review.pk, "draft": 1, "decision": "APPROVED"}
    assert "since you opened it, rita saved draft 2" in page(client.post(address, fields))
    decide_review(review, "REJECTED", by=rita, comment="Too broad")
    assert "Too broad" in page(client.get(address))
    assert "rejected by rita" in page(client.post(address, fields | {"draft": 2}))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rita@clinic.example", "rita"),
        ("the expert rye@uni.example", "the expert rye"),
        ("Rita", "Rita"),
        ("Dr. Rye @ Uni", "Dr. Rye @ Uni"),
        ("@rita", "@rita"),
        ("", ""),
    ],
)
def test_of_an_address_only_what_is_before_the_sign_is_told(name, told):
    assert names.public(name) == told
