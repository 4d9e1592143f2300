"""Import of a course from the JSON of an export.

Everything in it is somebody else's: it is checked, and never run.
"""

from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError as Refused

from content.exports import rows
from content.exports.document import Course
from content.exports.imported import ImportedCourse
from roadmaps.models import Roadmap

PROBLEMS_MAX = 8


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The course's JSON file"),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        error_messages={"required": gettext_lazy("Choose the JSON file of a course.")},
    )

    def clean_file(self) -> Course:
        upload = self.cleaned_data["file"]
        if upload.size > settings.IMPORT_MAX_BYTES:
            sizes = {
                "size": filesizeformat(upload.size),
                "most": filesizeformat(settings.IMPORT_MAX_BYTES),
            }
            raise ValidationError(
                _("The file has %(size)s; at most %(most)s can be imported.") % sizes
            )
        return read_course(upload.read())


def read_course(data: bytes) -> Course:
    """Raises ValidationError with a sentence for each of the first problems, and where in the file
    it is.
    """
    try:
        course = ImportedCourse.model_validate_json(data)
        course.check_order()
    except Refused as exc:
        raise ValidationError(list(problems_of(exc))) from exc
    except ValueError as exc:
        raise ValidationError(_("This course can't be imported: %(why)s.") % {"why": exc}) from exc
    return course


def problems_of(refused: Refused) -> Iterator[str]:
    errors = refused.errors(include_url=False, include_input=False)
    for error in errors[:PROBLEMS_MAX]:
        if error["type"] == "json_invalid":
            why = error["msg"].partition(": ")[2] or error["msg"]
            yield _("The file is not JSON: %(why)s.") % {"why": why}
            continue
        why = error["msg"].removeprefix("Value error, ").rstrip(".")
        steps = [str(step + 1) if isinstance(step, int) else step for step in error["loc"]]
        if steps:
            yield f"{' → '.join(steps)}: {why}."
        else:
            yield f"{why[:1].upper()}{why[1:]}."
    if len(errors) > PROBLEMS_MAX:
        yield _("And %(count)d problems more.") % {"count": len(errors) - PROBLEMS_MAX}


def import_course(course: Course, *, owner: User) -> Roadmap:
    return rows.create(course.model_copy(update={"checked": None}), owner=owner)
