"""Forms of one part of a plan, and the operations that a filled form asks for."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from pydantic import ValidationError as SchemaError

from roadmaps.models import Roadmap
from roadmaps.plan import shape
from roadmaps.plan.schemas import Operation
from roadmaps.plan.shape import Plan

Json = dict[str, Any]
REASON = "Edited by a reviewer."
OUTCOMES_MOST = 5
PREREQUISITES_MOST = 5


def new_operation(op: str, target: str, **fields: Any) -> Operation:
    """An operation of a reviewer.

    Raises ValidationError with a sentence for each field that doesn't fit.
    """
    try:
        return Operation.model_validate({"op": op, "target": target, "reason": REASON, **fields})
    except SchemaError as exc:
        raise ValidationError(
            [f"{error['loc'][0]}: {error['msg']}." for error in exc.errors()]
        ) from exc


class PartForm(forms.Form):
    """Title, summary and place of a part; `part` None is a part that is to be added."""

    title = forms.CharField(min_length=2, max_length=120)
    summary = forms.CharField(
        min_length=2, max_length=1200, widget=forms.Textarea(attrs={"rows": 3})
    )
    into = forms.ChoiceField(label="Stands in", required=False)

    def __init__(self, plan: Plan, part: Json | None, data: Any = None) -> None:
        self.part = part
        initial = None
        places = []
        if part:
            initial = self.initial_of(plan, part)
            places = _places(plan, part)
        super().__init__(data, initial=initial)
        if places:
            choices = [(place["id"], place["title"]) for place in places]
            self.fields["into"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["into"]

    def initial_of(self, plan: Plan, part: Json) -> Json:
        initial = {"title": part["title"], "summary": part["summary"], "into": ""}
        for place in _places(plan, part):
            if part in shape.children(place):
                initial["into"] = place["id"]
        return initial

    def operations(self) -> list[Operation]:
        """Operations that make the part as the form says; none when it is already."""
        part = self.part or {}
        changed = set(self.changed_data)
        operations = []
        if fields := {name: self.cleaned_data[name] for name in changed - {"into"}}:
            operations.append(new_operation("modify", part["id"], **fields))
        if "into" in changed and self.cleaned_data["into"]:
            operations.append(new_operation("move", part["id"], into=self.cleaned_data["into"]))
        return operations


class ConceptForm(PartForm):
    minutes = forms.IntegerField(min_value=10, max_value=1200)
    difficulty = forms.ChoiceField(choices=Roadmap.Level.choices)
    prerequisites = forms.MultipleChoiceField(
        label="Needs first",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Earlier concepts, up to 5.",
    )
    outcomes = forms.CharField(
        min_length=2,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What one can do then: a line each, up to 5.",
    )
    field_order = ("title", "summary", "minutes", "difficulty", "into", "outcomes", "prerequisites")

    def __init__(self, plan: Plan, part: Json | None, data: Any = None, module: str = "") -> None:
        super().__init__(plan, part, data)
        choices = [
            (concept["id"], concept["title"]) for concept in _earlier_concepts(plan, part, module)
        ]
        self.fields["prerequisites"].choices = choices  # type: ignore[attr-defined]
        if part is None:
            self.initial.update({"minutes": 60, "difficulty": Roadmap.Level.BEGINNER})

    def initial_of(self, plan: Plan, part: Json) -> Json:
        initial = super().initial_of(plan, part)
        for name in ("minutes", "difficulty", "prerequisites"):
            initial[name] = part[name]
        initial["outcomes"] = "\n".join(part["outcomes"])
        return initial

    def clean_prerequisites(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["prerequisites"]
        if len(chosen) > PREREQUISITES_MOST:
            raise ValidationError(f"At most {PREREQUISITES_MOST}.")
        return chosen

    def clean_outcomes(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["outcomes"].splitlines()]
        lines = [line for line in lines if line]
        if not 0 < len(lines) <= OUTCOMES_MOST or not all(2 <= len(line) <= 400 for line in lines):
            raise ValidationError(f"One to {OUTCOMES_MOST} lines of 2 to 400 characters.")
        return lines

    def added_to(self, module: str) -> list[Operation]:
        fields = {name: value for name, value in self.cleaned_data.items() if name != "into"}
        return [new_operation("add", module, **fields)]


def form_for(plan: Plan, part: Json, data: Any = None) -> PartForm:
    form_class = ConceptForm if "minutes" in part else PartForm
    return form_class(plan, part, data)


def _places(plan: Plan, part: Json) -> list[Any]:
    """Stages or modules that the part may stand in; a stage has no choice."""
    if "modules" in part:
        return []
    if "concepts" in part:
        return list(plan["stages"])
    return list(shape.modules(plan))


def _earlier_concepts(plan: Plan, part: Json | None, module_id: str) -> list[Any]:
    """Concepts that come before the part, or before the end of the module that it is to be added
    to.
    """
    earlier: list[Any] = []
    for module in shape.modules(plan):
        for concept in module["concepts"]:
            if part is not None and concept["id"] == part["id"]:
                return earlier
            earlier.append(concept)
        if part is None and module["id"] == module_id:
            return earlier
    return earlier
