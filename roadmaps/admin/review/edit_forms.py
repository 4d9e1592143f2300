"""The fields of one part of a plan, and the operations that a filled form asks for."""

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


def operation(op: str, target: str, **fields: Any) -> Operation:
    """Raises ValidationError with a sentence for each field that doesn't fit."""
    try:
        return Operation.model_validate({"op": op, "target": target, "reason": REASON, **fields})
    except SchemaError as exc:
        raise ValidationError(
            [f"{error['loc'][0]}: {error['msg']}." for error in exc.errors()]
        ) from exc


class PartForm(forms.Form):
    """Title and summary; `part` None is a part to be."""

    title = forms.CharField(min_length=2, max_length=120)
    summary = forms.CharField(
        min_length=2, max_length=1200, widget=forms.Textarea(attrs={"rows": 3})
    )
    into = forms.ChoiceField(label="Stands in", required=False)

    def __init__(self, plan: Plan, part: Json | None, data: Any = None) -> None:
        self.part = part
        super().__init__(data, initial=self.initial_of(plan, part) if part else None)
        places = _places(plan, part) if part else []
        if places:
            choices = [(place["id"], place["title"]) for place in places]
            self.fields["into"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["into"]

    def initial_of(self, plan: Plan, part: Json) -> Json:
        home = next((one for one in _places(plan, part) if part in shape.children(one)), {"id": ""})
        return {"title": part["title"], "summary": part["summary"], "into": home["id"]}

    def operations(self) -> list[Operation]:
        """What must be done so that the part is as the form says; nothing when it is already."""
        part, changed = self.part or {}, set(self.changed_data)
        found = []
        if fields := {name: self.cleaned_data[name] for name in changed - {"into"}}:
            found.append(operation("modify", part["id"], **fields))
        if "into" in changed and self.cleaned_data["into"]:
            found.append(operation("move", part["id"], into=self.cleaned_data["into"]))
        return found


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
        earlier = _earlier(plan, part, module)
        needed = self.fields["prerequisites"]
        choices = [(concept["id"], concept["title"]) for concept in earlier]
        needed.choices = choices  # type: ignore[attr-defined]
        if part is None:
            self.initial.update({"minutes": 60, "difficulty": Roadmap.Level.BEGINNER})

    def initial_of(self, plan: Plan, part: Json) -> Json:
        own = {name: part[name] for name in ("minutes", "difficulty", "prerequisites")}
        return super().initial_of(plan, part) | own | {"outcomes": "\n".join(part["outcomes"])}

    def clean_prerequisites(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["prerequisites"]
        if len(chosen) > PREREQUISITES_MOST:
            raise ValidationError(f"At most {PREREQUISITES_MOST}.")
        return chosen

    def clean_outcomes(self) -> list[str]:
        lines = [
            line.strip() for line in self.cleaned_data["outcomes"].splitlines() if line.strip()
        ]
        if not 0 < len(lines) <= OUTCOMES_MOST or not all(2 <= len(line) <= 400 for line in lines):
            raise ValidationError(f"One to {OUTCOMES_MOST} lines of 2 to 400 characters.")
        return lines

    def added_to(self, module: str) -> list[Operation]:
        fields = {name: value for name, value in self.cleaned_data.items() if name != "into"}
        return [operation("add", module, **fields)]


def form_for(plan: Plan, part: Json, data: Any = None) -> PartForm:
    return (ConceptForm if "minutes" in part else PartForm)(plan, part, data)


def _places(plan: Plan, part: Json) -> list[Any]:
    """What the part may stand in; a stage has no choice."""
    if "modules" in part:
        return []
    return plan["stages"] if "concepts" in part else list(shape.modules(plan))


def _earlier(plan: Plan, part: Json | None, module: str) -> list[Any]:
    """The concepts that come before the part, or before the end of the module that it is to be
    added to.
    """
    earlier: list[Any] = []
    for one in shape.modules(plan):
        for concept in one["concepts"]:
            if part is not None and concept["id"] == part["id"]:
                return earlier
            earlier.append(concept)
        if part is None and one["id"] == module:
            return earlier
    return earlier
