"""The page of one model call: numbers for many, its text for few, and each look is on record."""

import json
import uuid
from datetime import timedelta
from html import unescape
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from roadmaps import llm
from roadmaps.engine import loop
from roadmaps.exceptions import LLMError
from roadmaps.llm import transport
from roadmaps.models import ModelCall, ModelFailure, Roadmap
from roadmaps.removal import erasure, personal_data, retention
from tests import courses
from tests.llm.test_ask import ask_here

pytestmark = pytest.mark.django_db(transaction=True)
PRIVATE = "Learn to bake bread for my mother's <b>funeral</b>"
PROMPT = [
    {"role": "system", "text": "You design courses."},
    {"role": "human", "text": json.dumps({"goal": PRIVATE})},
]


@pytest.fixture
def roadmap():
    return Roadmap.objects.create(owner=courses.person("owner"), goal="Learn to bake bread")


@pytest.fixture
def call(roadmap):
    return ModelCall.objects.create(
        thread_id=roadmap.thread_id,
        role="intent",
        input_hash="1",
        model="openai:test",
        input_tokens=1234,
        prompt=PROMPT,
        answer={"outcome": "You bake <i>well</i>"},
    )


@pytest.fixture
def server(model_server, settings, monkeypatch):
    settings.LLM_MODEL = "openai:test"
    settings.LLM_BASE_URL = model_server.url
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", 0.01)
    loop.run(llm.close())
    yield model_server
    loop.run(llm.close())


def page_of(client, call):
    return client.get(reverse("admin:roadmaps_modelcall_change", args=[call.pk])).content.decode()


def looks(call):
    return list(
        LogEntry.objects.filter(object_id=str(call.pk)).values_list("user__username", flat=True)
    )


def test_who_may_read_sees_prompt_and_answer_as_text_and_each_look_is_recorded(client, call):
    client.force_login(
        courses.person("reader", "view_modelcall", "view_modelcall_text", staff=True)
    )
    page = page_of(client, call)
    assert PRIVATE in unescape(page)
    assert "<b>funeral" not in page
    assert "<i>well" not in page
    assert "You design courses." in page
    assert "1,234" in page
    page_of(client, call)
    assert looks(call) == ["reader", "reader"]
    client.force_login(User.objects.create_superuser("root"))
    assert (
        "Read the prompt and the answer." in client.get("/admin/admin/logentry/").content.decode()
    )


def test_who_may_see_calls_only_sees_numbers(client, call):
    client.force_login(courses.person("looker", "view_modelcall", staff=True))
    page = page_of(client, call)
    assert "1,234" in page
    assert "You see the numbers only" in page
    for words in ("funeral", "You design", "You bake"):
        assert words not in page
        assert words not in client.get("/admin/roadmaps/modelcall/").content.decode()
    assert looks(call) == []


def test_the_right_to_read_alone_opens_no_page(client, call):
    client.force_login(courses.person("reader", "view_modelcall_text", staff=True))
    response = client.get(reverse("admin:roadmaps_modelcall_change", args=[call.pk]))
    assert response.status_code == 403
    assert looks(call) == []


def test_reviewers_do_not_have_the_right():
    import_module("roadmaps.migrations.0005_reviewers").make_reviewers(apps, None)
    names = set(Group.objects.get(name="Reviewers").permissions.values_list("codename", flat=True))
    assert "view_review" in names
    assert "view_modelcall_text" not in names


def test_the_journal_keeps_what_was_asked_with_a_roadmap_that_it_can_be_deleted_with(
    server, roadmap
):
    loop.run(ask_here(str(roadmap.thread_id), goal=PRIVATE))
    loop.run(ask_here(str(uuid.uuid4()), goal=PRIVATE))
    mine, nobodys = (
        ModelCall.objects.get(thread_id=roadmap.thread_id),
        ModelCall.objects.latest("pk"),
    )
    assert [line["role"] for line in mine.prompt] == ["system", "human"]
    assert json.loads((mine.prompt or [])[1]["text"])["request"]["goal"] == PRIVATE
    assert (nobodys.thread_id != mine.thread_id, nobodys.prompt) == (True, None)


def test_the_prompt_is_the_one_that_was_answered(server, roadmap):
    server.faults["Intent"] = ["not_json"]
    loop.run(ask_here(str(roadmap.thread_id)))
    kept = ModelCall.objects.get().prompt or []
    assert "Your last answer could not be used" in kept[-1]["text"]


def test_the_built_in_author_is_sent_no_prompt(admin_client, roadmap):
    loop.run(ask_here(str(roadmap.thread_id)))
    call = ModelCall.objects.get()
    assert call.prompt is None
    page = page_of(admin_client, call)
    assert "no model was asked, and no prompt was sent" in page
    assert call.answer["outcome"] in unescape(page)


def test_prompts_are_deleted_after_prune_days_and_the_page_says_when(admin_client, call, settings):
    retention.prune()
    assert ModelCall.objects.get().prompt == PROMPT
    ModelCall.objects.update(
        created_at=timezone.now() - timedelta(days=settings.PRUNE_AFTER_DAYS + 1)
    )
    assert retention.prune()["prompts"] == 1
    call.refresh_from_db()
    assert call.prompt is None
    assert call.answer  # its thread may still go on
    text = " ".join(page_of(admin_client, call).split())
    deleted_at = call.text_deleted_at.isoformat()[:16]
    assert f'The prompt was deleted on <time datetime="{deleted_at}' in text
    assert "funeral" not in text


def test_a_call_of_before_says_that_no_prompt_was_kept(admin_client, call):
    ModelCall.objects.update(prompt=None)
    assert "made before Cairn kept them" in page_of(admin_client, call)


def test_nothing_of_an_erased_roadmap_can_be_read(admin_client, call, roadmap):
    ModelFailure.objects.create(
        thread_id=roadmap.thread_id,
        role="intent",
        model="m",
        reason="429",
        attempts=1,
        gave_up=False,
    )
    erasure.erase(Roadmap.objects.all())
    call.refresh_from_db()
    assert (call.prompt, call.answer, ModelFailure.objects.count()) == (None, {}, 0)
    text = " ".join(page_of(admin_client, call).split())
    assert "deleted with its roadmap" in text
    assert "1,234" in text
    assert looks(call) == []


def test_who_leaves_takes_their_prompts_along(call, roadmap):
    roadmap.owner.delete()
    call.refresh_from_db()
    assert (call.prompt, call.answer) == (None, {})


def test_a_persons_download_holds_what_was_asked_about_their_roadmaps(call, roadmap):
    other = courses.person("other")
    mine = dict(personal_data.everything_of(roadmap.owner))
    assert mine[f"roadmaps/{roadmap.pk}"]["model_calls"][0]["prompt"] == PROMPT
    theirs = list(personal_data.everything_of(other))
    assert "funeral" not in json.dumps(theirs, default=str)


def test_attempts_that_failed_are_listed_by_reason(server, admin_client, client, roadmap, settings):
    server.faults["Intent"] = ["429", "429", "not_json"]
    thread = str(roadmap.thread_id)
    loop.run(ask_here(thread))
    settings.LLM_MAX_ATTEMPTS = 2
    server.faults["Intent"] = ["500", "500"]
    with pytest.raises(LLMError):
        loop.run(ask_here(thread, goal="Something else"))
    rows = set(ModelFailure.objects.values_list("reason", "attempts", "gave_up"))
    assert rows == {("429", 2, False), ("unusable", 1, False), ("500", 2, True)}

    def listed(query):
        page = admin_client.get(f"/admin/roadmaps/modelfailure/{query}").context["cl"].result_list
        return {row.reason for row in page}

    assert listed("") == {"429", "unusable", "500"}
    assert listed("?reason=429") == {"429"}
    assert listed("?gave_up__exact=1") == {"500"}
    page = admin_client.get("/admin/roadmaps/modelfailure/").content.decode()
    assert "HTTP 429: too many requests" in unescape(page)
    client.force_login(courses.person("staff", "view_roadmap", staff=True))
    assert client.get("/admin/roadmaps/modelfailure/").status_code == 403
    ModelFailure.objects.update(
        created_at=timezone.now() - timedelta(days=settings.PRUNE_AFTER_DAYS + 1)
    )
    assert retention.prune()["model_failures"] == 3


def test_a_call_that_gets_through_writes_no_failure(server, roadmap):
    loop.run(ask_here(str(roadmap.thread_id)))
    assert not ModelFailure.objects.exists()
