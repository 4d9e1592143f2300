"""An outside expert reviews one roadmap by a link: as long as it is good, and no more than it
allows.
"""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from roadmaps.exceptions import InvalidTransition
from roadmaps.models import ExpertLink
from roadmaps.plan import shape
from roadmaps.plan.schemas import Operation
from roadmaps.review import expert_links
from roadmaps.review.expert_links import make_expert_link, revoke_expert_link
from roadmaps.review.plan_edits import edit_plan
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def expert():
    return Client(enforce_csrf_checks=False)


def made(review, reviewer, **more):
    link, secret = make_expert_link(review, by=reviewer, **{"name": "Dr. Rye"} | more)
    return link, f"/review/{secret}/"


def answer(client, address, review, decision="", comment=""):
    fields = {"review": review.pk, "draft": review.draft.number, "comment": comment}
    if decision:
        fields["decision"] = decision
    return client.post(address, fields, follow=True)


def test_a_good_link_shows_the_plan_to_who_has_no_account_and_is_logged(
    expert, review, reviewer, story
):
    link, address = made(review, reviewer)
    opened = expert.get(address)
    page = opened.content.decode()
    assert review.draft.plan["stages"][0]["modules"][0]["concepts"][0]["title"] in page
    assert "Approve" not in page
    assert opened["X-Robots-Tag"] == "noindex, nofollow"
    assert opened["Referrer-Policy"] == "same-origin"
    assert "no-store" in opened["Cache-Control"]
    expert.get(address)
    link.refresh_from_db()
    assert link.uses == 2
    assert story(review) == ["OPENED", "LINK_MADE", "LINK_USED"]


def test_the_page_speaks_the_expert_s_language(expert, review, reviewer):
    _, address = made(review, reviewer, may_decide=True)
    page = expert.get(address, headers={"accept-language": "zh-CN"}).content.decode()
    assert all(
        words in page for words in ("通过", "不予通过", "检查发现的问题", "规划", "此链接有效期至")
    )
    assert not re.search(r"Approve|Request changes|What the checks|hours a week", page)


def test_only_the_hash_of_the_secret_is_kept(review, reviewer):
    link, address = made(review, reviewer)
    assert address.split("/")[2] not in str(ExpertLink.objects.values().get())
    assert address.split("/")[2] not in str(list(review.events.values()))


def test_a_wrong_link_is_no_page_at_all(expert, review, reviewer):
    _, address = made(review, reviewer)
    assert expert.get(address[:-2] + "/").status_code == 404
    assert expert.get("/review/x/").status_code == 404


def test_an_expired_and_a_withdrawn_link_say_so_and_do_nothing(expert, review, reviewer):
    link, address = made(review, reviewer, may_decide=True)
    ExpertLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    gone = answer(expert, address, review, "APPROVED")
    assert gone.status_code == 410
    assert "has expired on" in gone.content.decode()
    other, address = made(review, reviewer, may_decide=True)
    revoke_expert_link(other, by=reviewer)
    gone = answer(expert, address, review, "APPROVED")
    assert gone.status_code == 410
    assert "was withdrawn on" in gone.content.decode()
    with pytest.raises(InvalidTransition, match="has ended already"):
        revoke_expert_link(other, by=reviewer)
    review.refresh_from_db()
    assert review.status == "PENDING"


def leave(reviewer, settings):
    reviewer.user_permissions.clear()


def be_no_staff(reviewer, settings):
    type(reviewer).objects.filter(pk=reviewer.pk).update(is_staff=False)


def be_inactive(reviewer, settings):
    type(reviewer).objects.filter(pk=reviewer.pk).update(is_active=False)


def be_deleted(reviewer, settings):
    reviewer.delete()


def lack_a_second_factor(reviewer, settings):
    settings.REQUIRE_STAFF_MFA = True


@pytest.mark.parametrize(
    "lose", [leave, be_no_staff, be_inactive, be_deleted, lack_a_second_factor]
)
@pytest.mark.parametrize("may_decide", [True, False])
def test_a_link_ends_when_who_made_it_may_no_longer_decide(
    expert, client, review, reviewer, colleague, settings, lose, may_decide
):
    link, address = made(review, reviewer, may_decide=may_decide)
    other, other_address = made(review, colleague, name="Prof. Spelt")
    assert expert_links.good_links(review.roadmap) == {link.pk, other.pk}
    assert expert.get(address).status_code == 200
    lose(reviewer, settings)
    for decision in ("APPROVED", ""):
        gone = answer(expert, address, review, decision, "Stage 2 is thin")
        assert gone.status_code == 410
        assert "who made it doesn&#x27;t review plans any more" in gone.content.decode()
    for use in (expert_links.comment_by_link, expert_links.decide_by_link):
        words = ("Thin",) if use is expert_links.comment_by_link else ("APPROVED", "")
        with pytest.raises(PermissionDenied, match="This link has ended"):
            use(link, review, *words)
    assert link.pk not in expert_links.good_links(review.roadmap)
    review.refresh_from_db()
    assert review.status == "PENDING"
    assert not review.events.filter(kind="COMMENTED").exists()
    if lose is not lack_a_second_factor:  # which a colleague lacks too
        assert expert.get(other_address).status_code == 200


def test_a_link_to_decide_ends_when_the_plan_becomes_its_makers_own(expert, review, reviewer):
    _, address = made(review, reviewer, may_decide=True)
    _, to_comment = made(review, reviewer)
    type(review.roadmap).objects.filter(pk=review.roadmap_id).update(owner=reviewer)
    assert expert.get(address).status_code == 410
    assert expert.get(to_comment).status_code == 200


def test_an_expert_comments_but_decides_only_if_the_link_allows_it(expert, review, reviewer):
    _, address = made(review, reviewer)
    assert (
        "is with the reviewers"
        in answer(expert, address, review, comment="Stage 2 is thin").content.decode()
    )
    said = review.events.last()
    assert (said.kind, said.actor, said.actor_name, said.text) == (
        "COMMENTED",
        None,
        "the expert Dr. Rye",
        "Stage 2 is thin",
    )
    refused = answer(expert, address, review, "APPROVED")
    assert (refused.status_code, "you may comment, but not decide" in refused.content.decode()) == (
        400,
        True,
    )
    assert answer(expert, address, review).status_code == 400
    review.refresh_from_db()
    assert review.status == "PENDING"


def test_an_expert_decides_once_and_goes_on_to_the_next_round(expert, review, reviewer):
    _, address = made(review, reviewer, may_decide=True)
    answer(expert, address, review, "CHANGES_REQUESTED", "More about rye")
    review.refresh_from_db()
    assert (review.status, review.decided_how, review.decider) == (
        "CHANGES_REQUESTED",
        "EXPERT",
        "the expert Dr. Rye",
    )
    activity = LogEntry.objects.filter(user=reviewer).order_by("pk")
    assert [entry.change_message for entry in activity] == [
        "Made an expert link for Dr. Rye, who may decide",
        "Changes requested by the expert Dr. Rye, with a link that this user made",
    ]
    second = courses.advance(review.roadmap).reviews.pending().get()
    page = expert.get(address).content.decode()
    assert "Round 2" in page
    stale = answer(expert, address, review, "APPROVED")
    assert "already decided: changes requested by the expert Dr. Rye" in stale.content.decode()
    second.refresh_from_db()
    assert second.status == "PENDING"
    answer(expert, address, second, "APPROVED")
    second.refresh_from_db()
    assert second.status == "APPROVED"


def test_a_comment_is_kept_in_the_form_when_a_reviewer_was_faster(expert, review, reviewer):
    _, address = made(review, reviewer, may_decide=True)
    decide_review(review, "APPROVED", by=reviewer)
    page = answer(expert, address, review, "REJECTED", "Please don't").content.decode()
    assert "already decided: approved by reviewer" in page
    assert "Please don&#x27;t</textarea>" in page


def test_a_comment_between_reviewers_is_internal_unless_its_writer_addresses_experts(
    client, expert, review, reviewer, colleague
):
    _, address = made(review, reviewer)
    _, other_address = made(review, reviewer, name="Prof. Spelt")
    answer(expert, other_address, review, comment="Only for the reviewers")
    client.force_login(colleague)
    act = reverse("admin:roadmaps_review_act", args=[review.pk, "comment"])
    internal = client.post(act, {"comment": "Between us: weak"}, follow=True)
    assert "for reviewers only" in internal.content.decode()
    client.post(act, {"comment": "Please look at stage 2", "to_experts": "1"})
    page = expert.get(address).content.decode()
    assert "Please look at stage 2" in page
    assert "Between us" not in page
    assert "Only for the reviewers" not in page
    assert "Only for the reviewers" in expert.get(other_address).content.decode()
    history = client.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    assert history.count("experts with a link can read it") == 1
    assert "Between us: weak" in history


def test_an_expert_reads_the_reason_of_a_decision(expert, review, reviewer):
    _, address = made(review, reviewer)
    decide_review(review, "REJECTED", by=reviewer, comment="Too broad")
    assert "Too broad" in expert.get(address).content.decode()


def test_a_link_is_for_its_own_roadmap_only(expert, review, reviewer, owner):
    _, address = made(review, reviewer, may_decide=True)
    other = courses.designed(owner, goal="Learn something else instead").reviews.get()
    assert answer(expert, address, other, "APPROVED").status_code == 404
    other.refresh_from_db()
    assert other.status == "PENDING"


def test_a_link_writes_only_so_much_in_an_hour(expert, review, reviewer, monkeypatch):
    monkeypatch.setattr(expert_links, "WRITES_MAX", 2)
    _, address = made(review, reviewer)
    for _ in range(2):
        assert answer(expert, address, review, comment="Again").status_code == 200
    refused = answer(expert, address, review, comment="And again")
    assert "go on a little later" in refused.content.decode()


def test_who_may_not_decide_makes_no_link_and_no_detour_to_the_own_request(review, reviewer):
    with pytest.raises(PermissionDenied):
        made(review, courses.person("looker", "view_review", staff=True))
    own = courses.designed(reviewer).reviews.get()
    with pytest.raises(PermissionDenied, match="your own request"):
        made(own, reviewer, may_decide=True)
    made(own, reviewer)


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"name": "x" * 151}, {"email": "nowhere"}, {"days": 0}, {"days": 366}]
)
def test_a_link_needs_a_name_and_an_end(review, reviewer, wrong):
    with pytest.raises(ValidationError):
        made(review, reviewer, **wrong)


def test_from_the_desk_a_link_is_made_shown_once_mailed_and_withdrawn(
    client, expert, review, reviewer
):
    client.force_login(reviewer)
    page = reverse("admin:roadmaps_review_change", args=[review.pk])

    def act(do, **fields):
        address = reverse("admin:roadmaps_review_act", args=[review.pk, do])
        return client.post(
            address, fields, follow=True, headers={"referer": f"http://testserver{page}"}
        )

    shown = act(
        "link", name="Dr. <b>Rye</b>", email="rye@example.org", may_decide="1"
    ).content.decode()
    address = re.search(r"<code>http://testserver(/review/[^<]+)</code>", shown).group(1)
    assert "Dr. &lt;b&gt;Rye&lt;/b&gt;" in shown
    assert "<b>Rye</b>" not in shown
    assert (
        f"http://127.0.0.1:8000{address}" in mail.outbox[0].body
    )  # PUBLIC_URL, whatever the request says
    assert address not in client.get(page).content.decode()
    assert "Approve" in expert.get(address).content.decode()
    assert (
        "opens nothing any more" in act("revoke", link=ExpertLink.objects.get().pk).content.decode()
    )
    assert expert.get(address).status_code == 410


def test_the_desk_assigns_comments_and_shows_the_history(client, review, reviewer, colleague):
    client.force_login(reviewer)
    for do, fields in (
        ("assign", {"to": colleague.pk}),
        ("comment", {"comment": "Looks <i>good</i>"}),
        ("claim", {}),
    ):
        client.post(reverse("admin:roadmaps_review_act", args=[review.pk, do]), fields, follow=True)
    page = client.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    assert re.search(r"Assigned to\s+colleague", page)
    assert "Looks &lt;i&gt;good&lt;/i&gt;" in page
    assert "reviewer is reviewing it, until" in page
    assert page.count("is reviewing it, until") == 1  # who claimed it needs no notice
    client.force_login(courses.person("looker", "view_review", staff=True))
    page = client.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    assert page.count("is reviewing it, until") == 2
    assert "Looks &lt;i&gt;good" in page
    assert "Make a link" not in page


def test_an_expert_decides_the_draft_that_was_on_the_page(expert, review, reviewer):
    _, address = made(review, reviewer, may_decide=True)
    concept = next(shape.concepts(review.draft.plan))
    change = Operation(op="modify", target=concept["id"], minutes=33, reason="Shorter")
    edit_plan(review, [change], by=reviewer, draft_number=1)
    sent = {"review": review.pk, "decision": "APPROVED"}
    refused = expert.post(address, sent | {"draft": "1"})
    assert "since you opened it, reviewer saved draft 2" in refused.content.decode()
    assert 'name="draft" value="2"' in refused.content.decode()
    assert (
        "Approved. Thank you."
        in expert.post(address, sent | {"draft": "2"}, follow=True).content.decode()
    )
