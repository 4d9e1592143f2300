"""Page of one roadmap in the admin: what stands above its fields."""

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
    """Each part is there only for who may see its rows."""
    user = request.user
    context: dict[str, Any] = {
        "roadmap": roadmap,
        "title": str(roadmap),
        "status_colour": STATUS_COLOURS.get(roadmap.status),
    }
    if user.has_perm("roadmaps.view_draft"):
        context["drafts"] = list_page(request, _drafts(roadmap), "drafts", size=DRAFTS_MAX)
    if user.has_perm("logs_app.view_executionlog"):
        context["events"] = events_of(roadmap.pk)[-EVENTS_SHOWN:]
    if user.has_perm("roadmaps.view_modelcall"):
        rows = statistics.spend("role", calls=ModelCall.objects.filter(thread_id=roadmap.thread_id))
        context |= {
            "spent": formatting.spent(statistics.total(rows)),
            "roles": [formatting.spent(row) for row in rows],
        }
    return context


def _drafts(roadmap: Roadmap) -> Any:
    """Newest first, without the plans, which are large."""
    rows = roadmap.drafts.select_related("review", "author").defer("plan", "report", "operations")
    changes = Func(F("operations"), function="jsonb_array_length", output_field=IntegerField())
    return rows.annotate(score=KeyTextTransform("score", F("report")), changes=changes).order_by(
        "-number"
    )
