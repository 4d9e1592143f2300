"""Having a concept written anew."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from content.artifacts import rewrites
from roadmaps.exceptions import InvalidTransition
from roadmaps.models import Concept
from roadmaps.pages.access import paced
from roadmaps.pages.errors import NothingThere
from roadmaps.pages.roadmap import signed_in, visible


@login_required
@require_POST
@paced("rewrite", "POST")
def artifact_retry(request: HttpRequest, pk: uuid.UUID, slug: str, kind: str) -> HttpResponse:
    roadmap = visible(request, pk)
    concept: Any = get_object_or_404(
        Concept.objects.select_related("roadmap"), roadmap=roadmap, slug=slug
    )
    try:
        rewrites.retry_artifact(concept, kind, by=signed_in(request))
        messages.success(request, _("It will be written anew; what is there stays until then."))
    except InvalidTransition as exc:
        messages.error(request, str(exc))
    except ValidationError as exc:
        raise NothingThere(exc.message) from exc
    return redirect(concept)
