"""Settings for operators: logs, metrics, reports."""

from config import env, reporting
from logs_app import lines

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"))
LOGGING = lines.configuration(LOG_LEVEL, LOG_FORMAT)
METRICS_TOKEN = env.token("METRICS_TOKEN")
METRICS_ALLOW = env.networks("METRICS_ALLOW")
FLOWER_BASIC_AUTH = env.user_and_password("FLOWER_BASIC_AUTH")
FIRST_ADMIN_PASSWORD = env.text("DJANGO_SUPERUSER_PASSWORD")
OTEL_EXPORTER_OTLP_ENDPOINT = env.url("OTEL_EXPORTER_OTLP_ENDPOINT", ("http", "https"))
SENTRY_DSN = env.dsn("SENTRY_DSN")
if SENTRY_DSN:
    reporting.start(SENTRY_DSN)
DEFAULT_EXCEPTION_REPORTER = "config.error_reports.ExceptionReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_reports.ReporterFilter"
