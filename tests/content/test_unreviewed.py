"""A course that was imported or copied: no model writes for it before a person has agreed to the
cost and a reviewer has approved its plan, whatever way is tried.
"""

import re
from contextlib import suppress
from html import unescape

import pytest
from celery import current_app
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command, get_commands
from django.urls import get_resolver, reverse

from content.artifacts import generation
from content.artifacts.kinds import KINDS
from content.artifacts.rewrites import retry_artifact
from content.exports import FORMATS, rows
from content.exports.missing import missing_of, send_for_review
from content.models import Tutorial
from roadmaps import llm
from roadmaps.engine import loop
from roadmaps.engine.recovery import recover
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Draft, Lease, ReviewEventKind, Roadmap
from roadmaps.runs.changes import request_changes
from roadmaps.services import cancel_run, decide_review, retry_run
from sharing.services import copy_course, open_link
from tests import courses
from tests.content import samples

pytestmark = pytest.mark.django_db(transaction=True)
CONCEPTS = 3


def incomplete(owner, concepts=CONCEPTS, status="PARTIAL"):
    """An import whose first concept lacks its text and its quiz; READY: one that lacks nothing."""
    course = samples.course(concepts, "Short.")
    if status == "PARTIAL":
        first = next(course.concepts())
        first.tutorial, first.quiz = "", []
    roadmap = rows.create(course, owner=owner)
    assert roadmap.status == status
    return roadmap


@pytest.fixture
def roadmap(owner):
    return incomplete(owner)


@pytest.fixture
def models(model_server, settings):
    """A model server, and all models on it."""
    settings.LLM_MODEL = "openai:test"
    settings.LLM_BASE_URL = model_server.url
    loop.run(llm.close())
    yield model_server
    loop.run(llm.close())


def drive_all():
    """All that was queued by now is done, as workers would."""
    for roadmap in Roadmap.objects.moving():
        courses.advance(roadmap)
    for kind in KINDS.values():
        for artifact in kind.model.objects.filter(run_id__isnull=False):
            generation.rewrite(kind.name, artifact.concept_id, artifact.run_id)
    recover()


# Every way to have something written.


def addresses():
    """Each address of a page of a roadmap, with its parameters."""
    found = {}
    for name, patterns in get_resolver().reverse_dict.items():
        if isinstance(name, str):
            for path, parameters in patterns[0]:
                if "pk" in parameters and path.startswith("roadmaps/"):
                    found[name] = set(parameters)
    return found


def test_every_page_of_a_roadmap_is_tried():
    names = set(addresses())
    assert {"roadmap_retry", "roadmap_changes", "artifact_retry", "roadmap_missing"} <= names
    assert len(names) >= 18


@pytest.mark.parametrize("who", ["owner", "staff"])
@pytest.mark.parametrize("status", ["PARTIAL", "READY"])
def test_no_page_has_anything_written(client, models, owner, superuser, status, who):
    client.force_login(owner if who == "owner" else superuser)
    for name, parameters in addresses().items():
        for kind in KINDS if "kind" in parameters else [""]:
            roadmap = incomplete(owner, status=status)
            values = {
                "pk": roadmap.pk,
                "slug": roadmap.concepts.get(order=1).slug,
                "kind": kind,
                "format": "json",
            }
            address = reverse(name, kwargs={key: values[key] for key in parameters})
            client.get(address)
            client.post(address, {"comment": "" if status == "READY" else "More of everything"})
            drive_all()
            assert models.count() == 0, address


def admin_actions():
    """The name of each action of each list, and of each button of a row, with its model."""
    for model, page in admin.site._registry.items():
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        for name in page.actions or ():
            yield model, label, getattr(name, "__name__", name), True
        for name in getattr(page, "actions_detail", None) or ():
            yield model, label, name, False


def test_no_action_of_the_admin_has_anything_written(admin_client, models, owner):
    tried = set()
    for model, label, name, of_list in list(admin_actions()):
        Roadmap.objects.all().delete()
        incomplete(owner)
        incomplete(owner, status="READY")
        keys = [str(key) for key in model._default_manager.values_list("pk", flat=True)[:50]]
        if of_list:
            address = reverse(f"admin:{label}_changelist")
            sent = {"action": name, "_selected_action": keys, "_form_submitted": "True"}
            admin_client.post(address, sent)
        elif name != "go_to_checkpoints":
            for key in keys:
                admin_client.post(
                    reverse(f"admin:{label}_{name}", args=[key]), {"_form_submitted": "True"}
                )
        tried.add(name)
        drive_all()
        assert models.count() == 0, (label, name)
    assert {"retry_selected", "retry_one", "rewrite_selected", "rewrite_one"} <= tried


SERVERS = {"beat", "flower", "up", "web", "worker"}
OTHERS = {"diffsettings", "generate"}  # one shows settings, one makes a roadmap of its own


def commands():
    apps = ("config", "roadmaps", "content", "learning", "sharing", "accounts", "logs_app")
    return {name for name, app in get_commands().items() if app in apps}


def test_no_command_has_anything_written(models, roadmap):
    arguments = {"cancel": [str(roadmap.pk)]}
    for name in commands() - SERVERS - OTHERS:
        with suppress(CommandError, SystemExit):  # nothing to cancel; a doctor who finds something
            call_command(name, *arguments.get(name, []), verbosity=0)
        drive_all()
        assert models.count() == 0, name
    assert {"recover", "prune", "cancel", "doctor"} <= commands()


def test_no_task_has_anything_written(models, roadmap):
    """As whoever may send messages would send them."""
    concept = roadmap.concepts.get(order=1)
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert {"generate_roadmap_content", *(kind.task for kind in KINDS.values())} <= ours
    for name in ours:
        subject = concept.pk if name.startswith("retry_") else str(roadmap.pk)
        arguments = [] if name.startswith("maintenance.") or "logs" in name else [subject]
        if name in ("maintenance.heartbeat", "maintenance.check_links"):
            continue  # the one takes a queue; the other asks addresses of the world
        current_app.tasks[name].apply(args=arguments, task_id=str(roadmap.run_id))
        drive_all()
        assert models.count() == 0, name


@pytest.mark.parametrize("copies", [1, 2])
def test_a_copy_is_as_unreviewed_as_its_original(models, roadmap, copies):
    for number in range(copies):
        roadmap = copy_course(open_link(roadmap), to=courses.person(f"reader{number}"))
    with pytest.raises(InvalidTransition, match="no reviewer has approved"):
        retry_run(roadmap, by=roadmap.owner)
    drive_all()
    assert models.count() == 0


def test_an_import_twice_and_each_service_is_refused(models, roadmap, owner):
    again = rows.create(rows.load(roadmap), owner=owner)
    for course in (roadmap, again):
        with pytest.raises(InvalidTransition, match="was imported or copied"):
            retry_run(course, by=owner)
        with pytest.raises(InvalidTransition, match="was imported or copied"):
            retry_run(course)
        with pytest.raises(InvalidTransition, match="was imported or copied"):
            request_changes(course, by=owner, comment="More")
        for kind in KINDS:
            with pytest.raises(InvalidTransition, match="was imported or copied"):
                retry_artifact(course.concepts.get(order=2), kind, by=owner)
    drive_all()
    assert models.count() == 0


def test_what_an_earlier_release_had_queued_ends_unwritten(models, roadmap):
    Roadmap.objects.filter(pk=roadmap.pk).update(status="GENERATING")
    tutorial = Tutorial.objects.filter(concept__roadmap=roadmap).first()
    courses.advance(roadmap)
    roadmap.refresh_from_db()
    assert (roadmap.status, models.count()) == ("PARTIAL", 0)
    Tutorial.objects.filter(pk=tutorial.pk).update(status="PENDING", run_id=roadmap.run_id)
    drive_all()
    tutorial.refresh_from_db()
    assert "never reviewed" in tutorial.error
    assert models.count() == 0
    assert not Lease.objects.exists()


# The one way.


def agreed(roadmap):
    return send_for_review(roadmap, by=roadmap.owner, calls=missing_of(roadmap).work.calls)


def decide(roadmap, decision, **more):
    return decide_review(roadmap.reviews.pending().get(), decision, by=None, **more)


def test_after_agreement_and_approval_only_what_is_missing_is_written(models, roadmap):
    reviewed = courses.advance(agreed(roadmap))
    assert (reviewed.status, reviewed.course_status) == ("AWAITING_REVIEW", "PARTIAL")
    assert models.count() == models.count("Critique") == 1
    review = reviewed.reviews.pending().get()
    assert review.draft.origin == Draft.Origin.IMPORTED
    opened = review.events.get(kind=ReviewEventKind.OPENED).text
    assert opened == (
        "owner imported or copied this course. It lacks 2 parts of 1 concepts; "
        "with an approval they are written, by about 3 model calls."
    )
    decide(reviewed, "APPROVED")
    written = courses.advance(courses.advance(reviewed))
    assert (written.status, written.course_status) == ("READY", "")
    assert models.count() == 3
    assert (models.count("TutorialAnswer"), models.count("QuizAnswer")) == (1, 1)
    kept = Tutorial.objects.get(concept__roadmap=written, concept__order=2)
    assert kept.markdown == "Short."
    retry_artifact(kept.concept, "tutorial", by=written.owner)  # now it is as any other course


def test_reviewers_see_what_an_approval_has_written(desk, roadmap):
    review = courses.advance(agreed(roadmap)).reviews.pending().get()
    inbox = desk.get(reverse("admin:roadmaps_review_changelist")).content.decode()
    assert str(roadmap) in unescape(inbox)
    page = desk.get(reverse("admin:roadmaps_review_change", args=[review.pk])).content.decode()
    assert "It lacks 2 parts of 1 concepts" in page
    assert "Imported or copied" in page


def test_staff_are_told_why_a_retry_does_nothing(admin_client, roadmap):
    address = reverse("admin:roadmaps_roadmap_changelist")
    sent = {"action": "retry_selected", "_selected_action": [str(roadmap.pk)]}
    page = admin_client.post(address, sent, follow=True).content.decode()
    assert "no reviewer has approved its plan" in page


@pytest.mark.parametrize("end", ["rejected", "cancelled"])
def test_without_an_approval_the_course_stays_as_it_was(models, roadmap, end):
    before = rows.load(roadmap)
    reviewed = courses.advance(agreed(roadmap))
    if end == "rejected":
        decide(reviewed, "REJECTED", comment="Not a course.")
    else:
        cancel_run(reviewed, by=roadmap.owner)
    drive_all()
    roadmap = Roadmap.objects.get(pk=roadmap.pk)
    assert (roadmap.status, roadmap.course_status) == ("PARTIAL", "")
    assert rows.load(roadmap) == before
    assert models.count() == 1
    with pytest.raises(InvalidTransition, match="no reviewer has approved"):
        retry_run(roadmap, by=roadmap.owner)
    assert courses.advance(agreed(roadmap)).status == "AWAITING_REVIEW"


def test_a_reviewer_may_ask_for_changes_of_it(roadmap):
    courses.advance(agreed(roadmap))
    decide(roadmap, "CHANGES_REQUESTED", comment="Add a concept about wind")
    again = courses.advance(roadmap)
    assert again.reviews.pending().get().round == 3
    decide(again, "APPROVED")
    assert courses.advance(courses.advance(again)).status == "READY"


def test_it_is_never_approved_unseen(roadmap, settings):
    settings.AUTO_APPROVE_MIN_SCORE = 0
    assert courses.advance(agreed(roadmap)).status == "AWAITING_REVIEW"


def test_as_many_run_at_once_as_a_person_may_have(owner, settings):
    settings.MAX_RUNNING_ROADMAPS = 1
    agreed(incomplete(owner))
    with pytest.raises(ValidationError, match="still does"):
        agreed(incomplete(owner))


def test_it_is_sent_for_review_once_and_by_whoever_may(roadmap, owner, client):
    client.force_login(courses.person("stranger"))
    address = reverse("roadmap_missing", args=[roadmap.pk])
    assert client.get(address).status_code == client.post(address).status_code == 404
    client.force_login(courses.viewer())
    assert client.get(address).status_code == client.post(address).status_code == 403
    agreed(roadmap)
    with pytest.raises(InvalidTransition, match="nothing to review"):
        agreed(roadmap)
    with pytest.raises(InvalidTransition, match="nothing to review"):
        agreed(courses.written(owner))


def test_the_page_says_what_is_missing_and_asks(browser, roadmap, settings):
    settings.LLM_MODEL = "openai:test"
    course = browser.get(roadmap.get_absolute_url()).content.decode()
    address = reverse("roadmap_missing", args=[roadmap.pk])
    assert f'href="{address}"' in course
    assert reverse("roadmap_retry", args=[roadmap.pk]) not in course
    assert reverse("roadmap_changes", args=[roadmap.pk]) not in course
    page = browser.get(address).content.decode()
    assert "parts of 1 concept are missing" in page
    for line in ("Tutorial: 1", "Quiz: 1", "about 3 paid model calls. What one costs isn't known"):
        assert line in page.replace("&#x27;", "'"), line
    assert "Resources:" not in page
    settings.LLM_PRICES = {"openai:test": (100.0, 1000.0)}
    page = browser.get(address).content.decode()
    assert re.search(r"about 3 paid model calls, about \$7\.4\d\.", page)
    for agreed_to in ("", "2", "x", "9" * 5000):
        refused = browser.post(address, {"calls": agreed_to[:4] if len(agreed_to) < 9 else "²"})
        assert refused.status_code == 409
        assert "More is missing" in refused.content.decode()
    assert Roadmap.objects.get(pk=roadmap.pk).status == "PARTIAL"
    sent = browser.post(address, {"calls": "3"}, follow=True).content.decode()
    assert "Nothing is written before that" in sent
    assert "a reviewer looks at its plan first" in sent
    assert roadmap.concepts.get(order=2).get_absolute_url() in sent  # it can still be read


def test_a_complete_course_may_be_sent_too(browser, owner):
    roadmap = incomplete(owner, status="READY")
    concept = roadmap.concepts.get(order=1).get_absolute_url()
    assert "Have it written anew" not in browser.get(concept).content.decode()
    address = reverse("roadmap_missing", args=[roadmap.pk])
    assert "Nothing is missing" in browser.get(address).content.decode()
    browser.post(address, {"calls": "1"})
    decide(courses.advance(roadmap), "APPROVED")
    assert courses.advance(courses.advance(roadmap)).status == "READY"
    assert "Have it written anew" in browser.get(concept).content.decode()


def test_an_import_says_that_nothing_is_written_unasked(browser, roadmap):
    file = SimpleUploadedFile("course.json", FORMATS["json"].write(rows.load(roadmap)))
    page = browser.post(reverse("roadmap_import"), {"file": file}, follow=True).content.decode()
    assert "Nothing is written unless you ask" in page
