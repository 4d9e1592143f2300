"""Pages of daily practice: one question at a time, its result, and its rating."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learning import practice, progress
from learning.models import Card, Rating, Recall
from roadmaps.exceptions import InvalidTransition
from roadmaps.pages.errors import NothingThere


@login_required
@require_safe
def practice_today(request: HttpRequest) -> HttpResponse:
    if recall := practice.unrated(request.user):
        return redirect("practice_recall", recall.pk)
    remaining = practice.left_today(request.user)
    card = practice.next_card(request.user, remaining)
    context: dict[str, Any] = {
        "card": card,
        "left": sum(remaining.values()),
        "streak": progress.streak(request.user),
    }
    if card and card.question:
        context["options"] = practice.shown_options(card, card.question)
    else:
        context["next_due_on"] = practice.next_due_on(request.user)
    return render(request, "learning/practice.html", context)


@login_required
@require_POST
def practice_answer(request: HttpRequest, card_id: int) -> HttpResponse:
    get_object_or_404(Card, pk=card_id, user=request.user.pk)
    try:
        recall = practice.answer(card_id, request.user, request.POST.getlist("option"))
    except ValidationError as exc:
        messages.error(request, exc.message)
    except InvalidTransition as exc:
        messages.info(request, str(exc))
    else:
        return redirect("practice_recall", recall.pk)
    return redirect("practice")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def practice_recall(request: HttpRequest, recall_id: int) -> HttpResponse:
    """The result of an answer; a POST rates it."""
    rows = Recall.objects.select_related("card__question", "card__concept__roadmap")
    recall = get_object_or_404(rows, pk=recall_id, user=request.user.pk)
    if request.method == "POST":
        rating = request.POST.get("rating", "")
        if rating not in map(str, (Rating.HARD.value, Rating.GOOD.value, Rating.EASY.value)):
            messages.error(request, _("Say how hard it was: hard, good or easy."))
            return redirect("practice_recall", recall.pk)
        try:
            practice.rate(recall, int(rating))
        except InvalidTransition as exc:
            messages.info(request, str(exc))
        return redirect("practice")

    question = recall.card.question
    if question is None:
        raise NothingThere(_("That question was rewritten, so its answer can't be shown any more."))
    correct = question.correct_indexes
    options = [
        {"text": text, "chosen": index in recall.chosen, "right": index in correct}
        for index, text in practice.shown_options(recall.card, question, recall)
    ]
    context = {
        "recall": recall,
        "question": question,
        "options": options,
        "choices": practice.choices(recall) if recall.rating is None else [],
        "left": sum(practice.left_today(request.user).values()),
    }
    return render(request, "learning/practice_recall.html", context)
