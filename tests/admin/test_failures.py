"""What went wrong, on one page, for who may see it."""

import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from content.models import Export, Quiz, Tutorial
from roadmaps.admin.operations import failures
from roadmaps.models import ModelFailure, Roadmap
from tests import courses
from tests.admin.test_admin_lists import concept

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/failures/"
REASONS = {
    "roadmaps.view_roadmap": "The model for “intent” answered 401",
    "content.view_tutorial": "The tutorial was too short",
    "content.view_quiz": "The rewrite of the quiz failed",
    "content.view_export": "The typesetter gave up",
    "django_celery_results.view_taskresult": "ValueError: nothing to prune",
    "roadmaps.view_modelcall": "HTTP 429: too many requests",
}


@pytest.fixture
def failed():
    course = Roadmap.objects.create(
        owner=courses.person("learner"),
        goal="Learn to mend what broke",
        status="FAILED",
        status_reason=REASONS["roadmaps.view_roadmap"],
    )
    Roadmap.objects.create(owner=course.owner, goal="Learn what goes well")
    one, two = concept(1), concept(2)
    Tutorial.objects.create(concept=one, status="FAILED", error=REASONS["content.view_tutorial"])
    Tutorial.objects.create(concept=two, status="READY")
    Quiz.objects.create(concept=one, status="READY", error=REASONS["content.view_quiz"])
    export = {
        "roadmap": course,
        "owner": course.owner,
        "expires_at": timezone.now() + timedelta(days=1),
    }
    Export.objects.create(
        format="pdf", status="FAILED", error=REASONS["content.view_export"], **export
    )
    Export.objects.create(format="json", status="READY", **export)
    result = '{"exc_type": "ValueError", "exc_message": ["nothing to prune"]}'
    TaskResult.objects.create(
        task_id="1", task_name="maintenance.prune", status="FAILURE", result=result
    )
    TaskResult.objects.create(task_id="2", task_name="maintenance.prune", status="SUCCESS")
    ModelFailure.objects.create(
        thread_id=course.thread_id, role="intent", model="m", reason="429", attempts=3, gave_up=True
    )
    return course


def page_of(client):
    return unescape(client.get(ADDRESS).content.decode())


def test_every_kind_is_listed_with_its_reason_and_a_link_to_its_row(admin_client, failed):
    page = page_of(admin_client)
    assert [reason for reason in REASONS.values() if reason not in page] == []
    assert "Learn what goes well" not in page
    for name, row in (
        ("roadmaps_roadmap", failed),
        ("content_tutorial", Tutorial.objects.get(status="FAILED")),
        ("content_quiz", Quiz.objects.get()),
        ("content_export", Export.objects.get(status="FAILED")),
        ("roadmaps_modelfailure", ModelFailure.objects.get()),
    ):
        address = reverse(f"admin:{name}_change", args=[row.pk])
        assert f'href="{address}"' in page
        assert admin_client.get(address).status_code == 200
    assert page.count('aria-label="Retry: ') == 4
    assert "3 × HTTP 429: too many requests" in page


def test_links_lead_to_lists_of_what_failed_alone(admin_client, failed):
    sections = admin_client.get(ADDRESS).context["sections"]
    for section in sections:
        listed = admin_client.get(section["list_address"]).context["cl"].result_list
        assert len(listed) == len(section["failures"]), section["kind"].name


@pytest.mark.parametrize("permission", REASONS)
def test_each_kind_is_shown_to_who_may_see_its_rows_alone(client, failed, permission):
    client.force_login(courses.person("staff", permission.partition(".")[2], staff=True))
    page = page_of(client)
    assert REASONS[permission] in page
    assert [other for name, other in REASONS.items() if name != permission and other in page] == []
    assert 'aria-label="Retry: ' not in page


def test_who_may_see_none_of_it_opens_nothing_and_is_not_led_there(client, failed):
    client.force_login(courses.person("staff", staff=True))
    assert client.get(ADDRESS).status_code == 403
    assert ADDRESS not in client.get("/admin/").content.decode()


def test_the_page_is_found_from_the_dashboard_and_the_system_page(admin_client):
    for address in ("/admin/", "/admin/system/"):
        assert (
            f'href="{ADDRESS}">Everything that failed' in admin_client.get(address).content.decode()
        )


def test_each_retry_does_what_it_says(admin_client, failed):
    for kind in admin_client.get(ADDRESS).context["sections"]:
        for failure in kind["failures"]:
            if failure.retry and "quiz" not in failure.retry and "tutorial" not in failure.retry:
                admin_client.post(failure.retry, {"_form_submitted": "True"})
    failed.refresh_from_db()
    assert failed.status == "QUEUED"
    assert Export.objects.get(format="pdf").status == "PENDING"


def test_who_may_only_look_has_no_file_written(client, failed):
    export = Export.objects.get(status="FAILED")
    client.force_login(courses.person("looker", "view_export", staff=True))
    address = reverse("admin:content_export_write_one", args=[export.pk])
    assert client.post(address, {"_form_submitted": "True"}).status_code == 403
    export.refresh_from_db()
    assert export.status == "FAILED"


def test_a_kind_has_pages_and_asks_as_often_for_many_as_for_few(admin_client, failed):
    def queries():
        admin_client.get(ADDRESS)
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(ADDRESS)
        return len(asked)

    few = queries()
    TaskResult.objects.bulk_create(
        TaskResult(task_id=str(uuid.uuid4()), status="FAILURE") for _ in range(30)
    )
    Roadmap.objects.bulk_create(
        Roadmap(owner=failed.owner, goal=f"Goal {n}", status="FAILED") for n in range(30)
    )
    assert queries() == few
    second = {
        section["kind"].name: section
        for section in admin_client.get(ADDRESS + "?tasks=2").context["sections"]
    }
    assert (len(second["tasks"]["failures"]), len(second["workflows"]["failures"])) == (11, 20)


@pytest.mark.parametrize(
    "result", ["", "null", "[1]", "no JSON", '{"exc_type": "E", "exc_message": "m"}']
)
def test_whatever_a_task_left_is_no_fault_of_the_page(admin_client, result):
    TaskResult.objects.create(task_id="1", status="FAILURE", result=result)
    assert admin_client.get(ADDRESS).status_code == 200


def test_failed_content_is_found_by_an_index(failed):
    rows = Tutorial.objects.exclude(error="").order_by("-updated_at").values_list("pk")[:21]
    with CaptureQueriesContext(connection), connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")  # of so few rows it would be the cheapest
        try:
            assert "tutorial_failed" in rows.explain()
        finally:
            cursor.execute("RESET enable_seqscan")


@pytest.mark.parametrize("kind", failures.KINDS, ids=lambda kind: kind.name)
def test_the_menu_leads_to_the_page_for_whoever_may_see_one_of_its_kinds(client, kind):
    client.force_login(courses.person("staff", kind.permission.partition(".")[2], staff=True))
    assert ADDRESS in client.get("/admin/").content.decode()
