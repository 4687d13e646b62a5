"""The zoo as a Django app; it has no migrations, its tables exist in test databases only."""

from django.apps import AppConfig


class ZooConfig(AppConfig):
    """Models for the serializers that need some."""

    name = "tests.zoo"
    label = "zoo"
    default_auto_field = "django.db.models.BigAutoField"
