"""The app of the guests' models."""

from django.apps import AppConfig


class GuestsConfig(AppConfig):
    name = "tests.guests"
    default_auto_field = "django.db.models.BigAutoField"
