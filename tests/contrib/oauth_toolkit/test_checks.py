"""What ``manage.py check`` says where people sign in."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.urls import include, path

from drf_mcp.contrib.oauth_toolkit.checks import FREE, RULES, check_sign_in
from drf_mcp.contrib.oauth_toolkit.settings import oauth2_provider, sign_in

from .flow import ORIGIN

USUAL = oauth2_provider(ORIGIN)

urlpatterns = [
    path("o/", include("oauth2_provider.urls")),
    path("", include("drf_mcp.contrib.oauth_toolkit.urls")),
    path("mcp/", include("drf_mcp.urls")),
]


def found() -> list[str]:
    return [str(message.id) for message in check_sign_in(None)]


@pytest.fixture(autouse=True)
def _shared_cache(settings: Any, tmp_path: Any) -> None:
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}


def test_the_settings_to_spread_are_good() -> None:
    assert found() == []


def test_a_project_that_registers_all_its_clients_itself_is_good(settings) -> None:
    settings.OAUTH2_PROVIDER = {**USUAL, "DCR_ENABLED": False, "CIMD_ENABLED": False}
    assert found() == []


@pytest.mark.parametrize("name", sorted(USUAL.keys() - FREE))
def test_each_setting_that_is_missing_is_named_unless_the_librarys_default_will_do(settings, name) -> None:
    defaults_will_do = {"PKCE_REQUIRED", "ALLOW_URI_WILDCARDS", "ROTATE_REFRESH_TOKEN"}
    defaults_will_do |= {"AUTHORIZATION_CODE_EXPIRE_SECONDS", "ACCESS_TOKEN_EXPIRE_SECONDS"}
    defaults_will_do |= {"ALLOWED_REDIRECT_URI_SCHEMES"}
    settings.OAUTH2_PROVIDER = {key: value for key, value in USUAL.items() if key != name}
    messages = check_sign_in(None)
    if name in defaults_will_do:
        assert messages == []
    else:
        (message,) = messages
        assert message.id == "drf_mcp.E023"
        assert f'OAUTH2_PROVIDER["{name}"] is missing' in message.msg


UNSAFE: dict[str, Any] = {
    "SCOPES": {"read": "Read"},
    "DEFAULT_SCOPES": ["__all__"],
    "OAUTH2_VALIDATOR_CLASS": "oauth2_provider.oauth2_validators.OAuth2Validator",
    "CIMD_METADATA_FETCHER": "nowhere.Fetcher",
    "CIMD_REGISTRATION_PERMISSION_CLASSES": [],
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "password"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code", "token"],
    "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["client_secret_post"],
    "REFRESH_TOKEN_EXPIRE_SECONDS": None,
    "DCR_REGISTRATION_TOKEN_EXPIRE_SECONDS": None,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 3600,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 30 * 86400,
}


@pytest.mark.parametrize("name", sorted(USUAL.keys() - FREE))
def test_each_setting_that_is_unsafe_is_named(settings, name) -> None:
    value = UNSAFE[name] if name in UNSAFE else not USUAL[name]
    settings.OAUTH2_PROVIDER = {**USUAL, name: value}
    (message,) = check_sign_in(None)
    assert message.id == "drf_mcp.E023"
    assert message.msg == f'OAUTH2_PROVIDER["{name}"] is {value!r}.'


def test_each_rule_is_for_a_setting_that_is_spread() -> None:
    assert RULES.keys() == UNSAFE.keys()
    assert RULES.keys() <= USUAL.keys() - FREE


@pytest.mark.parametrize(
    "changed",
    [
        {"AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]},
        {"AUTHORIZATION_SERVERS": ["https://login.example"]},
        {"AUTHORIZATION_SERVERS": []},
        {"PUBLIC_URL": "https://other.example"},
        {"PUBLIC_URL": None},
    ],
)
def test_the_endpoint_and_the_server_know_each_other(settings, changed) -> None:
    settings.DRF_MCP = {**sign_in(ORIGIN), **changed}
    assert found() == ["drf_mcp.E025"]


def test_the_routes_are_ours(settings) -> None:
    settings.ROOT_URLCONF = "config.urls"
    settings.LOGIN_URL = "/admin/login/"
    assert found() == ["drf_mcp.E024"] * 5
    settings.ROOT_URLCONF = __name__  # the library's come first
    assert found()[:4] == ["drf_mcp.E024"] * 4


def test_an_app_that_is_installed_and_not_used_is_mentioned_and_no_more(settings) -> None:
    settings.DRF_MCP = {}
    settings.ROOT_URLCONF = "config.urls"
    assert found() == ["drf_mcp.I003"]
    settings.ROOT_URLCONF = "config.oauth_urls"
    assert found() == ["drf_mcp.E025"] * 2


@pytest.mark.parametrize("url", ["/accounts/login/", "no-such-name"])
def test_there_is_a_page_to_sign_in(settings, url) -> None:
    settings.LOGIN_URL = url
    assert found() == ["drf_mcp.E026"]


@pytest.mark.parametrize("url", ["https://login.example/", "/login/?brand=1", "login"])
def test_the_page_may_be_anywhere(settings, url) -> None:
    settings.LOGIN_URL = url
    assert found() == []


def test_limits_are_counted_by_all_processes(settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert found() == ["drf_mcp.W022"]
    settings.DEBUG = True
    assert found() == []


def test_what_e001_says_is_said_once(settings) -> None:
    settings.DRF_MCP = {"NONSENSE": 1}
    assert found() == []


@pytest.mark.django_db
def test_the_library_finds_nothing_but_the_plain_http_of_this_computer(settings) -> None:
    settings.REST_FRAMEWORK = {}
    printed = io.StringIO()
    try:
        call_command("check", deploy=True, stderr=printed, stdout=printed)
        text = printed.getvalue()
    except SystemCheckError as error:  # of the test apps
        text = f"{printed.getvalue()}{error}"
    assert "oauth2_provider.W008" in text
    assert text.count("oauth2_provider.W") == 1
    assert "oauth2_provider.E" not in text
