"""One endpoint, with and without its last slash."""

from __future__ import annotations

import json

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.test import Client, override_settings
from django.urls import include, path, re_path, resolve, reverse
from django.urls.exceptions import Resolver404
from django.utils import translation

from drf_mcp.urls import SlashOptional, serve_without_slash

PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})


urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    path("deep/", include([path("er/<slug:shop>/mcp/", include("drf_mcp.urls", namespace="deep"))])),
    re_path(r"^by-regex/", include("drf_mcp.urls", namespace="regex")),
    path("other/", lambda request: None),
]
pytestmark = pytest.mark.urls(__name__)


def post(address: str):
    return Client().post(address, PING, content_type="application/json")


@pytest.mark.parametrize("address", ["/mcp", "/deep/er/shop/mcp", "/by-regex"])
def test_both_spellings_answer_alike_and_never_redirect(address: str) -> None:
    with_slash, without = post(f"{address}/"), post(address)
    assert with_slash.status_code == without.status_code == 200
    assert with_slash.content == without.content


@pytest.mark.parametrize("address", ["/mcpx", "/mcp//", "/mcp/x", "/mc", "/other", "/deep/er/mcp"])
def test_no_other_address_is_the_endpoint(address: str) -> None:
    assert post(address).status_code in (404, 301)


def test_the_address_can_still_be_reversed() -> None:
    post("/mcp")
    assert reverse("drf_mcp:endpoint") == "/mcp/"
    assert resolve("/mcp/").view_name == "drf_mcp:endpoint"
    assert resolve("/mcp").view_name == "drf_mcp:endpoint"


def test_append_slash_has_nothing_to_do() -> None:
    with override_settings(APPEND_SLASH=True, MIDDLEWARE=["django.middleware.common.CommonMiddleware"]):
        assert post("/mcp").status_code == 200


def test_loosening_twice_wraps_once() -> None:
    for _ in range(2):
        serve_without_slash()
    (pattern, *_) = (p.pattern for p in urlpatterns if str(p.pattern) == "mcp/")
    assert isinstance(pattern, SlashOptional)
    assert not isinstance(pattern._pattern, SlashOptional)


def test_a_pattern_matches_the_whole_of_what_lacks_the_slash() -> None:
    loose = SlashOptional(path("mcp/", include("drf_mcp.urls")).pattern)
    assert str(loose) == "mcp/"
    assert loose.match("mcp") == ("", (), {})
    assert loose.match("mcp/x") == ("x", (), {})
    assert loose.match("mcpx") is None
    assert loose.match("m") is None
    assert loose.converters == {}


def test_a_regex_that_needs_no_slash_is_not_loosened_into_more() -> None:
    loose = SlashOptional(re_path(r"^a/", include("drf_mcp.urls")).pattern)
    assert loose.match("a/b") == ("b", (), {})
    assert loose.match("b") is None
    open_end = SlashOptional(re_path(r"^(?=a/)", include("drf_mcp.urls")).pattern)
    assert open_end.match("a") is None


@override_settings(ROOT_URLCONF="tests.nowhere_at_all")
def test_a_broken_urlconf_is_left_to_django() -> None:
    serve_without_slash()
    with pytest.raises(ModuleNotFoundError):
        post("/mcp")


def test_an_endpoint_behind_a_language_prefix_answers_too(settings) -> None:
    settings.ROOT_URLCONF = tuple(i18n_patterns(path("mcp/", include("drf_mcp.urls"))))
    with translation.override("en-us"):
        serve_without_slash()
        assert resolve("/en-us/mcp").view_name == "drf_mcp:endpoint"
        with pytest.raises(Resolver404):
            resolve("/mcp")
