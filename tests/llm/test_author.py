"""The built-in author answers any goal with what the schemas ask for, and says what it is."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.artifacts.schemas import QuizAnswer, ResourcesAnswer, TutorialAnswer
from roadmaps.llm.author.chat_model import answer
from roadmaps.plan import edits, pinned_minutes, rules, shape
from roadmaps.plan.schemas import Critique, Curriculum, Edit, Intent

words = st.text(min_size=10, max_size=300).filter(lambda text: len(text.strip()) >= 10)
requests = st.fixed_dictionaries(
    {
        "goal": words,
        "level": st.sampled_from(["beginner", "intermediate", "advanced"]),
        "hours_per_week": st.integers(1, 80),
        "weeks": st.integers(1, 104),
        "language": st.sampled_from(["en", "de", "zh-Hans", "pt-BR"]),
        "background": st.text(max_size=100),
        "motivation": st.text(max_size=100),
        "formats": st.lists(st.sampled_from(["text", "video"]), unique=True),
        "target_date": st.none(),
    }
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def design(request):
    budget = request["hours_per_week"] * request["weeks"] * 60
    intent = Intent.model_validate(answer("Intent", {"request": request})).model_dump()
    payload = {"request": request, "intent": intent, "budget_minutes": budget}
    return shape.from_curriculum(Curriculum.model_validate(answer("Curriculum", payload))), payload


@quick
@given(requests)
def test_every_goal_becomes_a_plan_whose_links_and_titles_are_in_order(request):
    plan, payload = design(request)
    found = rules.check(plan, payload["budget_minutes"])
    assert [issue for issue in found if issue["code"] != "budget"] == []
    Critique.model_validate(answer("Critique", payload | {"plan": plan, "rule_issues": found}))


@quick
@given(requests, words)
def test_every_comment_becomes_operations_that_can_be_applied(request, comment):
    plan, payload = design(request)
    payload |= {"plan": plan, "issues": [], "comment": comment}
    edit = Edit.model_validate(answer("Edit", payload))
    changed, applied, skipped = edits.apply(plan, edit.operations)
    assert applied
    assert skipped == []
    assert changed != plan


@quick
@given(requests, st.integers(10, 1200))
def test_a_plan_is_fitted_around_minutes_set_by_hand(request, minutes):
    plan, payload = design(request)
    first = next(shape.concepts(plan))
    first |= {"minutes": minutes, pinned_minutes.MARK: True}
    payload |= {
        "plan": plan,
        "issues": [{"code": "budget", "location": "", "message": "Far off"}],
        "comment": "",
    }
    operations = Edit.model_validate(answer("Edit", payload)).operations
    assert [one for one in operations if one.target == first["id"] and one.minutes] == []


@quick
@given(requests)
def test_every_concept_gets_its_three_artifacts(request):
    plan, _ = design(request)
    concept = next(shape.concepts(plan))
    payload = {
        "concept": concept,
        "module": "A module",
        "stage": "A stage",
        "roadmap": request | {"title": "T"},
    }
    tutorial = TutorialAnswer.model_validate(answer("TutorialAnswer", payload))
    assert "made without a model" in tutorial.markdown
    found = ResourcesAnswer.model_validate(answer("ResourcesAnswer", payload))
    assert all(one.url.startswith("https://") for one in found.resources)
    QuizAnswer.model_validate(answer("QuizAnswer", payload))


@quick
@given(requests)
def test_the_same_question_has_the_same_answer(request):
    assert design(request) == design(request)


def test_a_model_that_nobody_knows_is_no_answer():
    with pytest.raises(KeyError):
        answer("Poem", {})
