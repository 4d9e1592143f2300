"""What learning does when content calls."""

from typing import Any

from django.dispatch import receiver

from content.models import Quiz
from content.signals import quiz_written
from learning import cards


@receiver(quiz_written)
def follow_rewrite(quiz: Quiz, **_: Any) -> None:
    cards.follow_rewrite(quiz)
