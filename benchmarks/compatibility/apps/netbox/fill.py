"""A user with a token; NetBox's own API makes the rest."""

from typing import Any

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def prepare() -> None:
    from django.core.management import call_command

    from users.models import Token, User

    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("admin", "admin@localhost", "admin")
    Token.objects.create(user=user, version=1, token=TOKEN)


def access() -> dict[str, Any]:
    return {"authorization": f"Token {TOKEN}"}
