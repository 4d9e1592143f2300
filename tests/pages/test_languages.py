"""The pages in the languages of LANGUAGES: English, and every text of them in Simplified Chinese."""

import re
import uuid
from collections import Counter
from http import HTTPStatus

import pytest
from django.conf import settings
from django.urls import reverse

from content.exports import markdown, rows
from content.models import Resource
from learning.models import Card
from roadmaps.models import Roadmap, RoadmapStatus
from roadmaps.people.languages import name_of
from roadmaps.services import decide_review
from sharing import services
from tests import courses, texts
from tests.pages import chinese

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|<[^>]+>")


# The catalogue.


def test_every_text_is_translated_and_nothing_else():
    found, written = texts.catalogue(), texts.translated("zh_Hans")
    wanted = {(one.context, one.id) for one in found if one.id}
    there = {
        (one.context, one.id)
        for one in written
        if one.id and one.string and "fuzzy" not in one.flags
    }
    assert wanted - there == set()
    assert there - wanted == set()


def test_translations_keep_placeholders_and_markup():
    for one in texts.translated("zh_Hans"):
        if one.id:
            text = one.id if isinstance(one.id, str) else one.id[-1]
            said = one.string if isinstance(one.string, str) else one.string[0]
            assert Counter(PLACEHOLDER.findall(said)) == Counter(PLACEHOLDER.findall(text)), text
            assert (said[0] == " ", said[-1] == " ") == (text[0] == " ", text[-1] == " "), text
            assert list(one.check()) == [], text


# The pages.


@pytest.fixture
def course(learner):
    return chinese.course(learner)


def shown(response):
    """The page with one space for each run of whitespace, as a browser shows it."""
    return " ".join(response.content.decode().split())


def check_chinese(response, *heard, status=HTTPStatus.OK):
    page = shown(response)
    assert response.status_code == status
    assert '<html lang="zh-hans"' in page
    assert [text for text in heard if text not in page] == []
    assert chinese.read(page).english() == [], page


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("home", "说出你的目标，得到一门经专家审核的课程"),
        ("account_login", "登录"),
        ("account_signup", "注册"),
        ("account_reset_password", "密码"),
        ("gallery", "课程广场"),
    ],
)
@pytest.mark.django_db
def test_pages_for_everybody_are_chinese(client, name, heading):
    check_chinese(client.get(reverse(name), headers={"accept-language": chinese.ACCEPT}), heading)


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("roadmap_list", "我的学习路线"),
        ("roadmap_new", "你想学什么？"),
        ("roadmap_import", "导入课程"),
        ("roadmap_trash_list", "回收站"),
        ("practice", "练习"),
        ("settings", "设置"),
        ("notice_list", "通知"),
        ("gallery", "课程广场"),
        ("account_delete", "删除我的账号"),
        ("account_email", "邮箱地址"),
        ("account_change_password", "修改密码"),
        ("account_logout", "退出"),
        ("mfa_index", "双因素身份认证"),
    ],
)
def test_pages_of_a_learner_are_chinese(chinese_browser, course, name, heading):
    check_chinese(chinese_browser.get(reverse(name)), heading)


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("roadmap_detail", "你的课程"),
        ("roadmap_progress", "我的进度"),
        ("export_list", "导出“看懂天气图”"),
        ("share_edit", "分享“看懂天气图”"),
        ("roadmap_picture", "返回课程"),
    ],
)
def test_pages_of_a_course_are_chinese(chinese_browser, course, name, heading):
    check_chinese(chinese_browser.get(reverse(name, args=[course.pk])), heading)


def test_the_reader_and_its_quiz_are_chinese(chinese_browser, course):
    concept = course.concepts.last()
    page = chinese_browser.get(concept.get_absolute_url())
    check_chinese(
        page, "60 分钟 · 高级", "学完后你能够", "先学：", "资源", "测验", "我的笔记", "文章"
    )
    question = concept.quiz.questions.get()
    sent = chinese_browser.post(
        reverse("concept_quiz", args=[course.pk, concept.slug]), {f"question-{question.pk}": "0"}
    )
    check_chinese(
        chinese_browser.get(sent.url) if sent.status_code == HTTPStatus.FOUND else sent, "测验"
    )


def test_a_shared_course_is_chinese_to_a_stranger(client, course):
    token = services.open_link(course).token
    services.enter_gallery(course)
    given = {"headers": {"accept-language": chinese.ACCEPT}}
    check_chinese(client.get(reverse("gallery"), **given), "2 个知识点")
    check_chinese(
        client.get(reverse("shared_course", args=[token]), **given), "分享的课程", "2 小时"
    )
    check_chinese(
        client.get(reverse("shared_concept", args=[token, course.concepts.first().slug]), **given),
        "题目",
    )


@pytest.mark.parametrize("status", [one.value for one in RoadmapStatus])
def test_every_state_of_a_roadmap_is_chinese(chinese_browser, course, status):
    Roadmap.objects.filter(pk=course.pk).update(status=status)
    label = {"READY": "已就绪", "AWAITING_REVIEW": "等待审核", "CANCELLED": "已取消"}.get(
        status, ""
    )
    check_chinese(chinese_browser.get(course.get_absolute_url()), label)
    check_chinese(chinese_browser.get(reverse("roadmap_list")), label, "每周 2 小时", "4 周")


def test_practice_is_chinese(chinese_browser, course, learner):
    concept = course.concepts.first()
    check_chinese(chinese_browser.get(reverse("practice")), "还没有可练习的题目")
    chinese_browser.post(reverse("concept_complete", args=[course.pk, concept.slug]))
    check_chinese(chinese_browser.get(reverse("practice")), "今天还剩 1 题", "“等压线 1”已完成")
    answered = chinese_browser.post(
        reverse("practice_answer", args=[Card.objects.get().pk]), {"option": "0"}
    )
    check_chinese(chinese_browser.get(answered.url), "难度如何？", "轻松", "月")


@pytest.mark.django_db(
    transaction=True
)  # a heartbeat looks for the lease on a connection of its own
def test_decisions_and_the_time_of_a_roadmap_are_chinese(chinese_browser, learner):
    roadmap = courses.designed(learner, goal="学会自己在家烤酸种面包", language="zh-Hans")
    page = shown(chinese_browser.get(roadmap.get_absolute_url()))
    assert "等待审核" in page
    assert "每周 2 小时 · 1 周" in page
    assert re.search(r"约 \d+ 分钟|不到一分钟", page)
    decide_review(roadmap.reviews.get(), "APPROVED", by=None)
    page = shown(chinese_browser.get(roadmap.get_absolute_url()))
    assert "1 次审核" in page
    assert re.search(r'已通过\s+命令行，<time datetime="[^"]+">20\d\d年.+ UTC<', page)


# Refusals.


def test_a_missing_page_says_so_in_chinese(chinese_browser):
    for address in ("/nothing/", reverse("roadmap_detail", args=[uuid.uuid4()])):
        check_chinese(
            chinese_browser.get(address), "这里什么也没有", "地址有误", status=HTTPStatus.NOT_FOUND
        )


def test_a_missing_page_may_say_more(chinese_browser, course):
    page = chinese_browser.get(reverse("roadmap_export", args=[course.pk, "docx"]))
    assert "没有“docx”这种导出格式" in shown(page)
    assert page.status_code == HTTPStatus.NOT_FOUND


def test_the_errors_of_forms_are_chinese(chinese_browser, course):
    past = {
        "goal": "短",
        "hours_per_week": "0",
        "target_date": "2001-01-01",
        "level": "零",
        "language": "克林贡语",
    }
    refused = chinese_browser.post(reverse("roadmap_new"), past)
    check_chinese(
        refused,
        "请再说具体些，至少 5 个汉字或 10 个字母。",
        "不是已知的语言",
        "这个日期已经过去",
        status=HTTPStatus.BAD_REQUEST,
    )
    empty = chinese_browser.post(
        reverse("roadmap_new"), {"goal": "", "hours_per_week": "", "weeks": ""}
    )
    check_chinese(empty, "请写下你想学什么。", "请填写周数或日期。", status=HTTPStatus.BAD_REQUEST)
    kept = chinese_browser.post(reverse("account_delete"), {"password": "wrong"})
    check_chinese(kept, "密码不正确。", status=kept.status_code)


def test_what_a_roadmap_cannot_do_is_said_in_chinese(chinese_browser, course):
    page = chinese_browser.post(reverse("roadmap_retry", args=[course.pk]), follow=True)
    check_chinese(page, "“看懂天气图”当前状态为“已就绪”，没有可重试的内容。")
    page = chinese_browser.post(reverse("roadmap_restore", args=[course.pk]), follow=True)
    check_chinese(page, "“看懂天气图”不在回收站中。")


# Which language.


@pytest.mark.django_db
def test_the_form_below_every_page_chooses_the_language(client):
    assert '<html lang="en"' in shown(client.get("/"))
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    check_chinese(client.get("/"), "写下目标")
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert "State the goal" in shown(client.get("/", headers={"accept-language": chinese.ACCEPT}))


@pytest.mark.parametrize("language", ["fr", "tlh", "xx-not-a-language"])
@pytest.mark.django_db
def test_languages_that_are_not_there_fall_back_to_english(client, language):
    page = shown(client.get("/", headers={"accept-language": language}))
    assert '<html lang="en"' in page
    assert "State the goal" in page
    client.post(reverse("set_language"), {"language": language, "next": "/"})
    assert '<html lang="en"' in shown(client.get("/"))


@pytest.mark.django_db
def test_the_footer_offers_each_language_by_its_own_name(client):
    page = shown(client.get("/"))
    for code, name in settings.LANGUAGES:
        assert re.search(
            rf'<option value="{code}"[^>]*lang="{code}"[^>]*>\s*{name}\s*</option>',
            page,
            re.IGNORECASE,
        )


# The languages of courses.


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("de", "Deutsch"),
        ("zh-Hans", "中文 (简体)"),
        ("pt-BR", "Português (Brasil)"),
        ("tlh", "tlh"),
        ("", ""),
        ("§", "§"),
    ],
)
def test_a_language_has_the_name_that_its_speakers_know(tag, name):
    assert name_of(tag) == name


def test_courses_and_links_name_their_language(chinese_browser, course):
    Roadmap.objects.filter(pk=course.pk).update(language="pt-BR")
    Resource.objects.update(language="de")
    assert '<span lang="pt-BR">Português (Brasil)</span>' in shown(
        chinese_browser.get(course.get_absolute_url())
    )
    assert '<span lang="de">Deutsch</span>' in shown(
        chinese_browser.get(course.concepts.first().get_absolute_url())
    )
    token = services.open_link(course).token
    services.enter_gallery(course)
    for address in (reverse("gallery"), reverse("shared_course", args=[token])):
        assert '<span lang="pt-BR">Português (Brasil)</span>' in shown(chinese_browser.get(address))
    assert '<option value="de" lang="de">Deutsch</option>' in shown(
        chinese_browser.get(reverse("roadmap_new"))
    )
    assert "Deutsch" in "".join(markdown.files(rows.load(course)).values())
