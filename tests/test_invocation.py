"""The inner request: what it carries, what it meets, and what it leaves behind."""

from __future__ import annotations

import datetime as dt
import functools
import json
import logging
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception, request_finished
from django.db import connection
from django.http import FileResponse, HttpResponse
from django.test import Client, override_settings
from django.urls import get_urlconf, include, path, re_path, set_urlconf
from django.utils import timezone, translation
from rest_framework import versioning
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAdminUser
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import GenericViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.arguments import BoundArguments
from drf_mcp.context import Context
from drf_mcp.inner_handler import inner_handler
from drf_mcp.inner_request import InnerRequest
from drf_mcp.invocation import build_request, invoke, release
from drf_mcp.protocol.errors import InvalidParamsError
from tests.factories import MCPClient, UserFactory, endpoints_of, make_context, mcp_urls, routed
from users.models import User

SEEN: list[Any] = []


@pytest.fixture(autouse=True)
def _nothing_seen_before():
    SEEN.clear()


# Views that show what they meet


class DeviceCertificate(BaseAuthentication):
    """An authentication class that MCP knows nothing of."""

    def authenticate(self, request):
        return None


class Heir(TokenAuthentication):
    """A class that a project derived, for reasons of its own."""


class Look(GenericViewSet):
    """Answers what it finds in its request."""

    @mcp_tool(headers=["If-Match"])
    @action(detail=False)
    def meta(self, request):
        names = [name for name in request.META if name.startswith(("HTTP_", "REMOTE_", "SERVER_", "CONTENT_"))]
        return Response({name: str(request.META[name]) for name in names})

    @action(detail=False)
    def who(self, request):
        return Response(describe(request))

    @action(detail=False, authentication_classes=[])
    def nobody(self, request):
        return Response(describe(request))

    @action(detail=False, authentication_classes=[DeviceCertificate])
    def device(self, request):
        return Response(describe(request))

    @action(detail=False, authentication_classes=[DeviceCertificate, TokenAuthentication])
    def either(self, request):
        return Response(describe(request))

    @action(detail=False, authentication_classes=[SessionAuthentication])
    def session(self, request):
        return Response(describe(request))

    @action(detail=False, authentication_classes=[Heir])
    def heir(self, request):
        return Response(describe(request))

    @action(detail=False, permission_classes=[IsAdminUser])
    def secret(self, request):
        return Response({"secret": True})

    @action(detail=False, methods=["post"])
    def echo(self, request):
        SEEN.append(request)
        return Response({"data": request.data, "query": request.query_params, "method": request.method})

    @action(detail=False)
    def context(self, request):
        SEEN.append(request)
        mcp = request.mcp
        return Response({"is_mcp": mcp is not None, "user": getattr(mcp and mcp.user, "username", None)})

    @action(detail=False)
    def absolute(self, request):
        return Response({"url": request.build_absolute_uri(), "is_secure": request.is_secure()})

    @action(detail=False)
    def match(self, request):
        match = request.resolver_match
        return Response({"name": match.view_name, "route": match.route})

    @action(detail=False, versioning_class=versioning.AcceptHeaderVersioning)
    def versioned(self, request):
        return Response({"version": request.version, "accepted": str(request.accepted_renderer.format)})

    @action(detail=False, renderer_classes=[BrowsableAPIRenderer, JSONRenderer])
    def browsable(self, request):
        return Response({"media_type": request.accepted_media_type})


def describe(request) -> dict[str, Any]:
    return {
        "user": request.user.username,
        "auth": type(request.auth).__name__,
        "authenticator": type(request.successful_authenticator).__name__,
        "django_user": request._request.user.username,
    }


class Changes(ViewSet):
    """Writes rows, and ends in every way that a view can end in."""

    def write(self):
        User.objects.create(username=f"row{User.objects.count()}", email=f"{User.objects.count()}@example.com")

    @action(detail=False, methods=["post"])
    def succeeds(self, request):
        self.write()
        return Response({})

    @action(detail=False, methods=["post"])
    def returns_400(self, request):
        self.write()
        return Response({"detail": "No."}, status=400)

    @action(detail=False, methods=["post"])
    def raises_400(self, request):
        self.write()
        raise ValidationError("No.")

    @action(detail=False, methods=["post"])
    def raises_403(self, request):
        self.write()
        raise PermissionDenied

    @action(detail=False, methods=["post"])
    def returns_500(self, request):
        self.write()
        return Response(status=500)

    @action(detail=False, methods=["post"])
    def crashes(self, request):
        self.write()
        raise ZeroDivisionError("secret")

    @action(detail=False, methods=["post"])
    def is_atomic(self, request):
        return Response({"atomic": connection.in_atomic_block})


class Rough(ViewSet):
    """Leaves its surroundings as it likes them."""

    @action(detail=False, methods=["post"])
    def upset(self, request):
        set_urlconf("config.urls")
        translation.activate("de")
        timezone.activate(ZoneInfo("Asia/Tokyo"))
        return Response({})

    @action(detail=False)
    def here(self, request):
        return Response({"language": translation.get_language(), "zone": timezone.get_current_timezone_name()})


class Guarded(ViewSet):
    def list(self, request):
        return Response([])


def staff_only(view):
    """A decorator around a callback, as projects write them."""

    @functools.wraps(view)
    def wrapper(request, *args, **kwargs):
        if not request.user.is_staff:
            return HttpResponse("No.", status=403)
        return view(request, *args, **kwargs)

    return wrapper


class Closing(ViewSet):
    @action(detail=False)
    def file(self, request):
        file = Path(__file__).open("rb")  # noqa: SIM115  (FileResponse closes it)
        SEEN.append(file)
        return FileResponse(file, content_type="application/octet-stream")


class Shadow(ViewSet):
    def retrieve(self, request, pk=None, slug=None):
        return Response({"pk": pk})


class Fixed(Shadow):
    """On a route that fixes one of its kwargs."""


class Me(Guarded):
    """On a path that another route's argument could spell."""


class Staff(Guarded):
    """Behind the admin's own decorator."""


class Spaced(Guarded):
    """In a namespace."""


urlpatterns = [
    *routed(Look, prefix="look", basename="look"),
    *routed(Changes, prefix="changes", basename="change"),
    *routed(Rough, prefix="rough", basename="rough"),
    *routed(Closing, prefix="closing", basename="closing"),
    path("shadow/me/", Me.as_view({"get": "list"}), name="me"),
    path("shadow/<pk>/", Shadow.as_view({"get": "retrieve"})),
    path("guarded/", staff_only(Guarded.as_view({"get": "list"}))),
    path("staff/", staff_member_required(Staff.as_view({"get": "list"}), login_url="/login/")),
    re_path(r"^v/(?P<slug>[a-z]+)/$", Fixed.as_view({"get": "retrieve"}), {"pk": "fixed"}),
    path("ns/", include((routed(Spaced, prefix="in", basename="in"), "app"), namespace="ns")),
    *mcp_urls(),
]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def structured(client: MCPClient, tool: str, **arguments: Any) -> dict[str, Any]:
    return client.call(tool, **arguments)["structuredContent"]


# What the inner request carries


def test_no_credential_of_the_client_reaches_the_inner_request() -> None:
    user = UserFactory()
    client = MCPClient(
        user, HTTP_COOKIE="sessionid=secret", HTTP_X_CSRFTOKEN="secret", HTTP_PROXY_AUTHORIZATION="secret"
    )
    key = Token.objects.get(user=user).key
    meta = structured(client, "meta_look")
    assert "secret" not in json.dumps(meta)
    assert key not in json.dumps(meta)
    assert meta["HTTP_AUTHORIZATION"].startswith("MCP ")
    assert meta["HTTP_COOKIE"] == f"drf_mcp={meta['HTTP_AUTHORIZATION'].removeprefix('MCP ')}"


def test_an_anonymous_call_carries_no_credentials_at_all() -> None:
    meta = structured(MCPClient(HTTP_COOKIE="sessionid=secret"), "meta_look")
    assert not {"HTTP_AUTHORIZATION", "HTTP_COOKIE"} & set(meta)


def test_the_opaque_value_is_the_same_for_one_user_and_differs_between_users() -> None:
    ann, bob = UserFactory(), UserFactory()
    values = [structured(MCPClient(user), "meta_look")["HTTP_AUTHORIZATION"] for user in (ann, bob, ann)]
    assert values[0] == values[2] != values[1]


def test_conditions_and_encodings_stay_outside() -> None:
    client = MCPClient(
        HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH='"x"', HTTP_RANGE="bytes=0-1", HTTP_ORIGIN="http://testserver"
    )
    with override_settings(DEBUG=True):
        meta = structured(client, "meta_look")
    assert not {"HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_RANGE", "HTTP_ORIGIN"} & set(meta)
    assert "HTTP_MCP_PROTOCOL_VERSION" not in meta


def test_what_a_rest_client_would_have_sent_goes_along() -> None:
    client = MCPClient(
        HTTP_X_FORWARDED_FOR="10.0.0.1", HTTP_ACCEPT_LANGUAGE="de", HTTP_USER_AGENT="agent/1", REMOTE_ADDR="10.0.0.2"
    )
    meta = structured(client, "meta_look")
    assert meta["HTTP_X_FORWARDED_FOR"] == "10.0.0.1"
    assert meta["HTTP_ACCEPT_LANGUAGE"] == "de"
    assert meta["HTTP_USER_AGENT"] == "agent/1"
    assert meta["REMOTE_ADDR"] == "10.0.0.2"


def test_forwarded_headers_are_those_that_the_setting_names() -> None:
    headers = {"HTTP_X_TENANT": "shop", "HTTP_X_OTHER": "no", "HTTP_COOKIE": "sessionid=secret"}
    names = ["X-Tenant", "Authorization", "cookie"]
    with override_settings(DRF_MCP={"ANONYMOUS": True, "FORWARD_HEADERS": names}):
        meta = structured(MCPClient(**headers), "meta_look")
        signed_in = structured(MCPClient(UserFactory(), **headers), "meta_look")
    assert meta["HTTP_X_TENANT"] == signed_in["HTTP_X_TENANT"] == "shop"
    assert not {"HTTP_X_OTHER", "HTTP_AUTHORIZATION", "HTTP_COOKIE"} & set(meta)
    assert signed_in["HTTP_AUTHORIZATION"].startswith("MCP ")


def test_the_proxys_own_header_for_https_goes_along() -> None:
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_SECURE", "yes")):
        assert structured(MCPClient(HTTP_X_SECURE="yes"), "absolute_look")["is_secure"] is True


def test_a_header_that_a_tool_takes_is_an_argument() -> None:
    assert structured(MCPClient(), "meta_look", if_match='"1"')["HTTP_IF_MATCH"] == '"1"'


def test_an_argument_is_no_way_to_bring_credentials() -> None:
    """Even where one gets this far: what is proved at the endpoint is the only identity."""

    class Careless(ViewSet):
        @action(detail=False)
        def look(self, request):
            return Response({"authorization": request.META.get("HTTP_AUTHORIZATION")})

    (endpoint,) = endpoints_of(*routed(Careless, prefix="careless"))
    user = UserFactory()
    bound = BoundArguments(headers={"Authorization": "Token stolen"})
    assert "stolen" not in build_request(endpoint, bound, make_context(user)).META["HTTP_AUTHORIZATION"]


def test_body_and_query_arrive_as_rest_has_them() -> None:
    sent = {"a": [1, {"b": None}], "text": "grüße"}
    assert structured(MCPClient(), "echo_look", **sent) == {"data": sent, "query": {}, "method": "POST"}
    (request,) = SEEN
    assert isinstance(request._request, InnerRequest)
    assert request.content_type == "application/json"


def test_the_resolver_match_is_the_routes_own() -> None:
    assert structured(MCPClient(), "match_look")["name"] == "look-match"


def test_absolute_addresses_are_those_of_the_site() -> None:
    client = MCPClient(HTTP_HOST="localhost:8443", **{"wsgi.url_scheme": "https"})
    assert structured(client, "absolute_look") == {"url": "https://localhost:8443/look/absolute/", "is_secure": True}


def test_a_script_name_stays_in_front() -> None:
    client = MCPClient(path="/mcp/", SCRIPT_NAME="/app")
    assert structured(client, "absolute_look")["url"] == "http://testserver/app/look/absolute/"


def test_a_version_goes_into_the_accept_header() -> None:
    assert structured(MCPClient(), "versioned_look", version="v2") == {"version": "v2", "accepted": "json"}


def test_a_view_with_pages_and_data_is_asked_for_data() -> None:
    assert structured(MCPClient(), "browsable_look")["media_type"] == "application/json"


def test_an_action_finds_the_context_under_mcp_and_none_under_rest() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "context_look") == {"is_mcp": True, "user": user.username}
    assert isinstance(SEEN[0].mcp, Context)
    assert APIClient().get("/look/context/").json() == {"is_mcp": False, "user": None}


# Who calls


def test_the_identity_is_handed_over_as_drf_would_have_found_it() -> None:
    user = UserFactory()
    token = Token.objects.create(user=user)
    by_rest = APIClient(HTTP_AUTHORIZATION=f"Token {token.key}").get("/look/who/").json()
    assert structured(MCPClient(user), "who_look") == by_rest
    assert by_rest == {
        "user": user.username,
        "auth": "Token",
        "authenticator": "TokenAuthentication",
        "django_user": user.username,
    }


def test_nobody_is_handed_over_as_nobody() -> None:
    assert structured(MCPClient(), "who_look") == APIClient().get("/look/who/").json()


def test_a_view_without_authentication_classes_gets_no_user() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "nobody_look")["user"] == ""
    assert structured(MCPClient(user), "nobody_look") == APIClient().get("/look/nobody/").json()


@pytest.mark.parametrize("tool", ["device_look", "heir_look"])
def test_a_view_that_insists_on_a_class_of_its_own_refuses(tool: str) -> None:
    assert tool not in MCPClient(UserFactory()).list_tools()
    assert MCPClient(UserFactory()).fail(tool)["message"] == f"Unknown tool: {tool}"
    assert MCPClient().fail(tool)["code"] == MCPClient().fail("nothing_look")["code"] == 401


def test_a_class_that_the_project_accepts_takes_the_identity() -> None:
    user = UserFactory()
    with override_settings(DRF_MCP={"ACCEPT_IDENTITY_FOR": [DeviceCertificate]}):
        assert structured(MCPClient(user), "device_look")["user"] == user.username


def test_a_view_takes_an_identity_that_one_of_its_own_classes_proved() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "either_look")["user"] == user.username


def test_an_ordinary_class_takes_the_identity() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "session_look")["user"] == user.username


def test_permissions_see_the_user_who_calls() -> None:
    assert MCPClient(UserFactory()).fail("secret_look")["message"] == "Unknown tool: secret_look"
    assert structured(MCPClient(UserFactory(is_staff=True)), "secret_look") == {"secret": True}


def test_a_user_who_was_switched_off_gets_nowhere() -> None:
    response = MCPClient(UserFactory(is_active=False)).post({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert response.status_code == 401


# Where the path leads


def test_a_decorator_around_the_callback_stays_in_force() -> None:
    client = MCPClient(UserFactory())
    assert client.call("list_guarded")["structuredContent"]["status"] == 403
    assert APIClient().get("/guarded/").status_code == 403


def test_the_admins_decorator_keeps_out_whoever_is_no_staff() -> None:
    result = MCPClient(UserFactory()).call("list_staff")
    assert result["isError"] is True
    assert result["structuredContent"]["status"] == 302


def test_no_argument_steers_a_call_to_another_endpoint() -> None:
    assert structured(MCPClient(), "retrieve_shadow", id="you") == {"pk": "you"}
    error = MCPClient().fail("retrieve_shadow", id="me")
    assert error["code"] == -32602
    assert error["message"].startswith("id: no such address.")
    assert error["data"] == {"arguments": ["id"]}


@pytest.mark.parametrize("value", ["../look/secret", "a/b", "..", "me/", "%2e%2e", "a?b=c", "a#b", "a\\b", "ä ö"])
def test_a_value_is_a_value_and_never_a_path(value: str) -> None:
    answer = MCPClient().send("tools/call", {"name": "retrieve_shadow", "arguments": {"id": value}})
    if "result" in answer:
        assert answer["result"]["structuredContent"] == {"pk": value}
    else:
        assert answer["error"]["code"] == -32602


def test_the_fixed_kwargs_of_a_route_are_no_arguments() -> None:
    assert set(MCPClient().list_tools()["retrieve_fixed"]["inputSchema"]["properties"]) == {"slug"}
    assert structured(MCPClient(), "retrieve_fixed", slug="abc") == {"pk": "fixed"}
    endpoint = next(e for e in endpoints_of(*urlpatterns) if str(e.route) == "v/{slug}/")
    with pytest.raises(InvalidParamsError):
        invoke(endpoint, BoundArguments(kwargs={"slug": "UPPER"}), make_context())


# What it meets on its way


class Counting:
    """Notes every request that passes, and may keep people out by path."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        SEEN.append(request.path)
        if request.path.startswith("/look/secret"):
            return HttpResponse("<p>Go away</p>", status=403)
        request.tenant = "from the path"
        return self.get_response(request)


HERE = f"{__name__}.Counting"


def test_the_inner_request_passes_the_projects_middleware() -> None:
    with override_settings(MIDDLEWARE=[HERE]):
        MCPClient().call("who_look")
    assert SEEN == ["/mcp/", "/look/who/"]


def test_middleware_may_keep_a_call_out() -> None:
    with override_settings(MIDDLEWARE=[HERE]):
        result = MCPClient(UserFactory(is_staff=True)).call("secret_look")
    assert result["isError"] is True
    assert result["structuredContent"]["status"] == 403
    assert "<p>" not in json.dumps(result)


def test_middleware_that_the_setting_names_is_passed_once() -> None:
    before = ["django.middleware.common.CommonMiddleware", HERE]
    with override_settings(MIDDLEWARE=before, DRF_MCP={"ANONYMOUS": True, "SKIP_MIDDLEWARE": [HERE]}):
        MCPClient().call("who_look")
        assert before == settings.MIDDLEWARE
    assert SEEN == ["/mcp/"]


def test_the_handler_is_made_once_and_again_when_the_settings_change() -> None:
    handler = inner_handler()
    assert inner_handler() is handler
    with override_settings(MIDDLEWARE=[]):
        assert inner_handler() is not handler


def test_a_misrouted_call_passes_the_way_back_through_middleware() -> None:
    (endpoint,) = (e for e in endpoints_of(*urlpatterns) if str(e.route) == "shadow/{pk}/")
    with override_settings(MIDDLEWARE=[HERE]), pytest.raises(InvalidParamsError):
        invoke(endpoint, BoundArguments(kwargs={"pk": "me"}), make_context())
    assert SEEN == ["/shadow/me/"]


def test_kwargs_that_build_no_path_are_refused_before_anything_runs() -> None:
    (endpoint,) = (e for e in endpoints_of(*urlpatterns) if str(e.route) == "shadow/{pk}/")
    with override_settings(MIDDLEWARE=[HERE]), pytest.raises(InvalidParamsError, match="id: no such address"):
        invoke(endpoint, BoundArguments(), make_context())
    assert SEEN == []


def test_a_route_that_is_no_longer_there_is_refused() -> None:
    (endpoint,) = endpoints_of(path("gone/", Guarded.as_view({"get": "list"})))
    with pytest.raises(InvalidParamsError, match="The call: no such address"):
        invoke(endpoint, BoundArguments(), make_context())


# What it leaves behind


def test_urlconf_language_and_time_zone_are_as_before() -> None:
    (endpoint,) = (e for e in endpoints_of(*urlpatterns) if e.action == "upset")
    set_urlconf(__name__)
    try:
        with translation.override("fr"), timezone.override(ZoneInfo("Europe/Paris")):
            invoke(endpoint, BoundArguments(), make_context())
            assert get_urlconf() == __name__
            assert translation.get_language() == "fr"
            assert timezone.get_current_timezone_name() == "Europe/Paris"
    finally:
        set_urlconf(None)


def test_a_deactivated_language_and_the_default_zone_stay_so() -> None:
    (endpoint,) = (e for e in endpoints_of(*urlpatterns) if e.action == "upset")
    with translation.override(None):
        invoke(endpoint, BoundArguments(), make_context())
        assert translation.get_language() is None
    assert timezone.get_current_timezone_name() == "UTC"
    assert timezone.localtime(dt.datetime(2025, 1, 1, tzinfo=dt.UTC)).hour == 0
    with override_settings(TIME_ZONE="Europe/Paris"):  # nothing was made the zone of this thread
        assert timezone.get_current_timezone_name() == "Europe/Paris"


def test_surroundings_come_back_even_where_the_call_is_refused() -> None:
    (endpoint,) = (e for e in endpoints_of(*urlpatterns) if str(e.route) == "shadow/{pk}/")
    with translation.override("fr"):
        with pytest.raises(InvalidParamsError):
            invoke(endpoint, BoundArguments(kwargs={"pk": "me"}), make_context())
        assert translation.get_language() == "fr"


def test_files_are_closed_and_the_request_does_not_end_twice() -> None:
    ended = []

    def note(**kwargs):
        ended.append(kwargs)

    request_finished.connect(note)
    try:
        MCPClient().call("file_closing")
    finally:
        request_finished.disconnect(note)
    assert SEEN[0].closed
    assert len(ended) == 1


def test_release_closes_what_is_open_and_nothing_twice() -> None:
    closed = []
    response = HttpResponse()
    response._resource_closers.append(lambda: closed.append(1))
    release(response)
    release(response)
    assert closed == [1]


# Exceptions


def test_an_exception_is_logged_once_with_the_id_that_the_client_gets(caplog) -> None:
    signalled = []

    def note(**kwargs):
        signalled.append(kwargs["request"])

    got_request_exception.connect(note)
    try:
        with caplog.at_level(logging.DEBUG, "django.request"), caplog.at_level(logging.DEBUG, "drf_mcp"):
            error = MCPClient().fail("crashes_change")
    finally:
        got_request_exception.disconnect(note)
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in records] == ["django.request"]
    assert error["data"]["error_id"] in records[0].getMessage()
    assert records[0].exc_info[0] is ZeroDivisionError
    assert len(signalled) == 1
    assert error == {"code": -32603, "message": "Internal error", "data": error["data"]}


def test_two_exceptions_have_two_ids() -> None:
    ids = {MCPClient().fail("crashes_change")["data"]["error_id"] for _ in range(2)}
    assert len(ids) == 2


# Transactions

ENDINGS = ["succeeds", "returns_400", "raises_400", "raises_403", "returns_500", "crashes"]


def rows_after(call) -> int:
    User.objects.all().delete()
    call()
    count = User.objects.count()
    User.objects.all().delete()
    return count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_call_leaves_exactly_the_rows_that_rest_leaves(ending: str, atomic: bool) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = atomic
    try:
        by_rest = rows_after(lambda: Client(raise_request_exception=False).post(f"/changes/{ending}/"))
        by_mcp = rows_after(lambda: MCPClient().send("tools/call", {"name": f"{ending}_change"}))
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert by_mcp == by_rest
    assert by_rest == (1 if ending in ("succeeds", "returns_400", "returns_500") or not atomic else 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
def test_the_call_runs_in_the_transaction_that_rest_has_and_in_no_other(atomic: bool) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = atomic
    try:
        assert structured(MCPClient(), "is_atomic_change") == {"atomic": atomic}
        assert connection.in_atomic_block is False
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False


# Languages


@override_settings(USE_I18N=True, MIDDLEWARE=["django.middleware.locale.LocaleMiddleware"])
def test_a_call_speaks_the_language_of_the_request() -> None:
    assert structured(MCPClient(HTTP_ACCEPT_LANGUAGE="de"), "here_rough")["language"] == "de"
    assert structured(MCPClient(), "here_rough")["language"] == "en"


@pytest.mark.parametrize("version", ["v2, text/html", "v2; q=0", "a b", '"v2"', "v2,*/*"])
def test_a_version_cannot_add_another_media_type(version: str) -> None:
    error = MCPClient().fail("versioned_look", version=version)
    assert error["code"] == -32602
    assert "'version'" in error["message"]
