"""Practice: what is due, one at a time; what answers do; what a rewrite leaves alone."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from content.artifacts.kinds import KINDS
from content.artifacts.schemas import QuizAnswer
from content.models import Question
from learning import cards, practice, reading
from learning.models import Card, Rating, Recall
from roadmaps.exceptions import InvalidTransition
from tests import courses
from tests.learning import statistics_course

PRACTICE = "/practice/"


@pytest.fixture
def card(owner, concept):
    """Of the first question, due and new; the concept's others too."""
    reading.complete(owner, concept)
    return Card.objects.filter(user=owner).order_by("question__order").first()


def make_due(**fields):
    Card.objects.update(due_at=timezone.now() - timedelta(days=1), answered_at=None, **fields)


def shown(page):
    """The question of a page and its options in their order."""
    found = page.context
    question = found["card"].question if "card" in found and found["card"] else found["question"]
    options = found["options"]
    return {
        "question": question.text,
        "options": [one["text"] if isinstance(one, dict) else one[1] for one in options],
    }


def rewrite(quiz, questions):
    answers = [
        {"text": text, "options": options, "correct_indexes": [0], "explanation": "New."}
        for text, options in questions
    ]
    KINDS["quiz"].fill(quiz, QuizAnswer(questions=answers))


def test_completing_a_concept_makes_its_questions_due_once(owner, concept):
    reading.complete(owner, concept)
    reading.complete(owner, concept)
    assert Card.objects.filter(user=owner).count() == concept.quiz.questions.count()
    assert practice.left_today(owner) == {"new": 3, "known": 0}


def test_the_first_answers_of_a_quiz_decide_when_questions_come_back(browser, owner, concept):
    first, second, _ = concept.quiz.questions.all()
    answers = {f"question-{first.pk}": "1", f"question-{second.pk}": "0"}
    browser.post(reverse("concept_quiz", args=[concept.roadmap_id, concept.slug]), answers)
    right, wrong = (Card.objects.get(question=one) for one in (first, second))
    assert right.due_at > wrong.due_at > timezone.now()
    assert practice.left_today(owner) == {"new": 0, "known": 0}
    before = right.due_at
    browser.post(
        reverse("concept_quiz", args=[concept.roadmap_id, concept.slug]),
        {f"question-{first.pk}": "0"},
    )
    right.refresh_from_db()
    assert right.due_at == before


def test_a_right_answer_is_rated_by_the_person_and_comes_back_later_the_easier_it_was(
    browser, owner, card
):
    page = browser.get(PRACTICE).content.decode()
    assert card.question.text in page
    assert card.question.explanation not in page
    answer = browser.post(reverse("practice_answer", args=[card.pk]), {"option": "1"}, follow=True)
    page = answer.content.decode()
    assert "How hard was it?" in page
    assert card.question.explanation in page
    recall = Recall.objects.get()
    assert browser.get(PRACTICE).url == reverse(
        "practice_recall", args=[recall.pk]
    )  # it is not forgotten
    dates = [choice["due_on"] for choice in practice.choices(recall)]
    assert dates == sorted(dates)
    page = browser.post(
        reverse("practice_recall", args=[recall.pk]), {"rating": "4"}, follow=True
    ).content.decode()
    assert "2 questions left today" in page
    card.refresh_from_db()
    assert card.due_at > timezone.now() + timedelta(days=5)


def test_a_wrong_answer_is_explained_and_asked_again_tomorrow(browser, owner, card):
    page = browser.post(
        reverse("practice_answer", args=[card.pk]), {"option": "0"}, follow=True
    ).content.decode()
    assert "Not quite." in page
    assert "It is asked again on" in page
    assert "How hard was it?" not in page
    card.refresh_from_db()
    assert timezone.now() < card.due_at < timezone.now() + timedelta(days=2)
    assert Recall.objects.get().rating == Rating.AGAIN


def test_options_change_their_places_from_time_to_time_but_not_in_the_result(browser, owner, card):
    orders = set()
    for time in range(6):
        make_due()
        asked = shown(browser.get(PRACTICE))
        asked_card = Card.objects.get(question__text=asked["question"])
        result = browser.post(
            reverse("practice_answer", args=[asked_card.pk]), {"option": str(time % 2)}, follow=True
        )
        assert shown(result) == asked
        Recall.objects.filter(rating__isnull=True).update(rating=Rating.GOOD)
        if asked_card == card:
            orders.add(tuple(asked["options"]))
        Card.objects.exclude(pk=card.pk).delete()
    assert len(orders) > 1


def test_several_right_options_must_all_be_chosen(owner, concept, card):
    both = Card.objects.get(question=concept.quiz.questions.last())
    assert not practice.answer(both.pk, owner, ["1"]).right
    make_due()
    assert practice.answer(both.pk, owner, ["2", "1"]).right


def test_an_empty_or_malformed_answer_changes_nothing(browser, owner, card):
    for given in ([], ["7"], ["x"]):
        page = browser.post(
            reverse("practice_answer", args=[card.pk]), {"option": given}, follow=True
        )
        assert "Choose an answer first." in page.content.decode()
    assert not Recall.objects.exists()
    recall = practice.answer(card.pk, owner, ["1"])
    for rating in ("1", "9", "", "x"):
        page = browser.post(
            reverse("practice_recall", args=[recall.pk]), {"rating": rating}, follow=True
        )
        assert "hard, good or easy" in page.content.decode()
    assert Recall.objects.get().rating is None


def test_an_answer_and_a_rating_count_once(owner, card):
    recall = practice.answer(card.pk, owner, ["1"])
    with pytest.raises(InvalidTransition, match="answered that question already"):
        practice.answer(card.pk, owner, ["0"])
    practice.rate(recall, Rating.GOOD)
    with pytest.raises(InvalidTransition, match="rated already"):
        practice.rate(recall, Rating.EASY)
    with pytest.raises(InvalidTransition, match="answered that question already"):
        practice.answer(card.pk, owner, ["0"])


def test_anothers_cards_and_answers_are_404(client, owner, card):
    recall = practice.answer(card.pk, owner, ["1"])
    client.force_login(courses.person("stranger"))
    assert card.question.text not in client.get(PRACTICE).content.decode()
    assert (
        client.post(reverse("practice_answer", args=[card.pk]), {"option": "1"}).status_code == 404
    )
    assert client.get(reverse("practice_recall", args=[recall.pk])).status_code == 404
    assert (
        client.post(reverse("practice_recall", args=[recall.pk]), {"rating": "3"}).status_code
        == 404
    )
    client.logout()
    assert client.get(PRACTICE).url.startswith(reverse("account_login"))
    recall.refresh_from_db()
    assert recall.rating is None


def test_a_day_asks_no_more_than_its_share(owner, card, settings):
    settings.PRACTICE_NEW_PER_DAY = 2
    assert practice.left_today(owner)["new"] == 2
    for _ in range(2):
        one = practice.next_card(owner, practice.left_today(owner))
        practice.answer(one.pk, owner, ["0"])
    assert practice.left_today(owner) == {"new": 0, "known": 0}
    assert practice.next_card(owner, practice.left_today(owner)) is None
    assert practice.next_due_on(owner) == timezone.localdate() + timedelta(days=1)
    settings.PRACTICE_RECALLS_PER_DAY = 1
    make_due()
    assert practice.left_today(owner) == {"new": 0, "known": 1}


def test_the_page_says_when_the_next_question_is_due(browser, owner, concept):
    assert "Nothing to practise yet" in browser.get(PRACTICE).content.decode()
    reading.complete(owner, concept)
    Card.objects.update(due_at="2031-05-04T10:00Z", memory={"state": 2})
    page = browser.get(PRACTICE).content.decode()
    assert "That is all for today" in page
    assert "2031" in page


def test_the_navigation_counts_what_is_due(browser, card):
    assert "questions due:</span> 3" in browser.get("/").content.decode()
    Card.objects.all().delete()
    assert "questions due:" not in browser.get("/").content.decode()


def test_a_rewrite_keeps_what_stayed_rests_what_went_and_brings_what_is_new(owner, concept, card):
    practice.rate(practice.answer(card.pk, owner, ["1"]), Rating.GOOD)
    card.refresh_from_db()
    kept, going = card.question, Card.objects.exclude(pk=card.pk).first()
    rewrite(concept.quiz, [(kept.text, kept.options), ("What is new here?", ["This", "That"])])
    card.refresh_from_db()
    going.refresh_from_db()
    assert card.question in concept.quiz.questions.all()
    assert card.memory
    assert going.question is None
    assert practice.left_today(owner) == {"new": 1, "known": 0}
    with pytest.raises(InvalidTransition, match="rewritten meanwhile"):
        practice.answer(going.pk, owner, ["1"])


def test_a_question_that_was_rewritten_while_it_waited_for_its_rating_blocks_nothing(
    browser, owner, concept, card
):
    recall = practice.answer(card.pk, owner, ["1"])
    rewrite(concept.quiz, [("What is new here?", ["This", "That"])])
    assert browser.get(reverse("practice_recall", args=[recall.pk])).status_code == 404
    assert "What is new here?" in browser.get(PRACTICE).content.decode()


def test_a_question_whose_concept_went_meanwhile_is_answered_with_a_sentence(owner, concept, card):
    concept.delete()
    with pytest.raises(InvalidTransition, match="Here is the next one"):
        practice.answer(card.pk, owner, ["0"])


def test_a_quiz_nobody_practises_gets_no_cards_by_a_rewrite(owner, concept):
    rewrite(concept.quiz, [("What is new here?", ["This", "That"])])
    assert not Card.objects.exists()


def test_many_cards_cost_no_more_queries(browser, owner, roadmap, django_assert_num_queries):
    first, *others = roadmap.concepts.all()
    reading.complete(owner, first)
    with django_assert_num_queries(12):
        browser.get(PRACTICE)
    for concept in others:
        reading.complete(owner, concept)
    assert Question.objects.count() == Card.objects.count() == 12
    with django_assert_num_queries(12):
        browser.get(PRACTICE)


def test_known_questions_come_before_new_ones(owner, roadmap):
    for concept in roadmap.concepts.all()[:2]:
        reading.complete(owner, concept)
    late = Card.objects.latest("pk")
    cards.rate(late, Rating.GOOD, timezone.now() - timedelta(days=30))
    assert practice.next_card(owner, practice.left_today(owner)) == late


def test_reading_places_and_answers_need_their_owner(owner, concept):
    with pytest.raises(ValidationError):
        reading.keep_place(owner, concept, "far")
    statistics_course.make(courses.person("other"), concepts=3)
    assert practice.left_today(owner) == {"new": 0, "known": 0}
