"""The Django project: settings, URLs, processes. Knows the apps; no app knows it."""

from .celery import app as celery_app

__all__ = ["celery_app"]
