"""Settings of every process; values come from the environment through config.env only."""

import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config import env, logs, reporting
from config.embedded import EmbeddedServices

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

# --- services ---------------------------------------------------------------------------------------------------------

DATABASE_URL = env.url("DATABASE_URL", ("postgresql", "postgres"))
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"))
EMBEDDED = not (DATABASE_URL and REDIS_URL)
if EMBEDDED:
    SERVICES = EmbeddedServices(VAR_DIR)
    try:
        DATABASE_URL = DATABASE_URL or SERVICES.database_url()
        REDIS_URL = REDIS_URL or SERVICES.redis_url()
    except ModuleNotFoundError as exc:  # a container image goes without them
        message = f"DATABASE_URL and REDIS_URL must both be set: there is no embedded service here ({exc.name})"
        raise ImproperlyConfigured(message) from None

try:
    _database = conninfo_to_dict(DATABASE_URL)
except ProgrammingError as exc:
    raise ImproperlyConfigured(f"DATABASE_URL: not a PostgreSQL address ({exc})") from None

# Prepared statements don't survive a pooler that gives each transaction another connection.
DATABASE_TRANSACTION_POOLER = env.flag("DATABASE_TRANSACTION_POOLER", False)
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 20, most=1000)  # Django connections of one process
CHECKPOINT_POOL_SIZE = env.integer("CHECKPOINT_POOL_SIZE", 8, most=1000)  # the loop's connections of one process
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", None) or "postgres",
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": str(_database.pop("port", "") or ""),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "connect_timeout": 10,
            **_database,
            # Given up early and begun anew: a long outage must not leave the pool in a long pause between two tries.
            "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": 10, "reconnect_timeout": 4},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Published and forgotten: an event is a hint, and a page that missed one gets a snapshot when it is back.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "cairn"},
    }
}

# Limits of attempts, and numbers that may be some seconds old.
CACHES = {"default": {"BACKEND": "config.cache.ForgetfulCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "cairn:cache"}}

# --- security ---------------------------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
HTTPS = env.flag("HTTPS", False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])


SECRET_KEY_GIVEN = bool(env.text("SECRET_KEY"))


def _secret_key() -> str:
    """SECRET_KEY, or one made for this checkout and kept in var/."""
    if SECRET_KEY_GIVEN:
        return env.text("SECRET_KEY")
    path = VAR_DIR / "secret_key"
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return path.read_text()


SECRET_KEY = _secret_key()
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
X_FRAME_OPTIONS = "DENY"
ADMIN_PATH = env.path("ADMIN_PATH", "admin/")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS

# Ways to sign in with an account of elsewhere; each needs SOCIAL_<NAME>_CLIENT_ID and _SECRET.
SIGN_IN_AT = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "google": "https://accounts.google.com",
    "microsoft": "https://login.microsoftonline.com",
}
SOCIAL_PROVIDERS = env.social_providers("SOCIAL_PROVIDERS", tuple(SIGN_IN_AT))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        # Browsers ask this of redirects too, and to sign in elsewhere is a form that redirects there.
        "form-action": ["'self'", *(SIGN_IN_AT[name] for name in SOCIAL_PROVIDERS)],
        "base-uri": ["'none'"],
    }
}
SOCKETS_PER_USER = env.integer("SOCKETS_PER_USER", 20)  # open pages of one person in one web process
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
}

# --- Django -----------------------------------------------------------------------------------------------------------

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
]
MIDDLEWARE = [
    "roadmaps.probes.ProbesMiddleware",  # first: asked by address, before ALLOWED_HOSTS and the redirect to HTTPS
    "logs_app.context.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.csp.PolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
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
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise also serves what was not collected
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]  # of the pages; content is in any
LOCALE_PATHS = [BASE_DIR / "templates" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "roadmap_list"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = env.choice("ACCOUNT_EMAIL_VERIFICATION", "none", ("none", "optional", "mandatory"))
_email = "email*" if ACCOUNT_EMAIL_VERIFICATION == "mandatory" else "email"
ACCOUNT_SIGNUP_FIELDS = ["username*", _email, "password1*", "password2*"]
ACCOUNT_FORMS = {"add_email": "accounts.forms.ChangeEmailForm"}
ACCOUNT_CHANGE_EMAIL = True  # one address each; the new one takes over when its link was opened
ACCOUNT_EMAIL_NOTIFICATIONS = True  # word of a changed password or address
ACCOUNT_RATE_LIMITS = {  # besides allauth's own
    "my_data": "3/m/user",
    "delete_account": "5/m/user",
    "design": "30/h/user,90/h/ip",  # a model is asked
    "rewrite": "60/h/user",
    "export": "120/h/user,300/h/ip",
    "import": "30/h/user,60/h/ip",
    "copy": "30/h/user",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Cairn] "
ACCOUNT_USERNAME_BLACKLIST = ["admin", "cairn", "support", "system"]
SOCIALACCOUNT_PROVIDERS = {
    name: {"APPS": [{"client_id": app[0], "secret": app[1]}]} for name, app in SOCIAL_PROVIDERS.items()
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Cairn"
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
REQUIRE_STAFF_MFA = env.flag("REQUIRE_STAFF_MFA", False)
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", str(VAR_DIR / "mail"))  # of the filebased backend
EMAIL_TIMEOUT = 10  # seconds
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, most=65_535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "cairn@localhost")

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
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("cairn/cairn.svg")}],
    "STYLES": [lambda _request: static("cairn/admin.css"), lambda _request: static("cairn/operations.css")],
    "SCRIPTS": [lambda _request: static("cairn/admin.js")],
    "DASHBOARD_CALLBACK": "roadmaps.admin.dashboard.fill",
    "SIDEBAR": {"show_search": True, "navigation": "roadmaps.admin.navigation.groups"},
    "TABS": "roadmaps.admin.navigation.tabs",
}

# --- what operators see -----------------------------------------------------------------------------------------------

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"))
LOGGING = logs.configuration(LOG_LEVEL, LOG_FORMAT)
METRICS_TOKEN = env.text("METRICS_TOKEN")
METRICS_ALLOW = env.networks("METRICS_ALLOW")
FLOWER_BASIC_AUTH = env.user_and_password("FLOWER_BASIC_AUTH")
FIRST_ADMIN_PASSWORD = env.text("DJANGO_SUPERUSER_PASSWORD")
OTEL_EXPORTER_OTLP_ENDPOINT = env.url("OTEL_EXPORTER_OTLP_ENDPOINT", ("http", "https"))
SENTRY_DSN = env.url("SENTRY_DSN", ("http", "https"))

# --- Celery -----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = f"redis+socket://{REDIS_URL[7:]}" if REDIS_URL.startswith("unix://") else REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Far above the longest run: a killed worker's work comes back through its lease, not through Redis.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7 * 24 * 3600, "queue_order_strategy": "round_robin"}
CELERY_TASK_DEFAULT_QUEUE = "roadmap_workflow"
CELERY_TASK_ROUTES = {
    "roadmap_generation.*": {"queue": "roadmap_workflow"},
    "workflow_resume.*": {"queue": "roadmap_workflow"},
    "generate_roadmap_content": {"queue": "content_generation"},
    "retry_*_task": {"queue": "content_generation"},
    "exports.*": {"queue": "content_generation"},
    "batch_write_logs": {"queue": "logs"},
    "maintenance.*": {"queue": "logs"},
}
QUEUES = ("roadmap_workflow", "content_generation", "logs")
# Acknowledged when it begins: leases recover what dies later, and a worker that holds unacknowledged messages when
# Redis goes away doesn't come back (kombu restores them over the connection that it has just lost).
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
CELERY_TASK_IGNORE_RESULT = False
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_RESULT_EXPIRES = 7 * 24 * 3600  # seconds
CELERY_WORKER_POOL = env.choice("WORKER_POOL", "threads", ("threads", "prefork", "solo"))
CELERY_WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", 200 if CELERY_WORKER_POOL == "threads" else 2, most=5000)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
STOP_SECONDS = env.integer("STOP_SECONDS", 20, least=0)  # what runs at a TERM may end by itself for so long
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
RECOVER_EVERY_SECONDS = env.integer("RECOVER_EVERY_SECONDS", 2)
HEARTBEAT_OF_QUEUES_SECONDS = 10  # a task so often proves that somebody takes the messages of a queue
CELERY_BEAT_SCHEDULE = {
    # Expiring: while no worker listens they must not pile up.
    **{
        f"heartbeat of {queue}": {
            "task": "maintenance.heartbeat",
            "schedule": HEARTBEAT_OF_QUEUES_SECONDS,
            "args": [queue],
            "options": {"queue": queue, "expire_seconds": 60},
        }
        for queue in QUEUES
    },
    "recover": {"task": "maintenance.recover", "schedule": RECOVER_EVERY_SECONDS, "options": {"expire_seconds": 60}},
    "write left-over logs": {"task": "batch_write_logs", "schedule": 10, "options": {"expire_seconds": 60}},
    "remind reviewers": {"task": "maintenance.remind_reviewers", "schedule": 60, "options": {"expire_seconds": 60}},
    "send notices": {"task": "maintenance.send_notices", "schedule": 60, "options": {"expire_seconds": 60}},
    "prune": {"task": "maintenance.prune", "schedule": 3600},
    "check links": {"task": "maintenance.check_links", "schedule": 3600, "options": {"expire_seconds": 3600}},
}

# --- runs -------------------------------------------------------------------------------------------------------------

LEASE_SECONDS = env.integer("LEASE_SECONDS", 8)  # a worker silent for so long has lost its runs
HEARTBEAT_SECONDS = LEASE_SECONDS / 8
DISPATCH_GRACE_SECONDS = env.integer("DISPATCH_GRACE_SECONDS", 60)  # a queued run not started by then is sent again
MAX_ATTEMPTS = env.integer("MAX_ATTEMPTS", 5)  # workers that may die driving one run
MAX_EDIT_ROUNDS = env.integer("MAX_EDIT_ROUNDS", 3, least=0)  # automatic rounds before each review
NODE_TIMEOUT_SECONDS = env.integer("NODE_TIMEOUT_SECONDS", 900)  # one step of a workflow, or one artifact
RUN_TIMEOUT_SECONDS = env.integer("RUN_TIMEOUT_SECONDS", 3600)  # one run of a workflow, or of a roadmap's content
MAX_RUNNING_ROADMAPS = env.integer("MAX_RUNNING_ROADMAPS", 5, least=0)  # of one learner at once; 0: no limit
QUESTIONS_SECONDS = env.integer("QUESTIONS_SECONDS", 20)  # a page waits so long for the model's questions
PRUNE_AFTER_DAYS = env.integer("PRUNE_AFTER_DAYS", 30)
TRASH_DAYS = env.integer("TRASH_DAYS", 30, least=0)  # how long a roadmap in the trash can be restored
EXPORT_KEEP_DAYS = env.integer("EXPORT_KEEP_DAYS", 7, most=365)  # how long a written file stays
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 5_000_000, least=1000, most=100_000_000)  # of one imported course

# --- reviews ----------------------------------------------------------------------------------------------------------

REVIEW_DUE_HOURS = env.integer("REVIEW_DUE_HOURS", 48, least=0)  # from the opening of a review; 0: never due
REVIEW_REMIND_HOURS = env.integer("REVIEW_REMIND_HOURS", 4, least=0)  # before it is due
REVIEW_ESCALATE_HOURS = env.integer("REVIEW_ESCALATE_HOURS", 24, least=0)  # after it was due
REVIEW_ESCALATION_EMAILS = env.words("REVIEW_ESCALATION_EMAILS", [])  # empty: the superusers
REVIEW_CLAIM_MINUTES = env.integer("REVIEW_CLAIM_MINUTES", 15)  # how long "being reviewed by" holds
REVIEWERS_MAY_DECIDE_OWN = env.flag("REVIEWERS_MAY_DECIDE_OWN", False)  # superusers may in any case
AUTO_APPROVE_MIN_SCORE = env.integer_or_none("AUTO_APPROVE_MIN_SCORE", least=1, most=100)  # None: people decide
EXPERT_LINK_DAYS = env.integer("EXPERT_LINK_DAYS", 7, most=365)  # how long an expert's link is good
PUBLIC_URL = env.url("PUBLIC_URL", ("http", "https")) or "http://127.0.0.1:8000"  # of this site, for e-mails

# --- learning ---------------------------------------------------------------------------------------------------------

PRACTICE_NEW_PER_DAY = env.integer("PRACTICE_NEW_PER_DAY", 10, least=0)  # questions never asked before, per person
PRACTICE_RECALLS_PER_DAY = env.integer("PRACTICE_RECALLS_PER_DAY", 60, least=0)  # questions asked again, per person
LINK_CHECKS_PER_HOUR = env.integer("LINK_CHECKS_PER_HOUR", 200, least=0)  # addresses of resources; 0: none
LINK_CHECK_DAYS = env.integer("LINK_CHECK_DAYS", 30)  # until an address is asked for again

# --- models -----------------------------------------------------------------------------------------------------------

LLM_ROLES = ("intent", "curriculum", "validation", "edit", "tutorial", "resources", "quiz")
LLM_MODEL = env.model_name("LLM_MODEL")  # empty: the built-in author
LLM_MODELS = env.models_by_role("LLM_MODELS", LLM_ROLES)
LLM_BASE_URL = env.url("LLM_BASE_URL", ("http", "https"))
LLM_API_KEY = env.text("LLM_API_KEY")
LLM_STRUCTURED_OUTPUT = env.choice("LLM_STRUCTURED_OUTPUT", "json_schema", ("json_schema", "function_calling"))
LLM_CONCURRENCY = env.integer("LLM_CONCURRENCY", 64)  # model calls at once to one provider, of all processes together
LLM_REQUESTS_PER_MINUTE = env.integer("LLM_REQUESTS_PER_MINUTE", 0, least=0)  # likewise; 0: no limit
LLM_TOKENS_PER_MINUTE = env.integer("LLM_TOKENS_PER_MINUTE", 0, least=0, most=1_000_000_000)
LLM_TIMEOUT_SECONDS = env.integer("LLM_TIMEOUT_SECONDS", 120)  # one HTTP attempt, not the whole ask()
LLM_MAX_ATTEMPTS = env.integer("LLM_MAX_ATTEMPTS", 5)  # transport attempts of one ask()
LLM_MAX_TOKENS = env.integer("LLM_MAX_TOKENS", 16_000)  # of one answer, thinking included
LLM_PRICES = env.prices("LLM_PRICES")  # dollars per million tokens, in and out

if SENTRY_DSN:
    reporting.start(SENTRY_DSN, hidden=(SECRET_KEY, LLM_API_KEY, DATABASE_URL, REDIS_URL, EMAIL_HOST_PASSWORD))
