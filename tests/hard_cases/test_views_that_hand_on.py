"""Views that hand their request on to other views, and code that makes a DRF request of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.decorators import action, api_view, authentication_classes
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from tests.factories import MCPClient, UserFactory, mcp_urls, text_of

pytestmark = pytest.mark.django_db


class SecondFactor(BaseAuthentication):
    """Takes nobody without a code that only REST clients send."""

    def authenticate(self, request: Request) -> Any:
        raise AuthenticationFailed("The second factor is missing.")


class Vault(APIView):
    """Stands behind a weaker view and trusts its own authentication alone."""

    authentication_classes = [SecondFactor]

    def get(self, request: Request) -> Response:
        return Response({"opened_for": request.user.username})


class Lobby(APIView):
    authentication_classes: list[type] = []

    def get(self, request: Request) -> Response:
        return Response({"user": str(request.user), "auth": str(request.auth)})


@api_view(["GET"])
@authentication_classes([TokenAuthentication])
def desk(request: Request) -> Response:
    return Response({"user": request.user.username})


class Door(ViewSet):
    """Hands Django's request on to other views, as aggregating endpoints do."""

    @action(detail=False)
    def vault(self, request: Request) -> Any:
        return Vault.as_view()(request._request)

    @action(detail=False)
    def lobby(self, request: Request) -> Any:
        return Lobby.as_view()(request._request)

    @action(detail=False)
    def desk(self, request: Request) -> Any:
        answer = desk(request._request)
        return Response({"first": request.user.username, "second": answer.data["user"]})

    @action(detail=False)
    def bare(self, request: Request) -> Response:
        bare = Request(request._request)
        return Response({"bare": str(bare.user), "own": request.user.username})


class Careful(ViewSet):
    """Chooses its authenticators by what the request says, which only the real request can tell."""

    def get_authenticators(self) -> list[Any]:
        if self.request is not None and self.request.GET.get("strict"):
            return [SecondFactor()]
        return [TokenAuthentication()]

    def list(self, request: Request) -> Response:
        return Response({"user": request.user.username, "strict": request.query_params.get("strict")})


class Lazy(ViewSet):
    """Authenticates when it first wants to know, as DRF's documentation shows."""

    authentication_classes = [SecondFactor]

    def perform_authentication(self, request: Request) -> None:
        pass

    @action(detail=False)
    def public(self, request: Request) -> Response:
        return Response({"open": True})

    @action(detail=False)
    def private(self, request: Request) -> Response:
        return Response({"user": request.user.username})


class Renewing(ViewSet):
    """Makes the DRF request itself."""

    authentication_classes = [TokenAuthentication]

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        made = super().initialize_request(request, *args, **kwargs)
        made.was_renewed = True
        return made

    def list(self, request: Request) -> Response:
        return Response({"user": request.user.username, "renewed": request.was_renewed})


router = SimpleRouter()
for prefix, viewset in {"door": Door, "careful": Careful, "lazy": Lazy, "renewing": Renewing}.items():
    router.register(prefix, viewset, basename=prefix)

urlpatterns = [*router.urls, *mcp_urls()]


class LooksAhead:
    """Middleware that makes a DRF request of its own before the view does."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        seen = str(Request(request).user)
        response = self.get_response(request)
        response["X-Seen"] = seen
        return response


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def structured(client: MCPClient, tool: str, **arguments: Any) -> Any:
    result = client.call(tool, **arguments)
    assert not result.get("isError"), text_of(result)
    return result["structuredContent"]


def test_a_view_behind_another_view_still_asks_for_its_own_proof() -> None:
    result = MCPClient(UserFactory()).call("vault_door")
    assert result["isError"] is True
    assert result["structuredContent"]["status"] == 403
    assert "SecondFactor" in text_of(result)


def test_a_view_behind_another_view_that_wants_no_user_gets_none() -> None:
    assert structured(MCPClient(UserFactory()), "lobby_door") == {"user": "AnonymousUser", "auth": "None"}


def test_a_view_behind_another_view_takes_an_identity_that_it_knows() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "desk_door") == {"first": user.username, "second": user.username}


def test_a_bare_drf_request_knows_nobody() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "bare_door") == {"bare": "AnonymousUser", "own": user.username}


def test_middleware_with_a_drf_request_of_its_own_takes_nothing_from_the_view() -> None:
    user = UserFactory()
    listed = [f"{__name__}.LooksAhead"]
    with override_settings(MIDDLEWARE=listed):
        assert structured(MCPClient(user), "list_renewing")["user"] == user.username


def test_authenticators_that_the_request_chooses_decide_about_that_request() -> None:
    client = MCPClient(user := UserFactory())
    assert structured(client, "list_careful") == {"user": user.username, "strict": None}
    refused = client.call("list_careful", strict="1")
    assert refused["structuredContent"]["status"] == 403


def test_a_view_that_authenticates_late_refuses_when_it_asks_who_calls() -> None:
    client = MCPClient(UserFactory())
    assert structured(client, "public_lazy") == {"open": True}
    assert client.call("private_lazy")["structuredContent"]["status"] == 403


def test_a_view_that_makes_the_drf_request_itself_gets_the_identity() -> None:
    user = UserFactory()
    assert structured(MCPClient(user), "list_renewing") == {"user": user.username, "renewed": True}
