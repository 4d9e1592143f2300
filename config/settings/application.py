"""Settings of Django: apps, middleware, templates, static files, languages."""

from typing import Any

from django.urls import reverse

from config.settings.accounts import SOCIAL_PROVIDERS
from config.settings.folders import BASE_DIR, VAR_DIR, make_folder

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.urls finds its pages: workers need none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in SOCIAL_PROVIDERS),
    "channels",
    "django_htmx",
    "django_celery_results",
    "django_celery_beat",
    "logs_app",
    "roadmaps",
    "content",
    "learning",
    "sharing",
    "accounts",
    "config",  # commands that start the processes
]
MIDDLEWARE = [
    # first: asked by address, before ALLOWED_HOSTS and the redirect to HTTPS
    "roadmaps.operations.probes.ProbesMiddleware",
    "config.error_reports.DebugPagesMiddleware",  # outside of all that may answer with such a page
    "logs_app.context.RequestContextMiddleware",
    "config.possible_text.PossibleTextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.csp.PolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "roadmaps.pages.access.PagesMiddleware",
    "accounts.passwords.PasswordsMiddleware",
    "accounts.middleware.StaffMFAMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
# Templates of the apps above that fill places of the pages below them, in order.
PAGE_SLOTS = {
    "roadmap_list_acts": ["content/_import_link.html"],
    "roadmap_cards": ["learning/_roadmap_cards.html"],
    "unreviewed_acts": ["content/_missing_link.html"],
    "course_acts": ["content/_export_link.html", "sharing/_share_button.html"],
    "course_progress": ["learning/_roadmap_progress.html"],
    "course": ["learning/_roadmap_course.html"],
    "admin_roadmap_links": ["admin/content/_roadmap_links.html"],
}
ABSOLUTE_URL_OVERRIDES = {
    "roadmaps.concept": lambda concept: reverse(
        "concept_detail", args=[concept.roadmap_id, concept.slug]
    )
}
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
make_folder(STATIC_ROOT)  # whitenoise also serves files that were not collected
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]  # of the pages; content is in any
LOCALE_PATHS = [BASE_DIR / "templates" / "locale", BASE_DIR / "templates" / "allauth" / "locale"]
TIME_ZONE = "UTC"  # until a reader's own is known (accounts/middleware.py)
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
