"""A project whose users have no username, no flags and no number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.servers import ROOT

MODELS = """
import uuid
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class Person(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    USERNAME_FIELD = "email"
    objects = BaseUserManager()
"""
PROJECT = """
import io, json, re
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], AUTH_USER_MODEL="people.Person",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, USE_TZ=True,
    REST_FRAMEWORK={"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "people", "drf_mcp"])
import django; django.setup()
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import include, path
from people.models import Person
from rest_framework import response, routers, viewsets
class Who(viewsets.ViewSet):
    def list(self, request): return response.Response({"email": request.user.email})
router = routers.SimpleRouter(); router.register("who", Who, basename="who")
urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
call_command("migrate", run_syncdb=True, verbosity=0)
Person.objects.create(email="ann@example.com")
def run(*arguments):
    out = io.StringIO(); call_command("mcp_token", *arguments, stdout=out); return out.getvalue()
value = re.search("mcp_[0-9a-f]{64}", run("create", "ann@example.com"))[0]
try: run("create", "bob@example.com")
except CommandError as error: refused = str(error)
message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_who"}}
answer = Client(HTTP_AUTHORIZATION=f"Bearer {value}").post("/mcp/", message, content_type="application/json").json()
print(json.dumps([answer["result"]["structuredContent"], refused, "ann@example.com" in run("list")]))
"""


def test_whatever_a_user_is_it_has_tokens(tmp_path: Path) -> None:
    people = tmp_path / "people"
    people.mkdir()
    (people / "__init__.py").touch()
    (people / "models.py").write_text(MODELS, encoding="utf-8")
    (tmp_path / "project.py").write_text(PROJECT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "project.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (
        """[{"email": "ann@example.com"}, "There is no user with the email 'bob@example.com'.", true]"""
    )
