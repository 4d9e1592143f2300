from django.apps import AppConfig


class LogsConfig(AppConfig):
    name = "logs_app"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Execution log"
