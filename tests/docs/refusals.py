"""Views that refuse in every way that ``reference/errors.md`` lists; the module is the URLconf, too."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.urls import include, path
from rest_framework import exceptions, serializers
from rest_framework.authentication import BaseAuthentication, RemoteUserAuthentication
from rest_framework.decorators import action
from rest_framework.parsers import FileUploadParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.conf import mcp_settings
from users.models import User
from users.serializers import UserSerializer


class InputSerializer(serializers.Serializer):
    why = serializers.CharField()


class FileSerializer(serializers.Serializer):
    file = serializers.FileField()
    tags = serializers.ListField(child=serializers.CharField(), required=False)


class UserViewSet(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


WAYS: dict[str, Callable[[], Any]] = {
    "304": lambda: HttpResponse(status=304),
    "400": lambda: Response({"ok": False, "reason": "sold_out"}, status=400),
    "401": lambda: exceptions.NotAuthenticated(),
    "403": lambda: exceptions.PermissionDenied(),
    "404": lambda: exceptions.NotFound(),
    "405": lambda: exceptions.MethodNotAllowed("POST"),
    "409": lambda: Response({"detail": "It is lent."}, status=409),
    "415": lambda: exceptions.UnsupportedMediaType("text/csv"),
    "429": lambda: exceptions.Throttled(wait=30),
    "410": lambda: HttpResponse(status=410),
    "503": lambda: HttpResponse("<h1>Closed</h1>", status=503),
    "redirect": lambda: HttpResponseRedirect("/login/"),
    "page": lambda: HttpResponse("<h1>Hello</h1>"),
    "protected": lambda: ProtectedError("It is referred to.", set()),
    "race": lambda: IntegrityError("UNIQUE constraint failed: users_user.email"),
    "bug": lambda: ZeroDivisionError("a secret"),
}


class ForSomethingElse(BaseAuthentication):
    """An identity provider's tokens, of which this one is for something else."""

    def authenticate(self, request: Request) -> tuple[User, dict[str, str]]:
        return User(is_active=True), {"scope": "openid"}


class RefusalViewSet(ViewSet):
    @mcp_tool(name="elicit", asks=True)
    @action(detail=False, methods=["post"])
    def elicit(self, request: Request) -> Response:
        return Response(request.mcp.elicit("Why?", InputSerializer))

    @mcp_tool(name="refuse", input=InputSerializer)
    @action(detail=False, methods=["post"])
    def refuse(self, request: Request) -> Any:
        way = WAYS[request.data["why"]]()
        if isinstance(way, Exception):
            raise way
        return way

    @mcp_tool(name="send")
    @action(detail=False)
    def send(self, request: Request) -> FileResponse:
        return FileResponse(io.BytesIO(b"x" * (mcp_settings.MAX_FILE_SIZE + 1)), filename="large.bin")

    @mcp_tool(name="keep", input=FileSerializer)
    @action(detail=False, methods=["post"])
    def keep(self, request: Request) -> Response:
        return Response({"size": request.data["file"].size})

    @mcp_tool(name="store", input=FileSerializer)
    @action(detail=False, methods=["post"], parser_classes=[FileUploadParser])
    def store(self, request: Request) -> Response:
        return Response({"size": request.data["file"].size})

    @mcp_tool(name="prove")
    @action(detail=False, authentication_classes=[RemoteUserAuthentication])
    def prove(self, request: Request) -> Response:
        return Response({"user": str(request.user)})

    @mcp_tool(name="sort", input=InputSerializer, param_headers={"why": "Why"})
    @action(detail=False, methods=["post"])
    def sort(self, request: Request) -> Response:
        return Response(request.data)

    @mcp_tool(name="sample", requires={"sampling": {}})
    @action(detail=False)
    def sample(self, request: Request) -> Response:
        return Response({})

    @mcp_tool(name="ask")
    @action(detail=False, authentication_classes=[])
    def ask(self, request: Request) -> Response:
        return Response({"is_anonymous": request.user.is_anonymous})


class ReadingViewSet(ViewSet):
    """Refuses to be read in the way that its key names."""

    def retrieve(self, request: Request, pk: str) -> Any:
        ways: dict[str, Callable[[], Any]] = {
            "colour": lambda: exceptions.ValidationError({"colour": "No such colour."}),
            "large": lambda: HttpResponse(b"x" * (mcp_settings.MAX_FILE_SIZE + 1), content_type="image/png"),
            **WAYS,
        }
        way = ways[pk]()
        if isinstance(way, Exception):
            raise way
        return way


router = SimpleRouter()
router.register("readings", ReadingViewSet, basename="reading")
router.register("users", UserViewSet)
router.register("refusals", RefusalViewSet, basename="refusal")

urlpatterns = [
    path("api/", include(router.urls)),
    path("mcp/", include("drf_mcp.urls")),
]
