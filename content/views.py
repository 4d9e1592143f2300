"""Having a concept written anew, taking the course along."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from content import export, services
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept, Roadmap
from roadmaps.views import visible


def _concept(roadmap: Roadmap, slug: str) -> Any:
    return get_object_or_404(Concept, roadmap=roadmap, slug=slug)


@login_required
@require_POST
def artifact_retry(request: HttpRequest, pk: uuid.UUID, slug: str, kind: str) -> HttpResponse:
    concept = _concept(visible(request, pk), slug)
    try:
        services.retry_artifact(concept, kind)
        messages.success(request, "It will be written anew; what is there stays until then.")
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    except ValidationError as exc:
        raise Http404(exc.message) from exc
    return redirect(concept)


@login_required
def roadmap_export(request: HttpRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    roadmap = visible(request, pk)
    if format not in EXPORTS:
        raise Http404(f"There is no export as “{format}”; there is {' and '.join(EXPORTS)}.")
    if not roadmap.concepts.exists():
        messages.error(request, "There is no course to export yet: its plan is not approved.")
        return redirect(roadmap)
    content_type, suffix, write = EXPORTS[format]
    name = f"{export.file_name(str(roadmap))}.{suffix}"
    response = HttpResponse(write(roadmap), content_type=content_type)
    response.headers["Content-Disposition"] = _attachment(name)
    return response


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _json(roadmap: Roadmap) -> bytes:
    return json.dumps(export.as_json(roadmap), ensure_ascii=False, indent=2).encode()


EXPORTS: dict[str, tuple[str, str, Any]] = {
    "markdown": ("application/zip", "zip", export.markdown_zip),
    "json": ("application/json", "json", _json),
}
