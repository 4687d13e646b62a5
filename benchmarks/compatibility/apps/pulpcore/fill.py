"""A user with a token; Pulp's own API makes the rest."""

import base64
import os
from pathlib import Path
from typing import Any

TOKEN = "0123456789abcdef0123456789abcdef01234567"


def setup() -> None:
    import django
    from cryptography.fernet import Fernet

    data = Path(os.environ.setdefault("COMPAT_DATA", str(Path.cwd())))
    if not (data / "encryption.key").exists():
        (data / "encryption.key").write_bytes(Fernet.generate_key())
    os.environ["PULP_SETTINGS"] = str(Path(__file__).with_name("configuration.py"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "pulpcore.app.settings"
    django.setup()


def prepare() -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_superuser("admin", "admin@localhost", "admin")
    Token.objects.create(user=user, key=TOKEN)


def access() -> dict[str, Any]:
    password = base64.b64encode(b"admin:admin").decode()
    return {"authorization": f"Token {TOKEN}", "rest_authorization": f"Basic {password}"}
