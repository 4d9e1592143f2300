"""How the admin looks."""

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
