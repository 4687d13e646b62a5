"""The ViewSets that the threat cases speak of."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_cookie, vary_on_headers
from rest_framework import filters, pagination, permissions, serializers, throttling, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response

from drf_mcp import mcp_tool

from .models import Entry, Membership, Note, Report

logger = logging.getLogger("tests.threats")


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["id", "owner", "text", "size", "is_official"]
        read_only_fields = ["owner", "is_official"]


class NotePages(pagination.PageNumberPagination):
    page_size = 2
    page_size_query_param = "page_size"
    max_page_size = 3


class IsOwner(permissions.BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return obj.owner_id == request.user.pk


class NoteViewSet(viewsets.ModelViewSet):
    """Notes, of which each user has their own."""

    serializer_class = NoteSerializer
    queryset = Note.objects.order_by("id")
    pagination_class = NotePages
    filter_backends = [filters.SearchFilter, filters.OrderingFilter]
    search_fields = ["text"]
    ordering_fields = ["id", "text"]

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(owner=self.request.user.pk)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user)

    @action(detail=True, methods=["post"])
    def shout(self, request: Any, pk: Any = None) -> Response:
        note = self.get_object()
        note.text = note.text.upper()
        note.save()
        return Response({"text": note.text})

    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        return Response(self.get_serializer(rows, many=True).data)


class SharedNoteViewSet(viewsets.ModelViewSet):
    """Everybody's notes, guarded one by one."""

    serializer_class = NoteSerializer
    queryset = Note.objects.order_by("id")
    permission_classes = [permissions.IsAuthenticated, IsOwner]
    http_method_names = ["get", "patch", "delete", "post"]


class ReportSerializer(serializers.ModelSerializer):
    class Meta:
        model = Report
        fields = ["id", "title", "kind"]


class ReportViewSet(viewsets.ModelViewSet):
    """Reports, which only staff destroys."""

    serializer_class = ReportSerializer
    queryset = Report.objects.order_by("id")

    def get_permissions(self) -> list[Any]:
        return [permissions.IsAdminUser()] if self.action in ("destroy", "audit") else super().get_permissions()

    @action(detail=False)
    def audit(self, request: Any) -> Response:
        return Response(["audited"])


class VaultViewSet(viewsets.ReadOnlyModelViewSet):
    """Staff alone reads these."""

    serializer_class = ReportSerializer
    queryset = Report.objects.order_by("id")
    permission_classes = [permissions.IsAdminUser]


class MembershipSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Membership
        fields = ["url", "group", "title"]


class MembershipViewSet(viewsets.ModelViewSet):
    serializer_class = MembershipSerializer
    queryset = Membership.objects.order_by("id")


class GroupSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Group
        fields = ["url", "name"]


class GroupViewSet(viewsets.ReadOnlyModelViewSet):
    serializer_class = GroupSerializer
    queryset = Group.objects.order_by("id")


@method_decorator(cache_page(60), name="dispatch")
@method_decorator(vary_on_headers("Authorization"), name="dispatch")
class CachedByHeaderViewSet(viewsets.ViewSet):
    def list(self, request: Any) -> Response:
        return Response({"for": request.user.username})


@method_decorator(cache_page(60), name="dispatch")
@method_decorator(vary_on_cookie, name="dispatch")
class CachedByCookieViewSet(viewsets.ViewSet):
    def list(self, request: Any) -> Response:
        return Response({"for": request.user.username})


class EntryViewSet(viewsets.ViewSet):
    """Writes to two databases, and ends in one of four ways."""

    @mcp_tool(input={"type": "object", "properties": {"text": {"type": "string"}, "end": {"type": "string"}}})
    def create(self, request: Any) -> Response:
        text, end = request.data["text"], request.data["end"]
        for alias in ("default", "other"):
            Entry.objects.using(alias).create(text=text)
            transaction.on_commit(lambda alias=alias: logger.info("committed %s in %s", text, alias), using=alias)
        if end == "raise":
            raise serializers.ValidationError({"text": ["Refused."]})
        if end == "crash":
            raise RuntimeError("broken")
        return Response({"text": ["Refused."]}, status=400) if end == "return" else Response({"text": text}, status=201)


class ThreePerMinute(throttling.UserRateThrottle):
    rate = "3/min"


class BellViewSet(viewsets.ViewSet):
    throttle_classes = [ThreePerMinute]

    def list(self, request: Any) -> Response:
        return Response(["ding"])


class CuriousViewSet(viewsets.ViewSet):
    """Prints whatever it can find out about its request."""

    def list(self, request: Any) -> Response:
        seen = [dict(request.headers), request.META, request.COOKIES, repr(request), repr(request.mcp), request.mcp]
        return Response(
            {
                "found": repr(seen),
                "auth": type(request.auth).__name__,
                "user": request.user.username,
                "uri": request.build_absolute_uri(),
                "session": sorted(getattr(request, "session", {}).keys()),
                "ip": request.META.get("REMOTE_ADDR"),
            }
        )

    @mcp_tool(input={"type": "object", "properties": {"password": {"type": "string"}, "token": {"type": "string"}}})
    def create(self, request: Any) -> Response:
        raise RuntimeError("broken")

    @action(detail=False, methods=["post"])
    @mcp_tool(input={"type": "object", "properties": {"pause": {"type": "number"}, "fail": {"type": "boolean"}}})
    def slow(self, request: Any) -> Response:
        before, of = request.user.username, request.mcp.user.username if request.mcp else None
        time.sleep(request.data.get("pause", 0))
        if request.data.get("fail"):
            raise RuntimeError("broken midway")
        return Response({"before": before, "after": self.request.user.username, "of": of})


class SecondFactor(BaseAuthentication):
    def authenticate(self, request: Any) -> Any:
        raise AuthenticationFailed("No second factor.")


class GuardedViewSet(viewsets.ViewSet):
    authentication_classes = [SecondFactor]
    permission_classes = [permissions.AllowAny]

    def list(self, request: Any) -> Response:
        return Response({"user": request.user.username})


class UserlessViewSet(viewsets.ViewSet):
    authentication_classes: list[Any] = []
    permission_classes = [permissions.AllowAny]

    def list(self, request: Any) -> Response:
        return Response({"user": str(request.user)})


class ConfirmingSerializer(serializers.Serializer):
    sure = serializers.BooleanField()


class DecisionViewSet(viewsets.ViewSet):
    """Asks before it writes, and only staff."""

    permission_classes = [permissions.IsAdminUser]

    @mcp_tool(asks=True, input={"type": "object", "properties": {"text": {"type": "string"}}})
    def create(self, request: Any) -> Response:
        answer = request.mcp.elicit("Sure?", ConfirmingSerializer, key="sure")
        Entry.objects.create(text=request.data["text"])
        return Response({"sure": answer["sure"]})
