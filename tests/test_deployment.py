"""``check --deploy`` of the demo's production settings: nothing to be found, and each mistake that is planted named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.production",
    "SECRET_KEY": "a-key-that-is-long-enough-and-has-many-different-letters-0123456789",
    "PUBLIC_URL": "https://example.com",
    "CACHE_URL": "redis://127.0.0.1:6379/0",
}

SIGN_IN = '"AUTHORIZATION_SERVERS": ["https://login.example.com"]'
MISTAKES = {
    "a setting that is none": ('DRF_MCP["ANONYMUS"] = True', "drf_mcp.E001"),
    "a browser's own credentials": (
        'DRF_MCP["AUTHENTICATION_CLASSES"] = ["rest_framework.authentication.SessionAuthentication"]',
        "drf_mcp.E002",
    ),
    "credentials that are passed on": ('DRF_MCP["FORWARD_HEADERS"] = ["Cookie"]', "drf_mcp.E005"),
    "anybody may write": (
        (
            'DRF_MCP["ANONYMOUS"] = True\n'
            'REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] = ["rest_framework.permissions.AllowAny"]'
        ),
        "drf_mcp.W010",
    ),
    "nobody can get in": ('DRF_MCP["AUTHENTICATION_CLASSES"] = []', "drf_mcp.W004"),
    "no address to sign in for": (f'DRF_MCP.update({{{SIGN_IN}, "PUBLIC_URL": None}})', "drf_mcp.E020"),
    "an address without TLS": (f'DRF_MCP.update({{{SIGN_IN}, "PUBLIC_URL": "http://example.com"}})', "drf_mcp.E021"),
    "no document to find the way by": (f"DRF_MCP.update({{{SIGN_IN}}})", "drf_mcp.E022"),
    "a cache of one process and tools that ask": (
        (
            'DRF_MCP["CONFIRM"] = "destroy"\n'
            'CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}'
        ),
        "drf_mcp.W005",
    ),
    "JWTs for nobody in particular": (
        'DRF_MCP["AUTHENTICATION_CLASSES"] = ["rest_framework_simplejwt.authentication.JWTAuthentication"]',
        "drf_mcp.W014",
    ),
    "tokens that lie open in the database": (
        'DRF_MCP["AUTHENTICATION_CLASSES"] = ["rest_framework.authentication.TokenAuthentication"]',
        "drf_mcp.W015",
    ),
    "OAuth tokens for anything": (
        (
            f"DRF_MCP.update({{{SIGN_IN}}})\n"
            'INSTALLED_APPS = [*INSTALLED_APPS, "oauth2_provider"]\n'
            'DRF_MCP["AUTHENTICATION_CLASSES"] = '
            '["oauth2_provider.contrib.rest_framework.authentication.OAuth2Authentication"]'
        ),
        "drf_mcp.W020",
    ),
    "a pattern that means nothing": ('DRF_MCP["EXCLUDE"] = ["no_such_tool"]', "drf_mcp.W011"),
    "DEBUG": ("DEBUG = True", "security.W018"),
    "cookies over plain http": ("SESSION_COOKIE_SECURE = False", "security.W012"),
    "a short key": ('SECRET_KEY = "short"', "security.W009"),
}

PROGRAM = """
import importlib, json, os, sys, types
plain = importlib.import_module("config.production")
for name, mistake in json.loads(sys.argv[1]).items():
    pid = os.fork()
    if not pid:
        module = types.ModuleType("planted")
        vars(module).update({k: v for k, v in vars(plain).items() if k.isupper()})
        exec(mistake, vars(module))
        sys.modules["planted"] = module
        os.environ["DJANGO_SETTINGS_MODULE"] = "planted"
        import django
        from django.core import checks
        try:
            django.setup()
            found = [message.id for message in checks.run_checks(include_deployment_checks=True)
                     if message.level >= checks.WARNING]
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        print(json.dumps([name, found]), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a site whose database is up to date."""
    database = tmp_path_factory.mktemp("production") / "db.sqlite3"
    environment = {**os.environ, **ENVIRONMENT, "DEMO_DATABASE": str(database)}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture(scope="module")
def found(migrated: dict[str, str]) -> dict[str, list[str]]:
    """What is found for each mistake; one process, which plants each in a copy of itself."""
    planted = json.dumps({name: mistake for name, (mistake, _) in MISTAKES.items()})
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, planted], cwd=ROOT, env=migrated, check=True, capture_output=True, text=True
    )
    return dict(json.loads(line) for line in run.stdout.splitlines())


def test_nothing_is_found_in_the_production_settings(migrated: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    run = subprocess.run(command, cwd=ROOT, env=migrated, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "WARNINGS" not in run.stderr + run.stdout


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_named(found: dict[str, list[str]], name: str) -> None:
    assert MISTAKES[name][1] in found[name] or (
        MISTAKES[name][1] == "drf_mcp.E001"
        and found[name][0].startswith("ImproperlyConfigured: DRF_MCP has no setting")
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "PUBLIC_URL", "CACHE_URL"])
def test_nothing_secret_has_a_default(migrated: dict[str, str], name: str) -> None:
    environment = {key: value for key, value in migrated.items() if key != name}
    command = [sys.executable, "-c", "import config.production"]
    run = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert f"KeyError: '{name}'" in run.stderr
