"""The reader, as a browser asks for it: text, quiz, notes, place and completion, each for its
owner only.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from content.models import Resource, Tutorial
from learning import progress
from learning.models import NOTE_MAX, Attempt, Card, Reading, StudyDay
from tests import courses, drawn
from tests.conftest import calls
from tests.learning import statistics_course


def address(concept, what="detail"):
    return reverse(f"concept_{what}", args=[concept.roadmap_id, concept.slug])


def right_answers(concept):
    return {f"question-{one.pk}": one.correct_indexes for one in concept.quiz.questions.all()}


def test_strangers_get_404_and_the_signed_out_the_door(client, roadmap, concept):
    posts = [("quiz", {}), ("note", {"note": "mine"}), ("place", {"place": "1"}), ("complete", {})]
    progress_page = reverse("roadmap_progress", args=[roadmap.pk])
    for get in (address(concept), progress_page):
        assert client.get(get).url.startswith(reverse("account_login"))
    for what, data in posts:
        assert client.post(address(concept, what), data).url.startswith(reverse("account_login"))
    client.force_login(courses.person("stranger"))
    for get in (address(concept), progress_page):
        assert client.get(get).status_code == 404
    for what, data in posts:
        assert client.post(address(concept, what), data).status_code == 404
    assert not Reading.objects.exists()
    assert not Attempt.objects.exists()


def test_what_changes_something_is_never_a_get(browser, concept):
    for what in ("quiz", "note", "place", "complete"):
        assert browser.get(address(concept, what)).status_code == 405
    assert browser.post(address(concept)).status_code == 405


def test_the_page_has_the_text_its_contents_and_the_way_through_the_course(browser, roadmap):
    first, second, third, _ = roadmap.concepts.all()
    page = browser.get(address(second)).content.decode()
    assert 'href="#t-why-it-matters"' in page
    assert f'rel="prev" href="{first.get_absolute_url()}"' in page
    assert f'rel="next" href="{third.get_absolute_url()}"' in page
    assert 'data-frame="/diagram/"' in page
    drawn.rewrite(second.tutorial, "No diagram.")
    assert "data-frame" not in browser.get(address(second)).content.decode()


def test_answers_are_never_in_the_page_before_they_are_given(browser, concept):
    questions = list(concept.quiz.questions.all())
    page = browser.get(address(concept)).content.decode()
    assert all(one.text in page for one in questions)
    assert "Explained:" not in page
    assert "correct" not in page
    graded = browser.post(
        address(concept, "quiz"), right_answers(concept), follow=True
    ).content.decode()
    assert f"{len(questions)} of {len(questions)} right." in graded
    assert all(one.explanation in graded for one in questions)
    assert "Explained:" not in browser.get(address(concept)).content.decode()


def test_attempts_are_kept_and_the_best_and_the_last_are_shown(browser, concept):
    browser.post(address(concept, "quiz"), right_answers(concept))
    first = concept.quiz.questions.first()
    browser.post(address(concept, "quiz"), {f"question-{first.pk}": "1"})
    assert progress.states(concept.roadmap.owner, concept.roadmap)[concept.pk] == "started"
    page = browser.get(address(concept)).content.decode()
    assert "Best 3 of 3, last 1 of 3, answered 2 times." in page


def test_nonsense_is_no_answer(browser, concept):
    nonsense = {name: ["99", "-1", "x", "²"] for name in right_answers(concept)}
    page = browser.post(address(concept, "quiz"), nonsense, follow=True).content.decode()
    assert "Answer at least one of the questions" in page
    assert not Attempt.objects.exists()


def test_an_attempt_is_seen_by_nobody_else(client, browser, owner, concept):
    browser.post(address(concept, "quiz"), right_answers(concept))
    attempt = Attempt.objects.get()
    client.force_login(courses.person("boss", "view_roadmap", staff=True))
    assert client.get(address(concept)).status_code == 200
    assert client.get(address(concept), {"attempt": attempt.pk}).status_code == 404
    for wrong in ("0", "x", "9" * 30):
        assert client.get(address(concept), {"attempt": wrong}).status_code == 404


def test_an_attempt_reads_as_it_was_after_the_quiz_was_rewritten(browser, concept):
    answer = browser.post(address(concept, "quiz"), right_answers(concept))
    concept.quiz.questions.all().delete()
    statistics_course.ask(concept.quiz, "Something else")
    page = browser.get(answer.url).content.decode()
    assert "What does it mean" in page
    assert "3 of 3 right." in page


def test_notes_are_saved_by_the_form_and_while_writing(browser, owner, concept):
    page = browser.post(
        address(concept, "note"), {"note": "Mind the <b>root</b>"}, follow=True
    ).content.decode()
    assert "Your notes are saved." in page
    assert "Mind the &lt;b&gt;root&lt;/b&gt;" in page
    said = browser.post(
        address(concept, "note"), {"note": "Better"}, headers={"hx-request": "true"}
    ).content.decode()
    assert "Saved at" in said
    assert "<html" not in said
    assert Reading.objects.get(user=owner).note == "Better"


def test_too_long_notes_are_refused_with_a_sentence(browser, concept):
    long = {"note": "x" * (NOTE_MAX + 1)}
    assert (
        "at most 20000 characters"
        in browser.post(address(concept, "note"), long, follow=True).content.decode()
    )
    assert (
        "at most"
        in browser.post(
            address(concept, "note"), long, headers={"hx-request": "true"}
        ).content.decode()
    )
    assert not Reading.objects.exists()


def test_the_place_is_restored_until_the_text_is_another(browser, concept):
    assert browser.post(address(concept, "place"), {"place": "7"}).status_code == 204
    assert 'data-place="7"' in browser.get(address(concept)).content.decode()
    concept.tutorial.save()  # as a rewrite does
    assert 'data-place="0"' in browser.get(address(concept)).content.decode()


@pytest.mark.parametrize("place", ["", "-1", "x", "99999", "1.5"])
def test_a_malformed_place_is_refused(browser, concept, place):
    answer = browser.post(address(concept, "place"), {"place": place})
    assert answer.status_code == 400
    assert "is a number" in answer.content.decode()
    assert not Reading.objects.exists()


def test_a_concept_is_completed_once_and_opened_again(browser, owner, roadmap, concept):
    assert progress.states(owner, roadmap)[concept.pk] == "new"
    page = browser.post(address(concept, "complete"), follow=True).content.decode()
    assert "You completed this concept" in page
    at = Reading.objects.get().completed_at
    browser.post(address(concept, "complete"))
    assert Reading.objects.get().completed_at == at
    assert progress.states(owner, roadmap)[concept.pk] == "done"
    assert StudyDay.objects.get(user=owner).day == timezone.now().date()
    browser.post(address(concept, "complete"), {"undo": "1"})
    assert progress.states(owner, roadmap)[concept.pk] == "started"


def test_staff_who_read_anothers_course_leave_nothing_in_the_learners_practice(
    client, owner, concept
):
    client.force_login(courses.person("boss", "view_roadmap", staff=True))
    client.post(address(concept, "complete"))
    client.post(address(concept, "quiz"), right_answers(concept))
    assert not Card.objects.exists()
    assert not Attempt.objects.filter(user=owner).exists()


def test_resources_say_when_they_were_seen_alive(browser, concept):
    rows = list(Resource.objects.filter(resource_list__concept=concept))
    for row, alive in zip(rows, (True, False, None), strict=True):
        Resource.objects.filter(pk=row.pk).update(checked_at=timezone.now(), alive=alive)
    page = browser.get(address(concept)).content.decode()
    assert page.count("last seen alive") == 1
    assert page.count("did not answer on") == 1


def test_an_unwritten_concept_says_so(browser, concept):
    for artifact in (concept.tutorial, concept.resource_list, concept.quiz):
        artifact.delete()
    page = browser.get(address(concept)).content.decode()
    for sentence in (
        "The tutorial is not written yet",
        "The list of resources is not",
        "The quiz is not written yet",
    ):
        assert sentence in page


def test_a_long_course_costs_as_many_queries_as_a_short_one(
    browser, owner, django_assert_num_queries
):
    short, long = (statistics_course.make(owner, concepts=count) for count in (3, 120))
    for roadmap in (short, long):
        with django_assert_num_queries(17):
            browser.get(address(roadmap.concepts.all()[1]))
        with django_assert_num_queries(10):
            browser.get(reverse("roadmap_progress", args=[roadmap.pk]))


def test_a_page_of_a_long_course_is_quick(browser, owner):
    """In calls of functions, so that a slow machine fails no test; drawn or not."""
    roadmap = statistics_course.make(owner, concepts=120)
    first, *others = roadmap.concepts.all()[:5]
    browser.get(address(first))  # what is made once in a process is there then
    for concept in others:
        assert calls(lambda concept=concept: browser.get(address(concept))) < 150_000
    long = "```csharp\n" + "\na" * 20_000  # 46 s of colours
    Tutorial.objects.filter(concept=first).update(markdown=long)
    assert calls(lambda: browser.get(address(first))) < 150_000


def test_the_frame_of_diagrams_is_for_our_pages_and_may_do_nothing_else(client):
    answer = client.get("/diagram/")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-scripts" in policy
    assert "allow-same-origin" not in policy
    assert client.post("/diagram/").status_code == 405
