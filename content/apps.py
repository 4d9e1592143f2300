from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from content import receivers  # noqa: F401 - connects them
        from content.artifacts.kinds import KINDS
        from roadmaps.request import estimates

        estimates.CONTENT.update({kind.name: kind.usual_seconds for kind in KINDS.values()})
        estimates.TOKENS.update({kind.name: kind.usual_tokens for kind in KINDS.values()})
