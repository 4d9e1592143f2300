"""Forms for a request and for a change of a plan: the one check of what a learner types.

Pages and services use the same forms.
"""

import math
from datetime import timedelta
from typing import Any
from unicodedata import east_asian_width

import langcodes
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roadmaps.models import Roadmap
from roadmaps.request.fields import BY_NAME, FIELDS

FORMATS = [
    ("text", gettext_lazy("Reading")),
    ("video", gettext_lazy("Videos")),
    ("hands-on", gettext_lazy("Doing it hands-on")),
    ("books", gettext_lazy("Books")),
    ("exercises", gettext_lazy("Exercises")),
]
WEEKS_MAX = 104
GOAL_MIN = 10  # letters
LANGUAGES = (
    "en",
    "zh-Hans",
    "es",
    "de",
    "fr",
    "pt-BR",
    "ja",
    "ko",
    "ar",
    "hi",
    "ru",
    "it",
    "tr",
    "pl",
    "uk",
)


def check_language(value: str) -> None:
    if not langcodes.tag_is_valid(value) or not langcodes.Language.get(value).language:
        message = _("“%(tag)s” is no known language; give a tag such as en, de or zh-Hans.")
        raise ValidationError(message % {"tag": value})


def check_goal(value: str) -> None:
    """Least length of a goal, in columns: Chinese, Japanese and Korean characters are twice as
    wide as letters, and say twice as much.
    """
    columns = sum(2 if east_asian_width(character) in "WF" else 1 for character in value)
    if columns < GOAL_MIN:
        raise ValidationError(_("Say a little more: at least 10 characters."))


class TimeForm(forms.Form):
    """Time that the learner has: hours a week, and weeks or a date."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    hours_per_week = forms.IntegerField(
        label=BY_NAME["hours_per_week"].label, min_value=1, max_value=80
    )
    weeks = forms.IntegerField(
        label=BY_NAME["weeks"].label, min_value=1, max_value=WEEKS_MAX, required=False
    )
    target_date = forms.DateField(
        label=BY_NAME["target_date"].label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Instead of weeks."),
    )

    def clean_target_date(self) -> Any:
        date = self.cleaned_data["target_date"]
        if date and date <= timezone.localdate():
            raise ValidationError(_("The date is past; give one to come."))
        if date and date > timezone.localdate() + timedelta(weeks=WEEKS_MAX):
            raise ValidationError(_("At most %(weeks)s weeks from now.") % {"weeks": WEEKS_MAX})
        return date

    def clean(self) -> dict[str, Any]:
        """A target date decides the weeks."""
        cleaned: dict[str, Any] = super().clean() or {}
        if date := cleaned.get("target_date"):
            cleaned["weeks"] = max(1, math.ceil((date - timezone.localdate()).days / 7))
        elif not cleaned.get("weeks") and self.errors.keys().isdisjoint({"weeks", "target_date"}):
            self.add_error("weeks", _("Give weeks or a date."))
        return cleaned


class RoadmapForm(TimeForm):
    goal = forms.CharField(
        label=BY_NAME["goal"].label,
        max_length=2000,
        validators=[check_goal],
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "minlength": GOAL_MIN // 2,
                "placeholder": gettext_lazy("Learn enough Python to analyse my own data"),
            }
        ),
        help_text=gettext_lazy("One or two sentences, 10 to 2,000 characters."),
        error_messages={"required": gettext_lazy("State what you want to learn.")},
    )
    level = forms.ChoiceField(label=BY_NAME["level"].label, choices=Roadmap.Level.choices)
    language = forms.CharField(
        label=BY_NAME["language"].label,
        max_length=35,
        validators=[check_language],
        widget=forms.TextInput(attrs={"list": "languages"}),
        help_text=gettext_lazy("A tag such as en, de or zh-Hans."),
    )
    background = forms.CharField(
        label=BY_NAME["background"].label,
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    motivation = forms.CharField(
        label=BY_NAME["motivation"].label,
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    formats = forms.MultipleChoiceField(
        label=BY_NAME["formats"].label,
        choices=FORMATS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def about(self) -> list[forms.BoundField]:
        """Fields of the section “About you”, for the template."""
        return [self[field.name] for field in FIELDS if field.section == "about"]

    @staticmethod
    def defaults() -> dict[str, Any]:
        return {
            "level": Roadmap.Level.BEGINNER,
            "hours_per_week": 5,
            "weeks": 8,
            "language": "en",
            "formats": [],
        }

    def clean_language(self) -> str:
        return langcodes.standardize_tag(self.cleaned_data["language"])


class RequestForm(RoadmapForm):
    """Form of the page: the request, and the wish to be asked back, which is no part of it."""

    ask_first = forms.BooleanField(
        label=gettext_lazy("Ask me two or three questions first"),
        required=False,
        help_text=gettext_lazy("The answers make the plan fit you better. You can skip them."),
    )


class ChangesForm(forms.Form):
    """Changes of an approved plan that a learner wishes for."""

    comment = forms.CharField(
        label=gettext_lazy("What should be different?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say what should be different.")},
    )
