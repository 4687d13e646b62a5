"""``python -m tests.threats.fill``: makes the tables, alice, bob and admin, and what belongs to each."""

from __future__ import annotations

import os

TOKENS = {name: f"{number}" * 40 for number, name in enumerate(("alice", "bob", "admin"), 1)}
"""The REST token of each user."""

ACCESS = {name: f"mcp_{f'{number:x}' * 64}" for number, name in enumerate(("alice", "bob", "admin"), 10)}
"""The access token of each."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.threats.settings")
    import django

    django.setup()
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from drf_mcp.models import AccessToken, digest_of
    from tests.threats.models import Note, Report
    from users.models import User

    for alias in ("default", "other"):
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)
    for name, key in TOKENS.items():
        user = User.objects.create_user(name, f"{name}@threats.test", f"password-of-{name}", is_staff=name == "admin")
        Token.objects.create(user=user, key=key)
        AccessToken.objects.create(user=user, name=f"of {name}", digest=digest_of(ACCESS[name]), hint="....")
        for number in range(5):
            Note.objects.create(owner=user, text=f"{name}'s note {number}", size=number)
    Report.objects.create(title="The year")
    Group.objects.create(name="Gardeners")


if __name__ == "__main__":
    main()
