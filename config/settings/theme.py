"""Settings of the admin's theme: colours, styles, scripts and menus."""

from django.templatetags.static import static

TEAL = {
    "50": "oklch(98.4% .014 180.72)",
    "100": "oklch(95.3% .051 180.801)",
    "200": "oklch(91% .096 180.426)",
    "300": "oklch(85.5% .138 181.071)",
    "400": "oklch(77.7% .152 181.912)",
    "500": "oklch(70.4% .14 182.503)",
    "600": "oklch(51.1% .096 186.391)",  # dark enough for white text on it
    "700": "oklch(46% .088 186.4)",
    "800": "oklch(43.7% .078 188.216)",
    "900": "oklch(38.6% .063 188.416)",
    "950": "oklch(27.7% .046 192.524)",
}
UNFOLD = {
    "SITE_TITLE": "Cairn",
    "SITE_HEADER": "Cairn",
    "SITE_SYMBOL": "landscape",
    "SITE_URL": "/",
    "COLORS": {"primary": TEAL},
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("cairn/cairn.svg")}
    ],
    "STYLES": [
        lambda _request: static("cairn/admin.css"),
        lambda _request: static("cairn/operations.css"),
    ],
    "SCRIPTS": [
        lambda _request: static("cairn/steady.js"),
        lambda _request: static("cairn/admin.js"),
        lambda _request: static("cairn/zone.js"),
    ],
    "DASHBOARD_CALLBACK": "roadmaps.admin.operations.dashboard.fill",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "roadmaps.admin.navigation.groups",
    },
    "TABS": "roadmaps.admin.navigation.tabs",
}
# Group → entries: (title, icon, permission to see it (any of several), name of its address), or
# the function that returns a list of them.
ADMIN_MENU: dict[str, list[str | tuple[str, str, str, str]]] = {
    "Review desk": [
        ("Dashboard", "dashboard", "", "admin:index"),
        ("Reviews", "rate_review", "roadmaps.view_review", "admin:roadmaps_review_changelist"),
        ("Drafts", "difference", "roadmaps.view_draft", "admin:roadmaps_draft_changelist"),
    ],
    "Courses": [
        ("Roadmaps", "map", "roadmaps.view_roadmap", "admin:roadmaps_roadmap_changelist"),
        "content.admin.menu_entries",
        ("Exports", "download", "content.view_export", "admin:content_export_changelist"),
        ("Shared", "share", "sharing.view_share", "admin:sharing_share_changelist"),
    ],
    "Operation": [
        ("System", "monitor_heart", "roadmaps.view_lease", "system"),
        "roadmaps.admin.operations.failures.menu_entries",
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
# Where each `Section` of the first page stands in the code.
ADMIN_NUMBERS = [
    "roadmaps.admin.operations.dashboard.REVIEWS",
    "roadmaps.admin.operations.dashboard.RUNS",
]
ADMIN_SECTIONS = [
    "roadmaps.admin.operations.dashboard.DECISIONS_MADE",
    "roadmaps.admin.operations.dashboard.QUALITY",
    "roadmaps.admin.operations.dashboard.QUEUES",
    "roadmaps.admin.operations.dashboard.SPEND",
    "content.admin.BY_STATE",
]
