"""What two callers see of the same server: lists, calls, reads and completions of what one of them may not use."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, BasePermission, DjangoModelPermissions, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.declarations import Registry, prompt, resource
from drf_mcp.protocol.errors import ResourceNotFoundError
from drf_mcp.subscriptions import watch
from drf_mcp.views import MCPView
from tests.factories import MCPClient, StatelessClient, UserFactory, make_context, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class People(ModelViewSet):
    queryset = User.objects.order_by("id")
    serializer_class = UserSerializer
    permission_classes = [DjangoModelPermissions]


class Vault(ModelViewSet):
    queryset = User.objects.order_by("id")
    serializer_class = UserSerializer

    def get_permissions(self) -> list[Any]:
        return [IsAdminUser()] if self.action in ("destroy", "list", "speak", "retrieve") else [AllowAny()]

    @mcp_tool(reports=True)
    @action(detail=False, methods=["post"])
    def speak(self, request: Any) -> Response:
        return Response({})


class Open(ViewSet):
    def list(self, request: Any) -> Response:
        return Response(["open"])


urlpatterns = [
    *routed(People, prefix="people", basename="person"),
    *routed(Vault, prefix="vault", basename="vault"),
    *routed(Open, prefix="open", basename="open"),
    *mcp_urls(),
    path("reading/", MCPView.as_view(read_only=True)),
]


@pytest.fixture
def alice() -> Any:
    user = UserFactory(username="alice", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["delete_user", "add_user"]))
    return user


@pytest.fixture
def bob() -> Any:
    return UserFactory(username="bob")


def tool(caller: Any, prefix: str, part: str) -> str:
    (name,) = [n for n in MCPClient(caller).list_tools() if n.startswith(prefix) and part in n]
    return name


def asked(client: MCPClient, method: str, params: Any) -> tuple[int, bytes, dict[str, str]]:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = client.ask(method, params) if isinstance(client, StatelessClient) else client.post(message)
    kept = {name: value for name, value in response.headers.items() if name not in ("Date", "Content-Length")}
    return response.status_code, response.content, kept


def test_each_sees_what_their_permissions_allow(alice: Any, bob: Any) -> None:
    seen = {user: set(MCPClient(user).list_tools()) for user in (alice, bob)}
    assert {name.partition("_")[0] for name in seen[alice] - seen[bob]} == {
        *("create", "destroy", "list", "retrieve", "speak")
    }
    assert seen[bob] < seen[alice]
    assert not any(name.startswith("update_") and "person" in name for name in seen[alice])


@pytest.mark.parametrize("client", [MCPClient, StatelessClient])
def test_a_hidden_tool_answers_like_one_that_never_was(alice: Any, bob: Any, client: Any) -> None:
    for prefix, part in (("destroy_", "vault"), ("destroy_", "person"), ("list_", "vault"), ("speak_", "")):
        name = tool(alice, prefix, part)
        other = f"{name[:-1]}_"
        for arguments in ({}, {"id": "1"}, {"nonsense": [1]}):
            for caller in (bob, None):
                hidden = asked(client(caller), "tools/call", {"name": name, "arguments": arguments})
                absent = asked(client(caller), "tools/call", {"name": other, "arguments": arguments})
                assert hidden[0] == absent[0]
                assert hidden[1].replace(name.encode(), b"") == absent[1].replace(other.encode(), b"")
                assert hidden[2] == absent[2]
                assert (hidden[0] == 401) == (caller is None)


def test_a_hidden_tool_that_speaks_opens_no_stream(alice: Any, bob: Any) -> None:
    name = tool(alice, "speak_", "")
    params = {"name": name, "_meta": {"progressToken": 1}}
    client = MCPClient(bob, HTTP_ACCEPT="application/json, text/event-stream")
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    assert client.post(message).headers["Content-Type"] == "application/json"


def test_a_tool_gone_with_its_permission_is_unknown_at_once(alice: Any) -> None:
    name = tool(alice, "destroy_", "person")
    target = UserFactory()
    alice.user_permissions.clear()
    error = MCPClient(User.objects.get(pk=alice.pk)).fail(name, id=str(target.pk))
    assert error["message"] == f"Unknown tool: {name}"
    assert User.objects.filter(pk=target.pk).exists()


def test_object_permissions_are_still_the_views_to_judge(alice: Any, bob: Any) -> None:
    name = tool(bob, "update_", "vault")
    assert MCPClient(bob).call(name, id="999999")["structuredContent"]["status"] == 404


@pytest.mark.parametrize("caller", ["bob", None])
@pytest.mark.parametrize("method", ["resources/read", "completion/complete"])
def test_a_hidden_resource_answers_like_none(alice: Any, bob: Any, caller: Any, method: str) -> None:
    user = bob if caller else None
    listed = MCPClient(alice).send("resources/list")["result"]["resources"]
    assert "drf:///vault/" in {entry["uri"] for entry in listed}
    pairs = [("drf:///vault/", "drf:///vaulx/"), ("drf:///vault/?page=x", "drf:///vaulx/?page=x")]
    pairs += [("drf:///vault/1/", "drf:///vaulx/1/"), ("drf:///vault/1/?no=1", "drf:///vaulx/1/?no=1")]
    if method == "completion/complete":
        pairs = [("drf:///vault/{id}/", "drf:///vaulx/{id}/")]

    def ask(uri: str) -> tuple[int, bytes, dict[str, str]]:
        if method == "completion/complete":
            ref = {"type": "ref/resource", "uri": uri}
            return asked(MCPClient(user), method, {"ref": ref, "argument": {"name": "id", "value": ""}})
        return asked(MCPClient(user), "resources/read", {"uri": uri})

    for uri, other in pairs:
        hidden, absent = ask(uri), ask(other)
        assert hidden[0] == absent[0]
        assert hidden[1].replace(uri.encode(), b"") == absent[1].replace(other.encode(), b"")
        assert hidden[2] == absent[2]
        assert (hidden[0] == 401) == (user is None)


def test_nobody_subscribes_to_what_they_do_not_see(alice: Any, bob: Any) -> None:
    assert watch("drf:///vault/", make_context(alice)).digest
    errors = []
    for uri in ("drf:///vault/", "drf:///vaulx/"):
        with pytest.raises(ResourceNotFoundError) as caught:
            watch(uri, make_context(bob))
        errors.append({**caught.value.to_wire(), "data": None})
    assert errors[0] == errors[1]


def test_hidden_prompts_and_declared_resources_answer_like_none(alice: Any, bob: Any, declared: Registry) -> None:
    @prompt(name="for_staff", permission_classes=[IsAdminUser])
    def for_staff(request: Any) -> str:
        return "hush"

    @resource("t://staff", permission_classes=[IsAdminUser])
    def staff(request: Any) -> str:
        return "hush"

    assert "hush" in json.dumps(MCPClient(alice).send("prompts/get", {"name": "for_staff"}))
    for caller in (bob, None):
        for method, key, name, other in (
            ("prompts/get", "name", "for_staff", "for_stafx"),
            ("resources/read", "uri", "t://staff", "t://stafx"),
        ):
            hidden, absent = (asked(MCPClient(caller), method, {key: value}) for value in (name, other))
            assert hidden[0] == absent[0]
            assert hidden[1].replace(name.encode(), b"") == absent[1].replace(other.encode(), b"")


@pytest.mark.urls("tests.integration.test_what_a_caller_sees_openly")
def test_where_nothing_is_hidden_an_unknown_name_sends_nobody_to_sign_in() -> None:
    assert MCPClient().fail("nothing")["message"] == "Unknown tool: nothing"


# Pages and headers


@pytest.mark.parametrize("method", ["tools/list", "resources/list", "resources/templates/list"])
def test_a_cursor_names_nothing_and_is_good_for_its_caller_alone(monkeypatch, alice, bob, method: str) -> None:
    monkeypatch.setattr("drf_mcp.protocol.pagination.PAGE_SIZE", 1)
    first = StatelessClient(alice).send(method)["result"]
    cursor = first["nextCursor"]
    key = next(name for name in ("tools", "resources", "resourceTemplates") if name in first)
    (item,) = first[key]
    assert item.get("name", "").encode() not in base64.urlsafe_b64decode(cursor)
    second = StatelessClient(alice).send(method, {"cursor": cursor})["result"]
    assert second["cacheScope"] == first["cacheScope"] == "private"
    assert second[key] != first[key]
    listed, place = json.loads(base64.urlsafe_b64decode(cursor))
    of_old = base64.urlsafe_b64encode(
        json.dumps([listed, place[:32]], separators=(",", ":")).encode()
    ).decode()  # a hash alone
    assert StatelessClient(alice).send(method, {"cursor": of_old})["error"]["data"] == {"argument": "cursor"}
    refused = StatelessClient(bob).send(method, {"cursor": cursor})
    never = StatelessClient(bob).send(method, {"cursor": "x"})
    assert refused == never
    assert refused["error"]["data"] == {"argument": "cursor"}


def test_every_answer_is_kept_by_no_cache(alice: Any, bob: Any) -> None:
    for caller in (alice, bob, None):
        for method, params in (
            ("tools/list", {}),
            ("resources/list", {}),
            ("server/discover", {}),
            ("tools/call", {"name": "nothing"}),
            ("resources/read", {"uri": "drf:///open/"}),
        ):
            response = StatelessClient(caller).ask(method, params)
            assert response.headers["Cache-Control"] == "no-store"
            assert "Authorization" in response.headers["Vary"]
            result = response.json().get("result", {})
            assert result.get("cacheScope", "private") == "private"
    assert MCPClient().post(b"{").headers["Cache-Control"] == "no-store"


# What only a call can tell


class Member(BasePermission):
    """As many are: a query by the URL's kwargs, with ``get`` and with ``None`` for a no."""

    def has_permission(self, request: Any, view: Any) -> bool:
        try:
            return User.objects.filter(pk=view.kwargs.get("org_pk"), username=request.user.username).exists()
        except Exception:  # noqa: BLE001  (as projects do)
            return False


class ByQuery(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.query_params.get("key") == "open"


class ByBody(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.data.get("key") == "open"


class ByMiddleware(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return getattr(request, "tenant", None) is not None


class ByRoute(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.resolver_match)


class ByHeader(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return request.headers.get("X-Tenant") == "acme"


@pytest.mark.parametrize("permission", [Member, ByQuery, ByBody, ByMiddleware, ByRoute])
def test_a_permission_that_wants_what_only_a_call_has_hides_nothing(settings: Any, permission: Any, bob: Any) -> None:
    class View(ViewSet):
        permission_classes = [IsAuthenticated & permission] if permission is ByRoute else [IsAuthenticated, permission]

        def retrieve(self, request: Any, pk: str, org_pk: str) -> Response:
            return Response({})

    settings.ROOT_URLCONF = (*routed(View, prefix=r"orgs/(?P<org_pk>\d+)/things"), *mcp_urls())
    assert list(MCPClient(bob).list_tools()) == ["retrieve_thing"]
    assert MCPClient(bob).call("retrieve_thing", id="1", org_pk="999999")["isError"] is not (permission is ByRoute)
    own = MCPClient(bob).call("retrieve_thing", id="1", org_pk=str(bob.pk))
    assert own["isError"] is (permission not in (Member, ByRoute))


def test_a_header_that_is_an_argument_may_be_what_a_permission_wants(settings: Any, bob: Any) -> None:
    class View(ViewSet):
        permission_classes = [ByHeader]

        @mcp_tool(headers=["X-Tenant"])
        def list(self, request: Any) -> Response:
            return Response({})

    settings.ROOT_URLCONF = (*routed(View), *mcp_urls())
    assert MCPClient(bob).call("list_thing", x_tenant="acme")["isError"] is False
    assert MCPClient(bob).call("list_thing", x_tenant="other")["structuredContent"]["status"] == 403


def test_a_look_at_one_view_leaves_nothing_for_another(settings: Any, bob: Any) -> None:
    class Leaves(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            request.left = request._request.left = request.META["left"] = view.action
            return True

    class Finds(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return "left" not in {**vars(request), **vars(request._request), **request.META}

    class First(ViewSet):
        permission_classes = [Leaves]

        def list(self, request: Any) -> Response:
            return Response({})

    class Second(First):
        permission_classes = [Finds]

    settings.ROOT_URLCONF = (*routed(First, Second), *mcp_urls())
    assert len(MCPClient(bob).list_tools()) == 2


def test_a_permission_sees_the_method_path_action_and_user(settings: Any, bob: Any) -> None:
    seen = []

    class Notes(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            meta = request.META
            seen.append((request.method, request.path, view.action, meta["REQUEST_METHOD"], meta["PATH_INFO"]))
            assert (request.user, request._request.user, view.request) == (bob, bob, request)
            assert request.parser_context["view"] is view
            return False

    class View(ModelViewSet):
        queryset = User.objects.all()
        serializer_class = UserSerializer
        permission_classes = [Notes]

    settings.ROOT_URLCONF = (*routed(View), *mcp_urls())
    assert MCPClient(bob).list_tools() == {}
    assert ("GET", "/things/", "list", "GET", "/things/") in seen
    assert ("POST", "/things/", "create", "POST", "/things/") in seen
    assert {entry[2] for entry in seen} == {"list", "create", "retrieve", "partial_update", "destroy"}


def test_a_view_that_no_token_opens_sends_nobody_to_sign_in(settings: Any) -> None:
    class Certificate(BaseAuthentication):
        pass

    class View(ViewSet):
        authentication_classes = [Certificate]

        def list(self, request: Any) -> Response:
            return Response({})

    settings.ROOT_URLCONF = (*routed(View), *mcp_urls())
    assert MCPClient().list_tools() == {}
    assert MCPClient().fail("list_thing")["code"] == MCPClient().fail("nothing")["code"] == -32602


# What it costs


def test_model_permissions_of_many_tools_are_read_once(django_assert_num_queries: Any, settings: Any, bob: Any) -> None:
    views = [type(f"View{number}", (People,), {}) for number in range(30)]
    settings.ROOT_URLCONF = (*routed(*views), *mcp_urls())
    client = MCPClient(bob)
    client.list_tools()
    with django_assert_num_queries(3):  # the token with its user, their own permissions, and those of their groups
        assert len(client.list_tools()) == 60


def test_permissions_that_look_at_the_user_alone_cost_no_query(django_assert_num_queries, settings, bob) -> None:
    class View(ViewSet):
        permission_classes = [IsAuthenticated & ~IsAdminUser]

        def list(self, request: Any) -> Response:
            return Response({})

    settings.ROOT_URLCONF = (*routed(View), *mcp_urls())
    client = MCPClient(bob)
    client.list_tools()
    with django_assert_num_queries(1):
        client.list_tools()
    with django_assert_num_queries(1):
        client.call("list_thing")
