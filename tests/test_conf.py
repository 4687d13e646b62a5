"""The settings: defaults, overrides, and what is refused."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import runpy
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import AllowAny

from drf_mcp import __version__, conf
from drf_mcp.conf import DEFAULTS, MCPSettings, mcp_settings

NAMES = list(DEFAULTS)


def test_a_setting_that_is_not_given_has_its_default() -> None:
    with override_settings(DRF_MCP={}):
        assert {name: getattr(mcp_settings, name) for name in NAMES if name != "ACCEPT_IDENTITY_FOR"} == {
            name: value for name, value in DEFAULTS.items() if name != "ACCEPT_IDENTITY_FOR"
        }
        assert list(mcp_settings.ACCEPT_IDENTITY_FOR) == []


def test_a_project_without_the_dict_has_every_default(settings) -> None:
    del settings.DRF_MCP
    mcp_settings.reload()
    assert mcp_settings.ANONYMOUS is False
    # Nobody announces that a deleted setting comes back.
    mcp_settings.reload()


def test_an_override_is_seen_at_once_and_gone_afterwards() -> None:
    before = mcp_settings.MAX_ITEMS
    with override_settings(DRF_MCP={"MAX_ITEMS": 3}):
        assert mcp_settings.MAX_ITEMS == 3
    assert before == mcp_settings.MAX_ITEMS


def test_another_setting_does_not_make_it_read_again() -> None:
    before = mcp_settings.SERVER_INFO
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert mcp_settings.SERVER_INFO is before


@pytest.mark.parametrize(
    ("given", "meant"), [("ANONYMUS", "ANONYMOUS"), ("MAX_ITEM", "MAX_ITEMS"), ("HEADERS", "FORWARD_HEADERS")]
)
def test_an_unknown_key_is_refused_with_the_nearest_that_is_one(given: str, meant: str) -> None:
    with (
        override_settings(DRF_MCP={given: True}),
        pytest.raises(ImproperlyConfigured, match=f"no setting '{given}'. Did you mean '{meant}'"),
    ):
        mcp_settings.ANONYMOUS  # noqa: B018


@pytest.mark.parametrize("name", ["AUTHENTICATION_CLASSES", "ACCEPT_IDENTITY_FOR"])
def test_classes_are_given_as_dotted_paths_or_as_they_are(name: str) -> None:
    path = "rest_framework.authentication.TokenAuthentication"
    with override_settings(DRF_MCP={name: [path, AllowAny]}):
        assert getattr(mcp_settings, name) == [TokenAuthentication, AllowAny]


@pytest.mark.parametrize("name", ["AUTHENTICATION_CLASSES", "ACCEPT_IDENTITY_FOR"])
@pytest.mark.parametrize("path", ["nowhere", "nowhere.Class", "rest_framework.authentication.Missing"])
def test_a_path_that_leads_nowhere_is_refused_by_name(name: str, path: str) -> None:
    with override_settings(DRF_MCP={name: [path]}), pytest.raises(ImproperlyConfigured, match=f"'{path}'"):
        getattr(mcp_settings, name)


def test_a_part_of_the_server_info_keeps_the_rest() -> None:
    with override_settings(DRF_MCP={"SERVER_INFO": {"title": "Shop"}}):
        assert {"name": "drf-viewset-mcp", "version": __version__, "title": "Shop"} == mcp_settings.SERVER_INFO


def test_each_setting_has_a_type_and_a_paragraph_below_it() -> None:
    (settings_class,) = (
        node for node in ast.parse(inspect.getsource(MCPSettings)).body if isinstance(node, ast.ClassDef)
    )
    for node, below in zip(settings_class.body, settings_class.body[1:], strict=False):
        for target in node.targets if isinstance(node, ast.Assign) else []:
            assert not ast.unparse(target).isupper(), f"{ast.unparse(target)} has no type"
        if isinstance(node, ast.AnnAssign):
            is_paragraph = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            assert is_paragraph, f"{ast.unparse(node.target)} has no paragraph"
            assert len(below.value.value) > 20


def test_the_version_is_the_one_of_the_distribution() -> None:
    assert __version__ == importlib.metadata.version("drf-viewset-mcp")


def test_a_source_tree_that_was_never_installed_has_a_version_too(monkeypatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert runpy.run_path(conf.__file__)["__version__"] == "0.0.0"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANONYMOUS", "False"),
        ("ANONYMOUS", 1),
        ("ALLOWED_ORIGINS", "https://example.com"),
        ("AUTHENTICATION_CLASSES", "rest_framework.authentication.TokenAuthentication"),
        ("SERVER_INFO", "shop"),
        ("MAX_BODY_SIZE", "2 MB"),
        ("PUBLIC_URL", 80),
        ("VALIDATION_ERRORS", "results"),
    ],
)
def test_a_value_that_would_be_read_as_something_else_is_refused(name: str, value: Any) -> None:
    with override_settings(DRF_MCP={name: value}), pytest.raises(ImproperlyConfigured, match=name):
        getattr(mcp_settings, name)
