"""The inbox: its order, its lists, what it costs, and acting from it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from roadmaps.models import Draft, Review, Roadmap
from roadmaps.plan import shape
from roadmaps.plan.schemas import Operation
from roadmaps.review.desk import assign_review, claim_review
from roadmaps.review.plan_edits import edit_plan
from roadmaps.services import decide_review
from tests import courses

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/roadmaps/review/"


def made(owner, number=1, **fields):
    """Reviews without a workflow: `number` of them, with plans of no size."""
    report = {
        "score": 80,
        "issues": [],
        "skipped": [],
        "scores": [],
        "minutes": 60,
        "budget_minutes": 60,
    }
    rows = []
    for index in range(number):
        roadmap = Roadmap.objects.create(
            owner=owner, goal=f"Learn the thing with number {index}", status="AWAITING_REVIEW"
        )
        draft = Draft.objects.create(
            roadmap=roadmap, number=1, plan={"title": "T", "stages": []}, report=report
        )
        rows.append(
            Review.objects.create(
                roadmap=roadmap,
                draft=draft,
                interrupt_id="i",
                **{"score": 80, "language": "en"} | fields,
            )
        )
    return rows if number > 1 else rows[0]


def listed(client, query=""):
    return [row.pk for row in client.get(LIST + query).context["cl"].result_list]


def act(client, review, do, **headers):
    address = reverse("admin:roadmaps_review_act", args=[review.pk, do])
    return client.post(address, seen_of([review]), follow=True, headers=headers)


def seen_of(reviews):
    """The fields in which the list's rows name their drafts."""
    return {"seen": [f"{review.pk}:{review.draft_id}" for review in reviews]}


def bulk(client, action, reviews, query="", **more):
    chosen = {"action": action, "_selected_action": [review.pk for review in reviews]}
    fields = chosen | seen_of(reviews) | more
    return client.post(LIST + query, fields, follow=True).content.decode()


def test_the_longest_waiting_comes_first_and_what_is_decided_last_newest_on_top(desk, owner):
    old, new, done, done_later = made(owner, 4)
    Review.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    for one in (done, done_later):
        decide_review(one, "REJECTED", by=None, comment="No")
    assert listed(desk) == [old.pk, new.pk, done_later.pk, done.pk]


def test_lists_of_decided_reviews_begin_with_the_newest_decision(desk, owner):
    waiting, first, second, third = made(owner, 4)
    superseded = made(owner, status="SUPERSEDED")
    for minutes, review in ((30, second), (20, third), (10, first)):
        decide_review(review, "REJECTED", by=None, comment="No")
        at = timezone.now() - timedelta(minutes=minutes)
        Review.objects.filter(pk=review.pk).update(decided_at=at)
    newest_first = [first.pk, third.pk, second.pk]
    assert listed(desk, "?status__exact=REJECTED") == newest_first
    assert listed(desk, "?decided_at__isnull=0") == newest_first
    assert listed(desk) == [waiting.pk, *newest_first, superseded.pk]
    assert listed(desk, "?status__exact=PENDING") == [waiting.pk]
    assert "10\xa0minutes ago" in desk.get(LIST + "?status__exact=REJECTED").content.decode()


@pytest.mark.parametrize(
    ("query", "index"),
    [("", "review_inbox_decided"), ("?status__exact=REJECTED", "review_by_status_decided")],
)
def test_the_order_of_a_list_comes_from_an_index(desk, owner, query, index):
    made(owner, 2)
    rows = desk.get(LIST + query).context["cl"].queryset.values_list("pk")[:31]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would be the cheapest
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_incremental_sort = off")
        assert index in rows.explain()


def test_every_list_shows_its_own(desk, owner, reviewer, colleague):
    plain = made(owner)
    mine = assign_review(made(owner), reviewer, by=colleague)
    claimed = claim_review(made(owner), by=reviewer)
    late = made(owner, due_at=timezone.now() - timedelta(hours=1))
    again = made(owner, round=2)
    critical = made(owner, open_critical=1)
    german = made(owner, language="de")
    done = decide_review(made(owner), "REJECTED", by=None, comment="No")
    everything = {plain.pk, mine.pk, claimed.pk, late.pk, again.pk, critical.pk, german.pk, done.pk}
    expected = {
        "": everything,
        "?desk=mine": {mine.pk, claimed.pk},
        "?desk=unassigned": everything - {mine.pk, done.pk},
        "?desk=claimed": {claimed.pk},
        "?due=overdue": {late.pk},
        "?due=later": everything - {late.pk, done.pk},
        "?rounds=later": {again.pk},
        "?critical=open": {critical.pk},
        "?language=de": {german.pk},
        "?status__exact=REJECTED": {done.pk},
        "?desk=nonsense": everything,
    }
    for query, wanted in expected.items():
        assert set(listed(desk, query)) == wanted, query


def test_tabs_tell_how_many_wait(desk, owner, reviewer, monkeypatch):
    made(owner, 2)
    assign_review(made(owner, due_at=timezone.now() - timedelta(hours=1)), reviewer, by=reviewer)
    decide_review(made(owner), "REJECTED", by=None, comment="No")
    counts = {tab.label: tab.count for tab in desk.get(LIST).context["tabs"]}
    assert counts == {
        "Pending": "3",
        "Mine": "1",
        "Unassigned": "2",
        "Overdue": "1",
        "Round 2 and later": "0",
        "Unresolved critical": "0",
        "Decided": "",
        "All": "",
    }
    monkeypatch.setattr("roadmaps.admin.desk.tabs.COUNTED_MOST", 2)
    assert [tab.count for tab in desk.get(LIST).context["tabs"]][:2] == ["2+", ""]


def test_search_finds_plans_goals_and_learners(desk, owner):
    first, second = made(owner), made(courses.person("rosa"))
    Roadmap.objects.filter(pk=first.roadmap_id).update(title="Rye bread")
    assert listed(desk, "?q=rye") == [first.pk]
    assert listed(desk, "?q=rosa") == [second.pk]
    assert listed(desk, "?q=nothing") == []


def test_pages_go_on_to_the_last_review_and_count_nothing(desk, owner):
    rows = made(owner, 70)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        pages = [listed(desk, f"?p={number}") for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [30, 30, 10, 0]
    assert [pk for page in pages for pk in page] == [row.pk for row in rows]
    assert not [
        one["sql"] for one in asked if 'COUNT(*) AS "__count" FROM "roadmaps_review"' in one["sql"]
    ]
    assert 'rel="next"' in desk.get(LIST + "?p=2").content.decode()
    assert 'rel="next"' not in desk.get(LIST + "?p=3").content.decode()


@pytest.mark.parametrize("query", ["", "?desk=mine", "?q=thing"])
def test_thirty_rows_cost_as_many_queries_as_two(desk, owner, reviewer, colleague, query):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert listed(desk, query)
        assert not [one["sql"] for one in asked if '"roadmaps_draft"."plan"' in one["sql"]]
        return len(asked)

    for review in made(owner, 2):
        assign_review(review, reviewer, by=colleague)
    few = cost()
    for review in made(courses.person("other"), 28):
        assign_review(review, reviewer, by=colleague)
        claim_review(review, by=colleague)
    assert cost() == few


def test_a_row_is_claimed_released_assigned_and_approved_from_the_list(desk, review, reviewer):
    page = desk.get(LIST).content.decode()
    assert f"Claim: Review of {review.roadmap}" in page
    assert f"Approve: Review of {review.roadmap}" in page
    came_from = f"http://testserver{LIST}?desk=mine"
    assert act(desk, review, "claim", referer=came_from).redirect_chain == [(came_from, 302)]
    assert "reviewer is reviewing it, until" in (page := desk.get(LIST).content.decode())
    assert "Release: Review of" in page
    act(desk, review, "release")
    act(desk, review, "assign")
    assert listed(desk, "?desk=mine") == [review.pk]
    assert "1 approved." in act(desk, review, "approve").content.decode()
    assert act(desk, review, "dance").status_code == 404
    assert (
        desk.get(reverse("admin:roadmaps_review_act", args=[review.pk, "approve"])).status_code
        == 405
    )


def test_nothing_leads_away_to_another_site(desk, review):
    chain = act(desk, review, "claim", referer="https://evil.example/").redirect_chain
    assert chain == [(LIST, 302)]


def test_in_bulk_what_a_colleague_is_reviewing_is_skipped_and_named(desk, owner, colleague):
    free, taken, done = (
        courses.designed(owner, goal=f"Learn the subject {n}").reviews.get() for n in "abc"
    )
    claim_review(taken, by=colleague)
    decide_review(done, "APPROVED", by=colleague)
    page = bulk(desk, "approve_selected", [free, taken, done], query="?status__exact=PENDING")
    assert "1 approved." in page
    assert "skipped. colleague is reviewing it, until" in page
    assert "skipped. This review was already decided: approved by colleague" in page
    taken.refresh_from_db()
    assert taken.status == "PENDING"


@pytest.mark.parametrize("by_row", [True, False])
def test_what_was_edited_since_the_list_was_shown_is_not_decided_unseen(
    desk, owner, colleague, by_row
):
    review = courses.designed(owner, goal="Learn what is edited meanwhile").reviews.get()
    seen = {"seen": f"{review.pk}:{review.draft_id}"}
    row = f'name="seen" value="{review.pk}:{review.draft_id}"'
    assert row in desk.get(LIST).content.decode()
    first = next(shape.concepts(review.draft.plan))["id"]
    renamed = Operation(
        op="modify", target=first, title="What a colleague calls it", reason="It is clearer"
    )
    edit_plan(review, [renamed], by=colleague, draft_number=1)
    approve = reverse("admin:roadmaps_review_act", args=[review.pk, "approve"])
    if by_row:
        page = desk.post(approve, seen, follow=True).content.decode()
    else:
        page = bulk(desk, "approve_selected", [review], **seen)
    assert "Nothing was decided: since you opened it" in page
    asked = bulk(desk, "request_changes_selected", [review], **seen)
    assert row in asked  # the page that asks for the comment hands it on
    review.refresh_from_db()
    assert review.status == "PENDING"
    assert "1 approved." in bulk(
        desk, "approve_selected", [review], seen=f"{review.pk}:{review.draft_id}"
    )


def test_many_are_assigned_at_once(desk, owner, reviewer):
    reviews = made(owner, 2)
    assert "2 assigned to you." in bulk(desk, "assign_to_me_selected", reviews)
    assert set(listed(desk, "?desk=mine")) == {review.pk for review in reviews}


def test_who_may_only_look_sees_the_list_but_no_button_box_or_action(client, review):
    client.force_login(courses.person("looker", "view_review", staff=True))
    page = client.get(LIST).content.decode()
    assert str(review.roadmap) in page
    for control in ("formaction", 'name="_selected_action"', 'name="action"'):
        assert control not in page
    for do in ("claim", "assign", "approve"):
        assert "may look at reviews, but not decide" in act(client, review, do).content.decode()
    review.refresh_from_db()
    assert (review.status, review.claimed_by, review.assigned_to) == ("PENDING", None, None)


@pytest.mark.parametrize("staff", [False, True])
def test_who_may_not_look_does_not_see_the_inbox(client, review, staff):
    client.force_login(courses.person("somebody", staff=staff))
    assert client.get(LIST).status_code == (403 if staff else 302)
    assert act(client, review, "approve").status_code in (200, 403)
    review.refresh_from_db()
    assert review.status == "PENDING"


def test_what_learners_and_models_write_is_shown_as_text(desk, owner):
    nasty = "<script>alert(1)</script>{{ 7|add:7 }}"
    review = made(owner)
    Roadmap.objects.filter(pk=review.roadmap_id).update(title=nasty, goal=f"{nasty} and more of it")
    page = desk.get(LIST).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7|add:7 }}" in page


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(hours=48), "in 2\xa0days"),
        (timedelta(hours=30), "in 1\xa0day<"),
        (timedelta(hours=5, minutes=50), "in 6\xa0hours"),
        (timedelta(minutes=-90), "1\xa0hour overdue"),
    ],
)
def test_a_due_time_is_rounded(desk, owner, left, said):
    made(owner, due_at=timezone.now() + left)
    assert said in desk.get(LIST).content.decode()
