"""Approval by the system: only when it is asked for, only what is good enough, and never in a
person's name.
"""

import io
import json
import re
import zipfile

import pytest
import typst
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from content.exports import FORMATS, rows
from roadmaps.models import Review, Roadmap
from roadmaps.review.auto_approval import is_good_enough
from roadmaps.runs import advance
from roadmaps.services import decide_review
from sharing.services import open_link
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
# "not a person" denies it; a reviewer who checks what scores badly is no claim about this plan.
CLAIM = re.compile(
    r"(?<!not )(checked|reviewed|approved) by (a|an) (person|human|reviewer|expert)"
    r"|(person|human|expert|reviewer) (has |have )?(checked|reviewed|approved)"
    r"|human review|reviewed by people",
    re.IGNORECASE,
)


def text_of(data):
    """The text of an export: for a package, of all its files."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return "\n".join(
            package.read(entry).decode(errors="replace") for entry in package.namelist()
        )


def test_without_the_setting_a_person_decides(review):
    assert review.status == "PENDING"


def test_a_good_plan_is_approved_by_the_system_and_goes_on(owner, settings, story):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    roadmap = courses.designed(owner)
    review = roadmap.reviews.get()
    assert (review.status, review.decided_how, review.decider) == (
        "APPROVED",
        "SYSTEM",
        "the system",
    )
    assert "unseen by a person" in review.comment
    assert story(review) == ["OPENED", "DECIDED"]
    assert not LogEntry.objects.exists()
    assert roadmap.status == "QUEUED"
    assert courses.advance(roadmap).status == "GENERATING"


def test_a_plan_that_the_system_approved_is_nowhere_called_reviewed_by_a_person(
    client, owner, settings, monkeypatch
):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    roadmap = courses.advance(courses.advance(courses.designed(owner)))
    assert roadmap.status == "READY"
    share = open_link(roadmap)
    client.force_login(owner)
    addresses = [
        reverse("home"),
        reverse("roadmap_new"),
        reverse("roadmap_list"),
        reverse("settings"),
        reverse("notice_list"),
        reverse("export_list", args=[roadmap.pk]),
        roadmap.get_absolute_url(),
        roadmap.concepts.first().get_absolute_url(),
        share.get_absolute_url(),
        reverse("shared_concept", args=[share.token, roadmap.concepts.first().slug]),
    ]
    pages = {address: client.get(address).content.decode() for address in addresses}
    texts = {address: " ".join(page.split()) for address, page in pages.items()}
    course = rows.load(roadmap)
    typeset = []

    def compile_nothing(_file, **options):
        typeset.append(options)
        return [b""]

    monkeypatch.setattr(typst, "compile", compile_nothing)
    for name, export in FORMATS.items():
        texts[name] = text_of(export.write(course))
    # A PDF's letters are glyphs: what it is typeset from is its text.
    texts["pdf"] = json.dumps(json.loads(typeset[0]["sys_inputs"]["course"]), ensure_ascii=False)
    for where, text in texts.items():
        assert not CLAIM.search(text), (where, CLAIM.search(text))
    assert "approved by the system" in texts[roadmap.get_absolute_url()]
    for name in ("pdf", "epub", "html", "markdown"):
        assert "Approved by the system, not a person" in texts[name], name


def test_a_plan_that_a_person_approved_is_called_so(client, owner, reviewer, settings):
    roadmap = courses.designed(owner)
    decide_review(roadmap.reviews.get(), "APPROVED", by=reviewer)
    roadmap = courses.advance(courses.advance(roadmap))
    assert CLAIM.search(client.get(open_link(roadmap).get_absolute_url()).content.decode())
    assert "an expert has checked" in client.get(reverse("home")).content.decode()
    assert "Approved by reviewer, " in text_of(FORMATS["markdown"].write(rows.load(roadmap)))


def test_a_score_below_waits_for_a_person(owner, settings):
    settings.AUTO_APPROVE_MIN_SCORE = 100
    assert courses.designed(owner).reviews.get().status == "PENDING"


def test_a_critical_issue_a_failed_edit_and_a_second_round_wait_for_a_person(review, settings):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    review.draft.report["approval_score"] = review.score
    assert is_good_enough(review)
    for name, value in (("open_critical", 1), ("round", 2)):
        before = getattr(review, name)
        setattr(review, name, value)
        assert not is_good_enough(review)
        setattr(review, name, before)
    review.draft.report["skipped"] = ["remove c9: there is no part 'c9'"]
    assert not is_good_enough(review)


def test_what_a_person_asked_for_a_person_checks(review, reviewer, settings):
    decide_review(review, "CHANGES_REQUESTED", by=reviewer, comment="Add rye")
    settings.AUTO_APPROVE_MIN_SCORE = 1
    assert courses.advance(review.roadmap).reviews.filter(status="PENDING", round=2).exists()


def test_a_worker_that_dies_while_deciding_leaves_no_review_half_decided(
    owner, settings, monkeypatch
):
    settings.AUTO_APPROVE_MIN_SCORE = 1
    roadmap = courses.requested(owner)
    monkeypatch.setattr("roadmaps.engine.dispatch.queue_workflow", lambda *_: 1 / 0)
    assert advance.advance(roadmap.pk, roadmap.run_id) == "FAILED"
    assert not Review.objects.exists()
    assert Roadmap.objects.get().status == "FAILED"
