"""What ``manage.py check`` says."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from django.core import checks
from django.db import OperationalError, connection
from django.test import override_settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.decorators import action
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ViewSet

from drf_mcp import mcp_exclude, mcp_tool
from drf_mcp.auth.tokens import AccessTokenAuthentication
from drf_mcp.checks import check_calls, check_catalog, check_processes, check_settings, check_tokens
from drf_mcp.models import AccessToken
from tests.factories import CallFactory, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer


class Device(BaseAuthentication):
    """A class that MCP knows nothing of."""


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Silent(GenericViewSet):
    def get_serializer_class(self):
        raise LookupError("no organization", object())

    def create(self, request):
        return Response(self.get_serializer(data=request.data).initial_data)

    def partial_update(self, request, pk):
        return Response(self.get_serializer(data=request.data).initial_data)


class Guarded(ViewSet):
    authentication_classes = [Device]

    def list(self, request):
        return Response([])


class Verbatim(ViewSet):
    @mcp_tool(input={"type": "object"})
    @action(detail=False, methods=["post"])
    def take(self, request):
        return Response({})


class Pages(Guarded):
    renderer_classes = [TemplateHTMLRenderer]
    authentication_classes = []


@mcp_exclude
class Hidden(Guarded):
    authentication_classes = []


urlpatterns = [*routed(Users, Silent, Guarded, Verbatim, Pages, Hidden), *mcp_urls()]


def ids(messages) -> list[str]:
    return [message.id for message in messages]


def test_a_good_project_has_nothing_to_be_told() -> None:
    assert check_settings(None) == []
    assert not [message for message in check_catalog(None) if message.level > checks.INFO]


def test_a_setting_that_cannot_be_read_is_an_error() -> None:
    with override_settings(DRF_MCP={"ANONYMUS": True}):
        (error,) = check_settings(None)
    assert (error.id, error.level) == ("drf_mcp.E001", checks.ERROR)
    assert "ANONYMOUS" in error.msg


@pytest.mark.parametrize("classes", [[SessionAuthentication], ["rest_framework.authentication.SessionAuthentication"]])
def test_an_ambient_class_is_an_error(classes) -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": classes}):
        (error,) = check_settings(None)
    assert (error.id, error.level) == ("drf_mcp.E002", checks.ERROR)
    assert "SessionAuthentication" in error.msg


@pytest.mark.parametrize("name", ["Authorization", "cookie", "PROXY-AUTHORIZATION", "proxy_authorization"])
def test_a_header_that_never_reaches_a_view_is_an_error(name) -> None:
    with override_settings(DRF_MCP={"FORWARD_HEADERS": ["X-Tenant", name]}):
        (error,) = check_settings(None)
    assert (error.id, error.level) == ("drf_mcp.E005", checks.ERROR)
    assert name in error.msg


@pytest.mark.django_db(transaction=True)
def test_a_missing_table_is_said() -> None:
    with override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [AccessTokenAuthentication]}):
        assert check_tokens(None) == []
        with connection.schema_editor() as editor:
            editor.delete_model(AccessToken)
        try:
            (warning,) = check_tokens(None)
        finally:
            with connection.schema_editor() as editor:
                editor.create_model(AccessToken)
        assert (warning.id, warning.level) == ("drf_mcp.W013", checks.WARNING)


@pytest.mark.django_db
@override_settings(DRF_MCP={"AUTHENTICATION_CLASSES": [AccessTokenAuthentication]})
def test_a_database_that_does_not_answer_says_nothing_of_tables() -> None:
    def fail(*args):
        raise OperationalError("no route to host")

    with connection.execute_wrapper(fail):
        assert check_tokens(None) == []


@pytest.mark.urls(__name__)
def test_each_thing_that_a_project_should_know_is_said_once_with_its_view() -> None:
    found = check_catalog(None)
    assert sorted(ids(found)) == ["drf_mcp.I001", "drf_mcp.I001", "drf_mcp.W001", "drf_mcp.W002", "drf_mcp.W003"]
    said = {message.id: message for message in found}
    assert said["drf_mcp.W001"].msg.startswith("create_thing2, update_thing2: get_serializer_class cannot be read")
    assert "('no organization', <object object>)" in said["drf_mcp.W001"].msg
    assert said["drf_mcp.W001"].obj == f"{__name__}.Silent"
    assert "tests.test_checks.Device" in said["drf_mcp.W002"].msg
    assert said["drf_mcp.W003"].obj == f"{__name__}.Verbatim"
    assert {message.obj for message in found if message.id == "drf_mcp.I001"} == {
        f"{__name__}.Pages",
        f"{__name__}.Hidden.list",
    }


@pytest.mark.urls(__name__)
def test_the_warning_goes_once_the_class_is_accepted() -> None:
    with override_settings(DRF_MCP={"ACCEPT_IDENTITY_FOR": [Device]}):
        assert "drf_mcp.W002" not in ids(check_catalog(None))


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_the_catalog_is_looked_at_for_deployment_only() -> None:
    assert [message.id for message in checks.run_checks(tags=["drf_mcp"])] == ["drf_mcp.I003"]  # of the configuration
    assert checks.run_checks(tags=["drf_mcp"], include_deployment_checks=True)


@pytest.mark.urls("tests.speaking.urls")
@pytest.mark.parametrize(
    ("backend", "is_shared"), [("locmem.LocMemCache", False), ("dummy.DummyCache", False), ("db.DatabaseCache", True)]
)
def test_a_tool_that_asks_wants_a_cache_that_all_processes_share(backend, is_shared) -> None:
    with override_settings(CACHES={"default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "c"}}):
        warned = [message.msg.partition(" ")[0] for message in check_catalog(None) if message.id == "drf_mcp.W005"]

    assert ("ask_name" in warned) is not is_shared
    assert "count" not in warned


@pytest.mark.parametrize(
    ("backend", "redis", "expected"),
    [
        ("locmem.LocMemCache", None, ["drf_mcp.I004"]),
        ("dummy.DummyCache", None, ["drf_mcp.I004"]),
        ("db.DatabaseCache", None, []),
        ("locmem.LocMemCache", "redis://127.0.0.1:1/0", []),
        ("locmem.LocMemCache", "127.0.0.1", ["drf_mcp.W009"]),
    ],
)
def test_who_listens_wants_processes_that_tell_each_other(backend, redis, expected) -> None:
    if redis:
        pytest.importorskip("redis", reason="The package redis is missing; `make test` installs it.")
    caches = {"default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "c"}}
    with override_settings(CACHES=caches, DRF_MCP={"REDIS_URL": redis}):
        assert ids(check_processes(None)) == expected


def test_a_redis_without_its_package_is_a_warning(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with override_settings(DRF_MCP={"REDIS_URL": "redis://127.0.0.1:1/0"}):
        (warning,) = check_processes(None)
    assert warning.id == "drf_mcp.W009"
    assert "pip install" in warning.msg


@pytest.mark.django_db
def test_calls_that_cannot_be_recorded_or_should_be_gone_are_named(settings):
    assert check_calls(None) == []
    CallFactory(at=timezone.now() - timedelta(days=96))
    assert check_calls(None) == []
    CallFactory(at=timezone.now() - timedelta(days=98))
    (found,) = check_calls(None)
    assert (found.id, found.msg) == (
        "drf_mcp.W017",
        "Calls are kept that are more than 97 days old, although RETAIN_DAYS is 90.",
    )
    settings.DRF_MCP = {"RETAIN_DAYS": 0}
    assert check_calls(None) == []

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE drf_mcp_call RENAME TO drf_mcp_call_away")
    (found,) = check_calls(None)
    assert found.id == "drf_mcp.W016"
    settings.DRF_MCP = {"RECORD": "none"}
    assert check_calls(None) == []


def test_where_no_database_answers_nothing_is_said_of_calls(monkeypatch):
    def refuse(*args):
        raise OperationalError("no database")

    monkeypatch.setattr(type(connection.introspection), "table_names", refuse)
    assert check_calls(None) == []
