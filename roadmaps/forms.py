"""The one place that checks what a learner asks for; pages and services use the same form."""

import math
from datetime import timedelta
from typing import Any

import langcodes
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from roadmaps.models import Roadmap

FORMATS = [
    ("text", "Reading"),
    ("video", "Videos"),
    ("hands-on", "Doing it hands-on"),
    ("books", "Books"),
    ("exercises", "Exercises"),
]
WEEKS_MAX = 104
LANGUAGES = ("en", "zh-Hans", "es", "de", "fr", "pt-BR", "ja", "ko", "ar", "hi", "ru", "it", "tr", "pl", "uk")


def check_language(value: str) -> None:
    if not langcodes.tag_is_valid(value) or not langcodes.Language.get(value).language:
        raise ValidationError(f"“{value}” is no known language; give a tag such as en, de or zh-Hans.")


class RoadmapForm(forms.Form):
    goal = forms.CharField(
        label="What do you want to learn?",
        min_length=10,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "Learn enough Python to analyse my own data"}),
        help_text="One or two sentences, 10 to 2,000 characters.",
        error_messages={"required": "State what you want to learn."},
    )
    level = forms.ChoiceField(label="Where are you now?", choices=Roadmap.Level.choices)
    hours_per_week = forms.IntegerField(label="Hours a week", min_value=1, max_value=80)
    weeks = forms.IntegerField(label="Weeks", min_value=1, max_value=WEEKS_MAX, required=False)
    target_date = forms.DateField(
        label="Or until", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Instead of weeks."
    )
    language = forms.CharField(
        label="Language",
        max_length=35,
        validators=[check_language],
        widget=forms.TextInput(attrs={"list": "languages"}),
        help_text="A tag such as en, de or zh-Hans.",
    )
    background = forms.CharField(
        label="What do you know already?", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    motivation = forms.CharField(
        label="What is it for?", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    formats = forms.MultipleChoiceField(
        label="How do you like to learn?", choices=FORMATS, required=False, widget=forms.CheckboxSelectMultiple
    )

    @staticmethod
    def defaults() -> dict[str, Any]:
        return {"level": Roadmap.Level.BEGINNER, "hours_per_week": 5, "weeks": 8, "language": "en", "formats": []}

    def clean_language(self) -> str:
        return langcodes.standardize_tag(self.cleaned_data["language"])

    def clean_target_date(self) -> Any:
        date = self.cleaned_data["target_date"]
        if date and date <= timezone.localdate():
            raise ValidationError("The date is past; give one to come.")
        if date and date > timezone.localdate() + timedelta(weeks=WEEKS_MAX):
            raise ValidationError(f"At most {WEEKS_MAX} weeks from now.")
        return date

    def clean(self) -> dict[str, Any]:
        """A target date decides the weeks."""
        cleaned: dict[str, Any] = super().clean() or {}
        if date := cleaned.get("target_date"):
            cleaned["weeks"] = max(1, math.ceil((date - timezone.localdate()).days / 7))
        elif not cleaned.get("weeks") and "weeks" not in self.errors and "target_date" not in self.errors:
            self.add_error("weeks", "Give weeks or a date.")
        return cleaned
