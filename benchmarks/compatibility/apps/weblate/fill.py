"""A user with a token, and a project with a component that has no repository."""

from typing import Any

TOKEN = "wlp_0123456789abcdef0123456789abcdef0123"


def prepare() -> None:
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token
    from weblate.auth.models import User
    from weblate.trans.models import Category, Component, Project

    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("admin", "admin@localhost", "admin")
    Token.objects.filter(user=user).delete()
    Token.objects.create(user=user, key=TOKEN)
    project = Project.objects.create(name="Demo", slug="demo", web="https://example.com/")
    Category.objects.create(name="Part", slug="part", project=project)
    Component.objects.create(
        name="Texts",
        slug="texts",
        project=project,
        vcs="local",
        repo="local:",
        branch="main",
        file_format="po",
        filemask="po/*.po",
        new_base="",
    )


def access() -> dict[str, Any]:
    return {
        "authorization": f"Token {TOKEN}",
        "given": {"project__slug": "demo", "component__project__slug": "demo", "component__slug": "texts"},
    }
