"""Settings, routing and the services of one machine."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
