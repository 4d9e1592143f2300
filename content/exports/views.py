"""Taking a course along: the formats, and the file at once or when a worker has written it."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from content.exports import FORMATS, Format, rows
from content.exports.jobs import ask_for_export
from content.models import Export, ExportStatus
from roadmaps.models import Roadmap
from roadmaps.pages.access import paced
from roadmaps.pages.errors import NothingThere
from roadmaps.pages.roadmap import signed_in, visible


class StudyPlanForm(forms.Form):
    start = forms.DateField(
        required=False,
        error_messages={
            "invalid": gettext_lazy("The start is no date; give one such as 2027-01-31.")
        },
    )
    hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=80,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Give 1 to 80 whole hours a week.")
        ),
    )

    def clean_start(self) -> Any:
        start = self.cleaned_data["start"]
        if start and abs((start - timezone.localdate()).days) > 3660:
            raise forms.ValidationError(_("The start is more than ten years away."))
        return start


@login_required
@require_safe
def export_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return render(request, "content/export_list.html", {"roadmap": visible(request, pk)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@paced("export", "POST")
def roadmap_export(request: HttpRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    """The file, or for a long one the page of its state; a POST has it written."""
    roadmap, wanted = visible(request, pk), _format(format)
    count = roadmap.concepts.count()
    if not count:
        messages.error(request, _("There is no course to export yet: its plan is not approved."))
        return redirect(roadmap)
    if count <= wanted.at_once_up_to:
        return _at_once(request, roadmap, wanted)
    if request.method == "POST":
        ask_for_export(roadmap, wanted.name, by=signed_in(request))
        return redirect("roadmap_export", roadmap.pk, wanted.name)
    return _state(request, roadmap, wanted)


def _format(name: str) -> Format:
    if name not in FORMATS:
        others = ", ".join(FORMATS)
        told = _("There is no export as “%(name)s”; there are %(others)s.")
        raise NothingThere(told % {"name": name, "others": others})
    return FORMATS[name]


def _at_once(request: HttpRequest, roadmap: Roadmap, wanted: Format) -> HttpResponse:
    options: dict[str, Any] = {}
    if wanted.name == "ics":
        form = StudyPlanForm(request.GET)
        if not form.is_valid():
            problems = [sentence for sentences in form.errors.values() for sentence in sentences]
            return render(
                request,
                "content/export_list.html",
                {"roadmap": roadmap, "problems": problems},
                status=400,
            )
        options = form.cleaned_data
    return _file(roadmap, wanted, wanted.write(rows.load(roadmap), **options))


def _file(roadmap: Roadmap, wanted: Format, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type=wanted.content_type)
    name = wanted.file_name(str(roadmap))
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _state(request: HttpRequest, roadmap: Roadmap, wanted: Format) -> HttpResponse:
    """To htmx only the part that changes, to a program JSON."""
    export = (
        Export.objects.without_file()
        .filter(roadmap=roadmap, owner=signed_in(request), format=wanted.name)
        .first()
    )
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(_as_json(export))
    name = "_export_state" if getattr(request, "htmx", False) else "export_detail"
    return render(
        request, f"content/{name}.html", {"roadmap": roadmap, "format": wanted, "export": export}
    )


def _as_json(export: Export | None) -> dict[str, Any]:
    """`status` null: nobody has asked for it yet."""
    if export is None:
        return {"status": None}
    ready = export.status == ExportStatus.READY
    file = reverse("export_file", args=[export.roadmap_id, export.format]) if ready else None
    facts = {"status": export.status, "parts": export.parts, "parts_done": export.parts_done}
    return facts | {"error": export.reason, "file": file}


@login_required
@require_safe
def export_file(request: HttpRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    roadmap, wanted = visible(request, pk), _format(format)
    export = get_object_or_404(
        Export, roadmap=roadmap, owner=signed_in(request), format=wanted.name
    )
    if export.status != ExportStatus.READY or export.file is None:
        messages.error(request, _("The file is not written yet."))
        return redirect("roadmap_export", roadmap.pk, wanted.name)
    return _file(roadmap, wanted, bytes(export.file))
