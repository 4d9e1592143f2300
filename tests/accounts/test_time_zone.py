"""A person's time zone: where it comes from, what it is kept for, and that every time on a page is
told in it.
"""

import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.forms import AREAS, cities
from accounts.models import Notice, NoticeKind, Preferences
from content.exports import ics, jobs, rows
from content.models import Export
from learning.models import StudyDay
from logs_app import buffer
from roadmaps.models import Review
from roadmaps.people import time_zones
from roadmaps.request.forms import TimeForm
from roadmaps.review import desk, expert_links
from roadmaps.review.expert_links import make_expert_link
from roadmaps.review.reminders import remind_reviewers
from roadmaps.services import decide_review
from sharing import services
from tests import courses
from tests.accounts.test_settings import my_data
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"
AT = datetime(2026, 11, 30, 11, 30, tzinfo=UTC)  # half past midnight of the next day in Auckland
HOSTILE = [
    "Europe/Atlantis",
    "Europe",
    "../../etc/passwd",
    "/etc/localtime",
    "Pacific/Auckland/..",
    "localtime",
    "Factory",
    "' OR 1=1 --",
    "x" * 3000,
    "\udcff",
    "<script>",
]


def text(response):
    return response.content.decode()


def notice(owner):
    roadmap = courses.requested(owner)
    made = Notice.objects.create(
        user=owner, roadmap=roadmap, kind=NoticeKind.READY, version=1, link="/"
    )
    Notice.objects.filter(pk=made.pk).update(created_at=AT)


def notices(browser):
    return text(browser.get(reverse("notice_list")))


# Where it comes from.


def test_a_page_is_in_utc_and_says_so_until_the_browser_has_told(browser, owner, client):
    notice(owner)
    page = notices(browser)
    assert '<time datetime="2026-11-30T11:30:00+00:00">2026-11-30 11:30 UTC</time>' in page
    assert "Times are shown in UTC." in page
    assert re.search(r'<script src="[^"]*cairn/zone[^"]*js" defer></script>', page)


def test_what_the_browser_tells_is_shown_from_the_next_page_on_and_kept(browser, owner):
    notice(owner)
    browser.cookies["time_zone"] = AUCKLAND
    page = notices(browser)
    assert '<time datetime="2026-12-01T00:30:00+13:00">2026-12-01 00:30 NZDT</time>' in page
    assert f"Times are shown in {AUCKLAND}." in page
    assert Preferences.of(owner).last_time_zone == AUCKLAND
    del browser.cookies["time_zone"]  # a browser without JavaScript
    assert "2026-12-01 00:30 NZDT" in notices(browser)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_no_zone_is_ignored(browser, owner, client, name):
    notice(owner)
    browser.cookies["time_zone"] = AUCKLAND
    notices(browser)
    raw = name.encode("utf-8", "surrogateescape").decode("latin-1").replace("\n", "")
    browser.cookies.pop("time_zone")
    session = f"sessionid={browser.cookies['sessionid'].value}"
    answer = browser.get(reverse("notice_list"), headers={"cookie": f"{session}; time_zone={raw}"})
    assert answer.status_code == 200
    assert "2026-12-01 00:30 NZDT" in text(answer)
    assert Preferences.of(owner).last_time_zone == AUCKLAND
    visitor = client.get("/", headers={"cookie": f"time_zone={raw}"})
    assert "Times are shown in UTC." in text(visitor)


def test_a_zone_that_is_no_more_counts_as_unknown(browser, owner):
    Preferences.objects.create(user=owner, time_zone="Europe/Atlantis", last_time_zone="Gone/Too")
    assert "Times are shown in UTC." in notices(browser)
    assert time_zones.of(owner) == ZoneInfo("UTC")


def test_one_persons_zone_is_in_nobody_elses_page(client, owner):
    client.cookies["time_zone"] = AUCKLAND
    assert f"Times are shown in {AUCKLAND}." in text(client.get("/"))
    client.cookies.clear()
    answer = client.get("/")
    assert "Times are shown in UTC." in text(answer)
    assert "Cookie" in answer["Vary"]
    assert timezone.get_current_timezone_name() == "UTC"


def test_signing_in_brings_the_zone_along_and_keeps_that_of_the_browser(client, owner):
    Preferences.objects.create(user=owner, last_time_zone=HONOLULU)
    credentials = {"login": "owner", "password": "owner"}
    client.post(reverse("account_login"), credentials)
    assert f"Times are shown in {HONOLULU}." in notices(client)
    client.post(reverse("account_logout"))
    client.cookies["time_zone"] = AUCKLAND
    client.post(reverse("account_login"), credentials)
    assert Preferences.of(owner).last_time_zone == AUCKLAND


# The settings.


def test_a_chosen_zone_holds_whatever_the_browser_tells_until_it_is_automatic_again(browser, owner):
    browser.cookies["time_zone"] = AUCKLAND
    page = text(browser.post(reverse("settings_time_zone"), {"time_zone": HONOLULU}, follow=True))
    assert "Your time zone is saved." in page
    assert f"Times are shown in {HONOLULU}." in page
    assert f'<option value="{HONOLULU}" selected>Honolulu</option>' in page
    assert f"Automatic ({AUCKLAND})" in page
    assert time_zones.of(owner) == ZoneInfo(HONOLULU)
    page = text(browser.post(reverse("settings_time_zone"), {"time_zone": ""}, follow=True))
    assert f"Times are shown in {AUCKLAND}." in page


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../../etc/passwd", "x" * 3000])
def test_an_unknown_zone_cannot_be_chosen(browser, owner, name):
    answer = browser.post(reverse("settings_time_zone"), {"time_zone": name})
    assert answer.status_code == 400
    assert "Select a valid choice" in text(answer)
    assert Preferences.of(owner).time_zone == ""


def test_nobody_chooses_for_another_or_without_a_token(client, owner):
    assert client.post(reverse("settings_time_zone"), {"time_zone": HONOLULU}).url.startswith(
        reverse("account_login")
    )
    client.force_login(owner)
    client.handler.enforce_csrf_checks = True
    assert client.post(reverse("settings_time_zone"), {"time_zone": HONOLULU}).status_code == 403
    assert client.get(reverse("settings_time_zone")).status_code == 405
    assert Preferences.of(owner).time_zone == ""


def test_every_area_has_its_cities_and_every_zone_has_a_name(browser):
    by_area = cities()
    assert by_area.keys() == AREAS.keys()
    assert all(by_area.values())
    for name, city in [pair for pairs in by_area.values() for pair in pairs]:
        assert time_zones.known(name)
        assert city
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    page = text(browser.get(reverse("settings")))
    for words in (
        "时区",
        "自动（UTC）",
        '<optgroup label="亚洲">',
        "上海",
        "胡志明市",
        "保存时区",
        "现在是 20",
    ):
        assert words in page


def test_the_zone_is_in_ones_data_and_goes_with_the_account(browser, owner):
    browser.cookies["time_zone"] = AUCKLAND
    browser.post(reverse("settings_time_zone"), {"time_zone": HONOLULU})
    StudyDay.mark(owner)
    files = my_data(browser)
    assert '"zone": "UTC"' in files["learning/days.json"]
    account = files["account.json"]
    assert f'"time_zone": "{HONOLULU}"' in account
    assert f'"time_zone_of_browser": "{AUCKLAND}"' in account
    browser.post(reverse("account_delete"), {"password": "owner"})
    assert not Preferences.objects.exists()
    assert not StudyDay.objects.exists()
    assert not User.objects.exists()


# Pages for others.


def test_a_visitor_sees_a_shared_course_in_their_own_zone(client, owner):
    roadmap = rows.create(samples.course(), owner=owner)
    draft = roadmap.drafts.create(number=1, plan={}, report={})
    decided = {"status": "APPROVED", "decided_at": AT, "decided_how": "PERSON", "decided_as": "Ada"}
    roadmap.reviews.create(draft=draft, interrupt_id="1", **decided)
    Preferences.objects.create(user=owner, time_zone=HONOLULU)
    address = reverse("shared_course", args=[services.open_link(roadmap).token])
    assert '<time datetime="2026-11-30T11:30:00+00:00">2026-11-30</time>' in text(
        client.get(address)
    )
    client.cookies["time_zone"] = AUCKLAND
    page = text(client.get(address))
    assert '<time datetime="2026-12-01T00:30:00+13:00">2026-12-01</time>' in page
    assert f"Times are shown in {AUCKLAND}." in page


def test_the_timeline_is_in_the_readers_zone(browser, owner):
    roadmap = courses.requested(owner)
    event = buffer.make_event(roadmap.pk, "tested", "It is tested", "info", {})
    buffer.append(event)
    browser.cookies["time_zone"] = AUCKLAND
    here = datetime.fromisoformat(event["occurred_at"]).astimezone(ZoneInfo(AUCKLAND))
    page = text(browser.get(roadmap.get_absolute_url()))
    assert f">{here:%H:%M:%S}</time> It is tested" in page
    assert f'data-zone="{AUCKLAND}"' in page  # for what the socket brings later
    browser.force_login(User.objects.create_superuser("root"))
    page = text(browser.get(reverse("admin:roadmaps_roadmap_change", args=[roadmap.pk])))
    assert f"{here:%Y-%m-%d %H:%M:%S %Z}" in page


def test_an_expert_reads_how_long_a_link_is_good_in_their_own_zone(client, owner, reviewer):
    link, secret = make_expert_link(
        courses.designed(owner).reviews.get(), by=reviewer, name="Dr. Rye"
    )
    ends = datetime(2099, 6, 30, 13, 30, tzinfo=UTC)
    type(link).objects.update(expires_at=ends)
    address = reverse("expert_review", args=[secret])
    assert "2099-06-30 13:30 UTC" in text(client.get(address))
    client.cookies["time_zone"] = AUCKLAND
    assert "2099-07-01 01:30 NZST" in text(client.get(address))
    type(link).objects.update(expires_at=AT, revoked_at=AT)
    answer = client.get(address)
    assert answer.status_code == 410
    assert "withdrawn on 2026-12-01 00:30 NZDT" in text(answer)
    with (
        timezone.override(HONOLULU),
        pytest.raises(expert_links.LinkEnded, match="2026-11-30 01:30 HST"),
    ):
        expert_links.find_link(secret)


# What reviewers read.


def test_sentences_about_a_review_name_the_readers_zone(owner, reviewer):
    review = courses.designed(owner).reviews.get()
    Review.objects.update(
        claimed_by=reviewer, claimed_until=datetime(2099, 6, 30, 13, 30, tzinfo=UTC)
    )
    type(review.draft).objects.update(created_at=AT)
    review = Review.objects.get()
    with timezone.override(AUCKLAND):
        assert review.claim_in_words() == "reviewer is reviewing it, until 01:30 NZST."
        assert review.draft.told() == "the workflow saved draft 1 on 2026-12-01 00:30 NZDT"
    decide_review(review, "REJECTED", by=reviewer, comment="No")
    Review.objects.update(decided_at=AT)
    with timezone.override(AUCKLAND):
        assert "rejected by reviewer, 2026-12-01 00:30 NZDT." in desk.why_not(Review.objects.get())


def test_a_reminder_is_in_the_zone_of_who_gets_it(owner, reviewer, settings):
    courses.designed(owner)
    for user, zone in ((reviewer, AUCKLAND), (courses.reviewer("colleague"), "")):
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")
        Preferences.objects.create(user=user, last_time_zone=zone)
    settings.REVIEW_ESCALATION_EMAILS = ["office@example.org"]
    Review.objects.update(due_at=AT - timedelta(days=3650))
    remind_reviewers()
    bodies = {
        message.to[0]: message.body for message in mail.outbox if "escalat" not in message.subject
    }
    assert "2016-12-03 00:30 NZDT" in bodies["reviewer@example.org"]
    for address in ("colleague@example.org", "office@example.org"):
        assert "2016-12-02 11:30 UTC" in bodies[address]
    assert timezone.get_current_timezone_name() == "UTC"


def test_an_experts_mail_says_utc_whoever_sends_it(client, owner, reviewer):
    review = courses.designed(owner).reviews.get()
    client.force_login(reviewer)
    client.cookies["time_zone"] = AUCKLAND
    form = {"name": "Dr. Rye", "email": "rye@example.org", "days": "3"}
    client.post(reverse("admin:roadmaps_review_act", args=[review.pk, "link"]), form)
    assert re.search(r"good until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\.", str(mail.outbox[0].body))


def test_word_of_a_changed_password_says_when_in_the_zone_of_its_reader(browser, owner):
    browser.cookies["time_zone"] = AUCKLAND
    new = {"oldpassword": "owner", "password1": "stones-on-stones", "password2": "stones-on-stones"}
    browser.post(reverse("account_change_password"), new)
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d NZ[DS]T", str(mail.outbox[0].body))


# Dates that are given, and files.


@pytest.fixture
def sunday_night(monkeypatch):
    """In UTC; in Auckland Monday has begun."""
    monkeypatch.setattr(
        "django.utils.timezone.now", lambda: datetime(2026, 11, 29, 11, 30, tzinfo=UTC)
    )


@pytest.mark.parametrize(("zone", "valid"), [("UTC", True), (AUCKLAND, False)])
def test_a_target_date_must_be_to_come_where_the_person_is(sunday_night, zone, valid):
    with timezone.override(zone):
        form = TimeForm({"hours_per_week": 5, "target_date": "2026-11-30"})
        assert form.is_valid() is valid
    assert "target_date" not in form.errors or "The date is past" in str(form.errors["target_date"])


@pytest.mark.parametrize(
    ("zone", "monday"), [("UTC", date(2026, 11, 30)), (AUCKLAND, date(2026, 12, 7))]
)
def test_a_study_plan_begins_on_the_persons_next_monday(browser, owner, sunday_night, zone, monday):
    roadmap = rows.create(samples.course(), owner=owner)
    browser.cookies["time_zone"] = zone
    with timezone.override(zone):
        assert ics.next_monday() == monday
    page = text(browser.get(reverse("export_list", args=[roadmap.pk])))
    assert f'name="start" value="{monday}"' in page
    calendar = text(browser.get(reverse("roadmap_export", args=[roadmap.pk, "ics"])))
    assert f"DTSTART;VALUE=DATE:{monday:%Y%m%d}" in calendar


def test_a_file_of_a_worker_has_the_days_of_who_asked_for_it(browser, owner):
    roadmap = courses.approved(owner)
    Review.objects.update(decided_at=AT)
    Preferences.objects.create(user=owner, time_zone=AUCKLAND)
    export = jobs.ask_for_export(roadmap, "epub", by=owner)
    assert jobs.write_export(export.pk, export.run_id) == "READY"
    with zipfile.ZipFile(io.BytesIO(bytes(Export.objects.get().file or b""))) as book:
        assert "2026-12-01" in book.read("EPUB/title.xhtml").decode()
    assert rows.load(roadmap).checked.on == date(2026, 11, 30)  # nobody's zone is left behind
    course = json.loads(my_data(browser)[f"courses/{roadmap.pk}.json"])
    assert course["checked"]["on"] == "2026-12-01"


# All places.


def test_no_template_has_a_time_without_its_zone():
    hour = re.compile(r"""\|(?:date|moment):["']([^"']*[HhGgPi][^"']*)["']""")
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix not in (".html", ".txt"):
            continue
        template = path.read_text()
        for form in hour.findall(template):
            named_below = (
                path.name == "roadmap_detail.html"
            )  # many lines; the footer names the zone
            assert form.isupper() or form.endswith("T") or named_below, (path, form)
        assert "|time" not in template.replace("|timesince", "").replace("|timeuntil", ""), path
        assert "UTC" not in template, path
        assert not re.search(r"(_at|\bat)\|slice", template), path  # a piece of a text, in UTC


def test_no_sentence_has_a_time_of_another_zone():
    for app in ("roadmaps", "content", "learning", "sharing", "accounts", "logs_app"):
        for path in sorted((ROOT / app).rglob("*.py")):
            assert not re.search(r"%[HM]\b.*UTC|%H:%M(:%S)?}? UTC", path.read_text()), path
