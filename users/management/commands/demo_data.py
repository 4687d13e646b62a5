"""``manage.py demo_data``: the three users of the demo."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from users.models import User

USERS: list[dict[str, Any]] = [
    {"username": "admin", "email": "admin@example.com", "is_staff": True, "is_superuser": True},
    {"username": "johndoe", "email": "john@example.com"},
    {"username": "testuser", "email": "test@example.com", "is_active": False},
]


class Command(BaseCommand):
    help = "Create the demo's users; those that are there already stay as they are."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for values in USERS:
            if User.objects.filter(username=values["username"]).exists():
                continue
            user = User(**values)
            user.set_password("admin" if user.is_superuser else "password123")
            user.save()
            self.stdout.write(f"Created {user.username}.")
