"""Suggestions are what a list prints, row by row, and cost no more than one page of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework import filters, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet

from config.projects.models import Project, Task
from config.projects.serializers import TaskSerializer
from drf_mcp import prompt
from tests.factories import MCPClient, UserFactory, mcp_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

printed: list[str] = []


class SlugSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["name", "slug"]

    def to_representation(self, instance: Any) -> Any:
        printed.append(instance.slug)
        return super().to_representation(instance)


class Projects(ModelViewSet):
    queryset = Project.objects.order_by("id")
    serializer_class = SlugSerializer
    lookup_field = "slug"


class MaskingSerializer(SlugSerializer):
    def to_representation(self, instance: Any) -> Any:
        return {**super().to_representation(instance), "slug": "***"}


class Masking(Projects):
    serializer_class = MaskingSerializer
    filter_backends = [filters.SearchFilter]
    search_fields = ["name"]


class HidingSerializer(SlugSerializer):
    def to_representation(self, instance: Any) -> Any:
        shown = super().to_representation(instance)
        if instance.name == "Hidden":
            del shown["slug"]
        return shown


class Hiding(Projects):
    serializer_class = HidingSerializer


class OwnPages(Projects):
    def paginate_queryset(self, queryset: Any) -> Any:
        return [project for project in queryset if project.name != "Hidden"]

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data)


class Pages(PageNumberPagination):
    page_size = 2


class Paged(Projects):
    pagination_class = Pages


class Sliced(Projects):
    queryset = Project.objects.order_by("id")[:5]


class Union(Projects):
    queryset = Project.objects.order_by().filter(slug="open-1").union(Project.objects.order_by().filter(slug="hidden"))


class AsList(Projects):
    def get_queryset(self) -> Any:
        return list(Project.objects.all())


class WithoutUsers(Projects):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


class Lazy(Projects):
    """Asks who calls only when it wants to know."""

    permission_classes: list[Any] = []

    def perform_authentication(self, request: Any) -> None:
        pass


class ByStatus(Projects):
    lookup_field = "slug__iexact"
    lookup_url_kwarg = "slug"


class IdSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["id", "name", "slug"]


class WithIds(Projects):
    serializer_class = IdSerializer


class Tasks(ModelViewSet):
    queryset = Task.objects.all()
    serializer_class = TaskSerializer


router = SimpleRouter()
for cls in [
    Projects, Masking, Hiding, OwnPages, Paged, Sliced, Union, AsList, WithoutUsers, Lazy, ByStatus, WithIds
]:  # fmt: skip
    router.register(cls.__name__.lower(), cls, basename=cls.__name__.lower())
for parent in ["projects", "withids"]:
    for kwarg in ["project_pk", "project_slug", "project"]:
        router.register(rf"{parent}/(?P<{kwarg}>\w+)/{kwarg}tasks", Tasks, basename=f"{parent}-{kwarg}")
urlpatterns = [*router.urls, path("other/<slug:slug>/", Projects.as_view({"get": "retrieve"})), *mcp_urls()]


@pytest.fixture(autouse=True)
def projects(declared) -> None:
    owner = UserFactory()
    for slug, name in [("open-1", "Open"), ("open-2", "Open"), ("hidden", "Hidden"), ("hint", "Open")]:
        Project.objects.create(slug=slug, name=name, owner=owner)
    printed.clear()


def complete(uri: str, value: str = "", name: str = "slug", **arguments: str) -> dict[str, Any]:
    ref = {"type": "ref/resource", "uri": f"drf:///{uri}/"}
    params = {"ref": ref, "argument": {"name": name, "value": value}, "context": {"arguments": arguments}}
    return dict(MCPClient().send("completion/complete", params)["result"]["completion"])


def whole(*values: str) -> dict[str, Any]:
    return {"values": list(values), "total": len(values), "hasMore": False}


@pytest.mark.parametrize("value", ["", "h", "hidden", "Open", "*"])
def test_a_value_that_the_list_masks_is_neither_given_out_nor_counted(value: str) -> None:
    assert complete("masking/{slug}", value) == whole()


def test_a_row_that_does_not_print_the_value_is_left_out() -> None:
    assert complete("hiding/{slug}", "h") == whole("hint")
    assert complete("hiding/{slug}", "hid") == whole()


def test_a_row_that_the_views_own_pages_drop_is_left_out() -> None:
    assert complete("ownpages/{slug}", "h") == {"values": ["hint"]}
    assert complete("ownpages/{slug}", "hid") == whole()


def test_drfs_pages_hide_nothing() -> None:
    assert complete("paged/{slug}") == whole("hidden", "hint", "open-1", "open-2")


@pytest.mark.parametrize("route", ["sliced", "union"])
def test_a_queryset_that_takes_no_filter_is_looked_through(route: str, caplog) -> None:
    assert complete(f"{route}/{{slug}}", "HI") == whole(*(["hidden", "hint"] if route == "sliced" else ["hidden"]))
    assert caplog.text == ""


def test_what_is_no_queryset_suggests_nothing() -> None:
    assert complete("aslist/{slug}") == whole()


def test_a_view_without_authentication_is_narrowed_too() -> None:
    assert complete("withoutusers/{slug}", "hi") == whole("hidden", "hint")


def test_a_view_that_never_asks_who_calls_is_read_all_the_same() -> None:
    assert complete("lazy/{slug}", "hi") == {"values": ["hidden", "hint"]}


def test_a_lookup_that_is_no_column_suggests_nothing(caplog) -> None:
    assert complete("bystatus/{slug}", "o") == whole()
    assert caplog.text == ""


def test_no_more_is_read_and_printed_than_an_answer_has_values() -> None:
    owner = UserFactory()
    Project.objects.bulk_create(Project(slug=f"many-{i:04}", name="Many", owner=owner) for i in range(3000))
    for route in ["projects", "paged", "ownpages"]:
        printed.clear()
        with CaptureQueriesContext(connection) as queries:
            found = complete(f"{route}/{{slug}}", "many")
        assert (len(found["values"]), len(printed)) == (100, 100)
        assert len(queries) <= 5
    assert complete("projects/{slug}", "many")["total"] == 3000
    printed.clear()
    assert complete("projects/{slug}", "many-0007") == whole("many-0007")
    assert printed == ["many-0007"]


def test_a_variable_is_completed_with_the_value_that_it_takes() -> None:
    key = str(Project.objects.get(slug="open-1").pk)
    assert complete("projects/{project_slug}/project_slugtasks", "open-1", "project_slug") == whole("open-1")
    assert complete("withids/{project_pk}/project_pktasks", key, "project_pk") == whole(key)
    assert complete("projects/{project_pk}/project_pktasks", "", "project_pk") == whole()
    assert complete("projects/{project}/projecttasks", "", "project") == whole()


def test_a_related_row_is_suggested_as_the_list_prints_it() -> None:
    class PickSerializer(serializers.Serializer):
        slug = serializers.SlugRelatedField("slug", queryset=Project.objects.exclude(slug="hint"))

    prompt(name="pick", arguments=PickSerializer, permission_classes=[AllowAny])(lambda slug: "x")
    params = {"ref": {"type": "ref/prompt", "name": "pick"}, "argument": {"name": "slug", "value": "hi"}}
    assert MCPClient().send("completion/complete", params)["result"]["completion"] == whole("hidden")


@pytest.mark.parametrize(("suggested", "values"), [("Paris", ["Paris"]), (None, []), (iter([1, 2]), ["1", "2"])])
def test_a_function_may_suggest_one_text_or_nothing(suggested: Any, values: list[str]) -> None:
    prompt(name="go", permission_classes=[AllowAny], completions={"city": lambda: suggested})(lambda city: city)
    params = {"ref": {"type": "ref/prompt", "name": "go"}, "argument": {"name": "city", "value": "p"}}
    assert MCPClient().send("completion/complete", params)["result"]["completion"] == whole(*values)
