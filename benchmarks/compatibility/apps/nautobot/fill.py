"""A user with a token, and the objects of Nautobot's own test factories."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def setup() -> None:
    os.environ.setdefault("NAUTOBOT_REDIS_PORT", os.environ.get("REDIS_PORT", "6379"))
    import nautobot

    nautobot.setup(str(Path(__file__).with_name("settings.py")))


def prepare() -> None:
    from django.core.management import call_command
    from nautobot.users.models import Token, User

    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("admin", "admin@localhost", "admin")
    Token.objects.create(user=user, key=TOKEN)
    with suppress(AttributeError):
        # One of the last factories trips over the content type of a model that is gone; all before it are made.
        call_command("generate_test_data", seed="compare", interactive=False)


def access() -> dict[str, Any]:
    return {"authorization": f"Token {TOKEN}"}
