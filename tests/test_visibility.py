"""Who sees an endpoint, as its own view decides it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet, ViewSet

from drf_mcp.visibility import Viewer, request_for
from tests.factories import UserFactory, make_context, routed, tools_of
from users.models import User
from users.serializers import UserSerializer

pytestmark = pytest.mark.django_db


def seen(viewset: Any, user: Any = None) -> set[str]:
    """The actions of a ViewSet that a caller sees."""
    viewer = Viewer(make_context(user))
    return {action for action, tool in tools_of(*routed(viewset)).items() if viewer.sees(tool)}


class Base(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


READ, ALL = {"list", "retrieve"}, {"list", "retrieve", "create", "partial_update", "destroy"}


@pytest.mark.parametrize(
    ("classes", "anonymous", "user", "staff"),
    [
        ([AllowAny], ALL, ALL, ALL),
        ([], ALL, ALL, ALL),
        ([IsAuthenticated], set(), ALL, ALL),
        ([IsAdminUser], set(), set(), ALL),
        ([IsAuthenticatedOrReadOnly], READ, ALL, ALL),
        ([IsAuthenticatedOrReadOnly & ~IsAdminUser], READ, ALL, set()),
        ([DjangoModelPermissions], set(), READ, ALL),
    ],
)
def test_permission_classes_are_asked_with_the_callers_identity(classes, anonymous, user, staff) -> None:
    class View(Base):
        permission_classes = classes

    assert (seen(View), seen(View, UserFactory())) == (anonymous, user)
    assert seen(View, UserFactory(is_staff=True, is_superuser=True)) == staff


def test_the_actions_own_permissions_and_the_views_own_choice_count() -> None:
    class View(Base):
        @action(detail=False, permission_classes=[IsAdminUser])
        def report(self, request):
            return Response()

        def get_permissions(self):
            return [IsAuthenticated()] if self.action == "destroy" else super().get_permissions()

    assert seen(View) == ALL - {"destroy"}
    assert seen(View, UserFactory()) == ALL
    assert seen(View, UserFactory(is_staff=True)) == {*ALL, "report"}


@pytest.mark.parametrize("error", [Http404(), PermissionDenied()])
def test_a_permission_may_refuse_in_djangos_words(error: Exception) -> None:
    class Raises(BasePermission):
        def has_permission(self, request, view):
            raise error

    class View(Base):
        permission_classes = [Raises]

    assert seen(View) == set()


def test_what_cannot_be_told_without_a_call_counts_as_seen() -> None:
    class Wants(BasePermission):
        def has_permission(self, request, view):
            return request.tenant.is_open and view.kwargs["pk"] and request.resolver_match.kwargs

    class View(Base):
        permission_classes = [Wants]

    assert seen(View) == ALL


def test_a_view_that_takes_no_identity_from_here_is_not_seen() -> None:
    class Certificate(BaseAuthentication):
        pass

    class View(Base):
        authentication_classes = [Certificate]
        permission_classes = [IsAuthenticated]

    class Both(Base):
        authentication_classes = [TokenAuthentication]
        permission_classes = [IsAuthenticated]

    class Nobody(Base):
        authentication_classes: list[Any] = []
        permission_classes = [IsAuthenticated]

    user = UserFactory()
    assert (seen(View, user), seen(Both, user), seen(Nobody, user)) == (set(), ALL, set())


def test_asking_runs_nothing_of_the_view_but_its_permissions() -> None:
    class View(ViewSet):
        def get_throttles(self):
            raise AssertionError

        def list(self, request):
            raise AssertionError

    assert seen(View) == {"list"}


def test_the_request_of_an_authors_function_has_the_identity_and_no_credentials() -> None:
    context = make_context(user := UserFactory())
    request = request_for(context)
    assert (request.user, request.successful_authenticator, request.mcp) == (
        user,
        context.identity.authenticator,
        context,
    )
    assert (request.method, dict(request.query_params), request.data) == ("GET", {}, {})
    assert request.headers["Authorization"].startswith("MCP ")
    assert request_for(make_context()).user.is_anonymous


def test_rows_that_only_a_call_can_narrow_hide_nothing_of_what_their_model_decides() -> None:
    class View(Base):
        permission_classes = [DjangoModelPermissions]

        def get_queryset(self):
            return super().get_queryset().filter(pk=self.kwargs["pk"])

    assert (seen(View), seen(View, UserFactory())) == (set(), READ)
