from django.apps import AppConfig


class LogsConfig(AppConfig):
    name = "logs_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Execution log"

    def ready(self) -> None:
        from logs_app import context  # noqa: F401 - it listens to signals
