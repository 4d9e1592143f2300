"""Sentences that rows keep: English in the table, and told to each reader in their language."""

import asyncio

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.urls import reverse
from django.utils import translation

from accounts import mail
from accounts.models import Notice, Preferences
from content.models import Tutorial
from logs_app.history import events_of
from roadmaps import progress, sentences
from roadmaps.engine.recovery import recover
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.sentences import Sentence
from roadmaps.services import cancel_run, retry_run
from tests import courses
from tests.pages import chinese
from tests.pages.test_socket import connect, hear, leave, socket


def given_up(roadmap, settings):
    """As if its worker had died too often."""
    old = {"attempts": settings.MAX_ATTEMPTS, "dispatched_at": "2020-01-01T00:00Z"}
    Roadmap.objects.filter(pk=roadmap.pk).update(status=RoadmapStatus.RUNNING, **old)
    recover()
    return Roadmap.objects.get(pk=roadmap.pk)


# One sentence.


def test_a_sentence_is_english_and_is_said_in_another_language():
    told = Sentence("%(step)s: done", step=Sentence("Checking the plan"))
    assert told == "Checking the plan: done"
    with translation.override("zh-hans"):
        assert sentences.in_words(told) == "检查方案：完成"


def test_somebodys_own_words_stay_theirs():
    with translation.override("zh-hans"):
        assert sentences.in_words("Ready") == "Ready"
    assert sentences.columns("error", "No. 100%(x)s") == {
        "error": "No. 100%(x)s",
        "error_source": None,
    }


@pytest.mark.parametrize(
    "source",
    [
        None,
        [],
        {"text": "Retried by %(who)s"},
        {"text": "Retried by %(who)s", "facts": {}},
        {"text": "Retried by %(who)s", "facts": {"name": "小林"}},
        {"text": "Retried by %(who)s", "facts": {"who": "somebody else"}},
        {"text": None, "facts": None},
    ],
)
def test_a_text_that_was_not_made_from_its_source_stays_as_it_is(source):
    with translation.override("zh-hans"):
        assert sentences.say("Retried by 小林", source) == "Retried by 小林"
        assert sentences.say("", {"text": "Ready", "facts": {}}) == ""


def test_what_was_cut_for_its_column_is_still_said():
    kept = sentences.columns("error", Sentence("%(who)s edited the plan", who="x" * 2000))
    assert len(kept["error"]) == 1000
    with translation.override("zh-hans"):
        assert sentences.say(kept["error"], kept["error_source"]).endswith("编辑了方案")


# The timeline.


@pytest.mark.django_db(transaction=True)
def test_the_timeline_is_in_the_readers_language(chinese_browser, learner):
    roadmap = courses.written(learner, goal="学会自己在家烤酸种面包", language="zh-Hans")
    retry_run(
        cancel_run(courses.requested(learner, goal="学会自己在家煮意式咖啡"), by=learner),
        by=learner,
    )
    said = [one["message"] for one in events_of(roadmap.pk)]
    assert "The plan waits for a reviewer" in said
    assert "Approved by the command line" in said
    page = chinese_browser.get(roadmap.get_absolute_url()).content.decode()
    timeline = page.partition('id="timeline"')[2].partition("</ol>")[0]
    for text in ("目标已提交", "理解目标：完成", "已通过（命令行）", "的测验已就绪", "课程已就绪"):
        assert text in timeline
    ours = [
        word
        for word in chinese.read(f'<html lang="zh-hans">{timeline}').english()
        if word.isalpha()
    ]
    assert {word.lower() for word in ours} & {
        "ready",
        "approved",
        "plan",
        "done",
        "quiz",
        "worker",
    } == set()


@pytest.mark.django_db(transaction=True)
def test_events_of_before_are_shown_as_they_were_written(chinese_browser, learner):
    roadmap = courses.requested(learner)
    progress.record(roadmap.pk, "told", "Written <before> this")
    assert (
        "Written &lt;before&gt; this"
        in chinese_browser.get(roadmap.get_absolute_url()).content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_an_open_page_hears_its_own_language():
    owner = courses.person("owner")
    roadmap = courses.requested(owner)
    heard = {}

    async def listen(language, opened):
        assert await connect(opened)
        heard[language] = [(await hear(opened))["events"][0]["message"]]
        progress.record(roadmap.pk, "retried", Sentence("Retried by %(who)s", who="小林"))
        heard[language].append((await hear(opened))["event"]["message"])
        await leave(opened)

    for language in ("zh-hans", "en", "tlh", "%ff"):
        asyncio.run(listen(language, socket(roadmap.pk, owner, query=f"language={language}")))
    assert heard["zh-hans"] == ["目标已提交，工作进程将设计方案", "小林 已重试"]
    english = ["The goal is stated; a worker will design the plan", "Retried by 小林"]
    assert heard["en"] == heard["tlh"] == heard["%ff"] == english


# Reasons, notices and mail.


@pytest.mark.django_db(transaction=True)
def test_reasons_and_notices_are_in_the_readers_language(chinese_browser, learner, settings):
    roadmap = given_up(courses.requested(learner, goal="学会自己在家烤酸种面包"), settings)
    assert roadmap.status_reason.startswith(f"Its worker died {settings.MAX_ATTEMPTS} times")
    for address in (roadmap.get_absolute_url(), reverse("notice_list")):
        page = chinese_browser.get(address).content.decode()
        assert f"工作进程中断了 {settings.MAX_ATTEMPTS} 次" in page
        assert "Its worker died" not in page
    Roadmap.objects.filter(pk=roadmap.pk).update(status_reason="Told by a worker of before")
    assert (
        "Told by a worker of before"
        in chinese_browser.get(roadmap.get_absolute_url()).content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_a_mail_speaks_as_the_pages_did(client, learner, settings):
    learner.email = "lin@example.org"
    learner.save()
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    signed_in = {"login": learner.username, "password": learner.username}
    client.post(reverse("account_login"), signed_in, headers={"accept-language": chinese.ACCEPT})
    assert Preferences.of(learner).mail_language == "zh-hans"
    given_up(courses.requested(learner, goal="学会自己在家烤酸种面包"), settings)
    assert mail.send_notices() == 1
    assert "工作进程中断了" in outbox.outbox[0].body
    Preferences.objects.filter(user=learner).update(language="en")
    Notice.objects.update(mail_due=True)
    assert mail.send_notices() == 1
    assert "Its worker died" in outbox.outbox[1].body


@pytest.mark.django_db
def test_why_a_part_is_missing_is_in_the_readers_language(chinese_browser, learner):
    course = chinese.course(learner)
    reason = Sentence("Unexpected %(error)s; the worker's log has the details.", error="KeyError")
    Tutorial.objects.update(status="FAILED", markdown="", **sentences.columns("error", reason))
    page = chinese_browser.get(course.concepts.first().get_absolute_url()).content.decode()
    assert "意外错误 KeyError，详情见工作进程的日志。" in page
    assert "Unexpected" not in page
