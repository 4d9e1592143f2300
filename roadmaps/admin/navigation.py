"""The menu of the admin: what a person may see, by what it is for."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from roadmaps.models import Review

BADGE_MAX = 99
# One of these opens the page of failures, which shows each kind to who may see its rows.
FAILURES = (
    "roadmaps.view_roadmap content.view_tutorial content.view_resourcelist content.view_quiz content.view_export "
    "roadmaps.view_modelcall django_celery_results.view_taskresult"
)
NOTHING = {
    "badge": None,
    "link_callback": None,
}  # Unfold's templates ask for them, and what is missing takes longest

# group → (title, icon, permission to see it (any of several), name of its address)
MENU: dict[str, list[tuple[str, str, str, str]]] = {
    "Review desk": [
        ("Dashboard", "dashboard", "", "admin:index"),
        ("Reviews", "rate_review", "roadmaps.view_review", "admin:roadmaps_review_changelist"),
        ("Drafts", "difference", "roadmaps.view_draft", "admin:roadmaps_draft_changelist"),
    ],
    "Courses": [
        ("Roadmaps", "map", "roadmaps.view_roadmap", "admin:roadmaps_roadmap_changelist"),
        ("Tutorials", "article", "content.view_tutorial", "admin:content_tutorial_changelist"),
        ("Resources", "link", "content.view_resourcelist", "admin:content_resourcelist_changelist"),
        ("Quizzes", "quiz", "content.view_quiz", "admin:content_quiz_changelist"),
        ("Exports", "download", "content.view_export", "admin:content_export_changelist"),
        ("Shared", "share", "sharing.view_share", "admin:sharing_share_changelist"),
    ],
    "Operation": [
        ("System", "monitor_heart", "roadmaps.view_lease", "system"),
        (
            "Failures",
            "error",
            FAILURES,
            "failures",
        ),
        (
            "Execution log",
            "list_alt",
            "logs_app.view_executionlog",
            "admin:logs_app_executionlog_changelist",
        ),
        ("Usage and cost", "payments", "roadmaps.view_modelcall", "model_usage"),
        ("Model calls", "forum", "roadmaps.view_modelcall", "admin:roadmaps_modelcall_changelist"),
        (
            "Task results",
            "task_alt",
            "django_celery_results.view_taskresult",
            "admin:django_celery_results_taskresult_changelist",
        ),
        (
            "Schedules",
            "schedule",
            "django_celery_beat.view_periodictask",
            "admin:django_celery_beat_periodictask_changelist",
        ),
    ],
    "People": [
        ("Users", "person", "auth.view_user", "admin:auth_user_changelist"),
        ("Acts of staff", "policy", "admin.view_logentry", "admin:admin_logentry_changelist"),
        ("Groups", "group", "auth.view_group", "admin:auth_group_changelist"),
        (
            "E-mail addresses",
            "mail",
            "account.view_emailaddress",
            "admin:account_emailaddress_changelist",
        ),
    ],
}


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's SIDEBAR navigation."""
    return [
        {"title": title, "separator": at > 0, "collapsible": False, "badge": None, "items": items}
        for at, (title, entries) in enumerate(MENU.items())
        if (items := [_item(request, *entry) for entry in entries if may_see(request, entry[2])])
    ]


def may_see(request: HttpRequest, permissions: str) -> bool:
    return not permissions or any(map(request.user.has_perm, permissions.split()))


def _item(
    request: HttpRequest, title: str, icon: str, permission: str, address: str
) -> dict[str, Any]:
    item = NOTHING | {"title": title, "icon": icon, "link": reverse(address)}
    if permission == "roadmaps.view_review" and (badge := pending_badge()):
        item |= {"badge": badge, "badge_variant": "primary"}
    return item


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's TABS: the kinds of schedule beside the tasks that follow them."""
    kinds = (
        "periodictask",
        "intervalschedule",
        "crontabschedule",
        "clockedschedule",
        "solarschedule",
    )
    items = [
        {"title": title, "link": reverse(f"admin:django_celery_beat_{kind}_changelist")}
        for kind, title in zip(
            kinds, ("Tasks", "Intervals", "Crontabs", "Once", "By the sun"), strict=True
        )
        if request.user.has_perm(f"django_celery_beat.view_{kind}")
    ]
    return [{"models": [f"django_celery_beat.{kind}" for kind in kinds], "items": items}]


def pending_badge() -> str:
    """Counted up to BADGE_MAX only, so that it costs the same whatever waits."""
    waiting = Review.objects.pending().order_by()[: BADGE_MAX + 1].count()
    return f"{BADGE_MAX}+" if waiting > BADGE_MAX else str(waiting or "")
