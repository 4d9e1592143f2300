"""Page of one roadmap in the admin: the parts above its fields."""

from typing import Any

from django.db.models import F, Func, IntegerField
from django.db.models.fields.json import KeyTextTransform
from django.http import HttpRequest

from logs_app.history import events_of
from roadmaps.admin.base.paging import list_page
from roadmaps.admin.operations import formatting
from roadmaps.models import ModelCall, Roadmap
from roadmaps.operations import statistics

EVENTS_SHOWN = 40
DRAFTS_MAX = 20  # of one page of its list
STATUS_COLOURS = {
    "QUEUED": "info",
    "RUNNING": "info",
    "GENERATING": "info",
    "READY": "success",
    "PARTIAL": "warning",
    "AWAITING_REVIEW": "warning",
    "FAILED": "danger",
    "REJECTED": "danger",
}


def page_of(roadmap: Roadmap, request: HttpRequest) -> dict[str, Any]:
    """Context of the page; each part is there only for a person who may see its rows."""
    user = request.user
    context: dict[str, Any] = {
        "roadmap": roadmap,
        "title": str(roadmap),
        "status_colour": STATUS_COLOURS.get(roadmap.status),
    }
    if user.has_perm("roadmaps.view_draft"):
        score = KeyTextTransform("score", F("report"))
        changes = Func(F("operations"), function="jsonb_array_length", output_field=IntegerField())
        drafts = roadmap.drafts.select_related("review", "author").order_by("-number")
        # Without the plans, which are large.
        drafts = drafts.defer("plan", "report", "operations")
        drafts = drafts.annotate(score=score, changes=changes)
        context["drafts"] = list_page(request, drafts, "drafts", size=DRAFTS_MAX)
    if user.has_perm("logs_app.view_executionlog"):
        context["events"] = events_of(roadmap.pk)[-EVENTS_SHOWN:]
    if user.has_perm("roadmaps.view_modelcall"):
        rows = statistics.spend("role", calls=ModelCall.objects.filter(thread_id=roadmap.thread_id))
        context |= {
            "spent": formatting.spent(statistics.total(rows)),
            "roles": [formatting.spent(row) for row in rows],
        }
    return context
