"""What installing the app does, and what it leaves alone."""

from __future__ import annotations

import sys

from django.apps import apps
from django.core import checks
from django.core.signals import request_started
from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.views import APIView

import users
from drf_mcp.checks import check_catalog, check_settings


def test_every_request_can_be_asked_for_mcp() -> None:
    assert HttpRequest().mcp is None
    request = RequestFactory().get("/")
    assert request.mcp is None
    assert Request(request).mcp is None


def test_the_checks_are_registered() -> None:
    assert check_settings in checks.registry.registry.get_checks()
    assert check_catalog in checks.registry.registry.get_checks(include_deployment_checks=True)


def test_getting_ready_twice_changes_nothing() -> None:
    receivers = len(request_started.receivers)
    apps.get_app_config("drf_mcp").ready()
    assert len(request_started.receivers) == receivers


def test_each_apps_mcp_module_is_imported(tmp_path, monkeypatch) -> None:
    (tmp_path / "mcp.py").write_text("IMPORTED = True", encoding="utf-8")
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    try:
        apps.get_app_config("drf_mcp").ready()
        assert sys.modules["users.mcp"].IMPORTED
    finally:
        sys.modules.pop("users.mcp", None)


def test_drfs_own_views_are_as_they_were() -> None:
    assert APIView.dispatch.__module__ == APIView.initialize_request.__module__ == "rest_framework.views"


def test_the_app_has_a_name_for_people() -> None:
    assert apps.get_app_config("drf_mcp").verbose_name == "MCP"
