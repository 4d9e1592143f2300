"""Pages of the exports: the formats, and the file at once or when a worker has written it."""

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
from content.exports.jobs import ahead_of, ask_for_export
from content.exports.room import room_for_export
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
@room_for_export
def roadmap_export(request: HttpRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    """The file, or for what takes longer the page of its state; a POST has it written."""
    roadmap, chosen = visible(request, pk), format_of(format)
    if not roadmap.concepts.exists():
        messages.error(request, _("There is no course to export yet: its plan is not approved."))
        return redirect(roadmap)
    if rows.size_of(roadmap) <= chosen.at_once_up_to:
        return write_at_once(request, roadmap, chosen)
    if request.method == "POST":
        ask_for_export(roadmap, chosen.name, by=signed_in(request))
        return redirect("roadmap_export", roadmap.pk, chosen.name)
    return export_state(request, roadmap, chosen)


def format_of(name: str) -> Format:
    """Raises NothingThere."""
    if name not in FORMATS:
        others = ", ".join(FORMATS)
        message = _("There is no export as “%(name)s”; there are %(others)s.")
        raise NothingThere(message % {"name": name, "others": others})
    return FORMATS[name]


@paced("export", "GET")
def write_at_once(request: HttpRequest, roadmap: Roadmap, format: Format) -> HttpResponse:
    options: dict[str, Any] = {}
    if format.name == "ics":
        form = StudyPlanForm(request.GET)
        if not form.is_valid():
            problems = [problem for errors in form.errors.values() for problem in errors]
            context = {"roadmap": roadmap, "problems": problems}
            return render(request, "content/export_list.html", context, status=400)
        options = form.cleaned_data
    return file_response(roadmap, format, format.write(rows.load(roadmap), **options))


def file_response(roadmap: Roadmap, format: Format, data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type=format.content_type)
    name = format.file_name(str(roadmap))
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def export_state(request: HttpRequest, roadmap: Roadmap, format: Format) -> HttpResponse:
    """To htmx only the part that changes, to a program JSON."""
    exports = Export.objects.without_file().filter(roadmap=roadmap, owner=signed_in(request))
    export = exports.filter(format=format.name).first()
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(export_as_json(export))
    name = "_export_state" if getattr(request, "htmx", False) else "export_detail"
    context = {
        "roadmap": roadmap,
        "format": format,
        "export": export,
        "waits": export is not None and export.is_moving and ahead_of(export).exists(),
    }
    return render(request, f"content/{name}.html", context)


def export_as_json(export: Export | None) -> dict[str, Any]:
    """`status` null: nobody has asked for it yet."""
    if export is None:
        return {"status": None}
    file = None
    if export.status == ExportStatus.READY:
        file = reverse("export_file", args=[export.roadmap_id, export.format])
    return {
        "status": export.status,
        "parts": export.parts,
        "parts_done": export.parts_done,
        "error": export.reason,
        "file": file,
    }


@login_required
@require_safe
@paced("export_file", "GET")
def export_file(request: HttpRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    roadmap, chosen = visible(request, pk), format_of(format)
    exports = Export.objects.filter(roadmap=roadmap, owner=signed_in(request))
    export = get_object_or_404(exports, format=chosen.name)
    if export.status != ExportStatus.READY or export.file is None:
        messages.error(request, _("The file is not written yet."))
        return redirect("roadmap_export", roadmap.pk, chosen.name)
    return file_response(roadmap, chosen, bytes(export.file))
