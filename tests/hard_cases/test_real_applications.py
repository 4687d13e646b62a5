"""What released applications do, and what their tools must say and send for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework import filters, pagination, serializers, versioning, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from drf_mcp import mcp_tool
from drf_mcp.catalog import get_catalog
from tests.factories import UserFactory
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Row(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "username"]


class Address(serializers.Serializer[Any]):
    prefix = serializers.CharField(help_text='Its <span class="label">length</span>, in <b>bits</b>')


class Gives(viewsets.ViewSet):
    """Declared bodies that are arrays."""

    schema = AutoSchema()

    @extend_schema(request=Address(many=True))
    @action(detail=False, methods=["post"])
    def addresses(self, request: Any) -> Response:
        return Response({"sent": request.data})

    @mcp_tool(input=Address(many=True))
    @action(detail=False, methods=["delete"])
    def clear(self, request: Any) -> Response:
        return Response({"sent": request.data})


class Failing(filters.BaseFilterBackend):
    """It describes itself, and cannot do so without a real request."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        mine = request.query_params.get("mine")
        return queryset.filter(username=mine) if mine else queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        raise LookupError(view.request.user.pk)


class Names(FilterSet):
    class Meta:
        model = User
        fields = ["username"]


class OneFails(viewsets.ReadOnlyModelViewSet[User]):
    queryset = User.objects.order_by("pk")
    serializer_class = Row
    filter_backends = [Failing, DjangoFilterBackend, filters.OrderingFilter]
    filterset_class = Names
    ordering_fields = ["username", "id"]


class Unknowable(OneFails):
    """Which filters it has follows from its queryset, which wants a real request."""

    queryset = None
    filter_backends = [DjangoFilterBackend, filters.OrderingFilter]
    filterset_class = None
    filterset_fields = ["username"]

    def get_queryset(self) -> Any:
        return User.objects.filter(pk__gte=self.request.tenant.least)  # type: ignore[attr-defined]

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        request.tenant = type("Tenant", (), {"least": 0})
        super().initial(request, *args, **kwargs)


class Bulk(viewsets.GenericViewSet[User]):
    """Things in bulk."""

    queryset = User.objects.order_by("pk")
    serializer_class = Row
    pagination_class = pagination.LimitOffsetPagination

    def bulk_update(self, request: Any, partial: bool = False) -> Response:
        return Response({"partial": partial})

    def bulk_partial_update(self, request: Any) -> Response:
        return self.bulk_update(request, partial=True)

    @action(detail=True, methods=["get", "post"])
    def notes(self, request: Any, pk: Any = None) -> Response:
        """Notes on an :class:`~users.models.User`, or
        ``none``.

        <!-- To do: say
        more. -->
        """
        if request.method == "POST":
            return Response(request.data)
        return self.get_paginated_response(self.paginate_queryset([]))


class Kind(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data["value"] if isinstance(data, dict) else data)


class Chosen(serializers.Serializer[Any]):
    kind = Kind(choices=["lan", "wan"])
    licence = serializers.ChoiceField(choices=[f"licence-{number}" for number in range(500)])


class OneVersion(versioning.AcceptHeaderVersioning):
    allowed_versions = ["4.7"]
    default_version = "4.7"


class Licences(viewsets.GenericViewSet[User]):
    queryset = User.objects.all()
    serializer_class = Chosen
    versioning_class = OneVersion

    def create(self, request: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.validated_data)


router = SimpleRouter()
router.register("gives", Gives, basename="gives")
router.register("one-fails", OneFails, basename="one-fails")
router.register("unknowable", Unknowable, basename="unknowable")
router.register("licences", Licences, basename="licences")
router.register("bulky", Bulk, basename="bulky")
router.register("noted", type("Noted", (Bulk,), {}), basename="noted")
bulk = {"put": "bulk_update", "patch": "bulk_partial_update"}
urlpatterns = [
    *router.urls,
    path("bulk/", Bulk.as_view(bulk)),
    path("teams/<str:team__slug>/", OneFails.as_view({"get": "list"}, basename="of-team")),
    path("mcp/", include("drf_mcp.urls")),
]


def tool_of(view: str, name: str, method: str = "") -> Any:
    (tool,) = [
        tool
        for tool in get_catalog().tools
        if tool.endpoint.viewset.__name__ == view
        and tool.endpoint.action == name
        and tool.endpoint.method == (method or tool.endpoint.method)
        and "team__slug" not in tool.endpoint.route.kwargs
    ]
    return tool


def call(tool: Any, **arguments: Any) -> Any:
    params = {"name": tool.name, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return Client().post("/mcp/", json.dumps(message), content_type="application/json").json()


@pytest.mark.parametrize("name", ["addresses", "clear"])
def test_a_declared_array_is_sent_bare(name: str) -> None:
    tool = tool_of("Gives", name)
    assert tool.input_schema["required"] == ["items"]
    answer = call(tool, items=[{"prefix": "10.0.0.0/8"}])
    assert answer["result"]["structuredContent"] == {"sent": [{"prefix": "10.0.0.0/8"}]}
    assert tool.input_schema["properties"]["items"]["items"]["properties"]["prefix"]["description"] == (
        "Its length , in bits"
    )


def test_one_backend_that_cannot_be_asked_costs_no_other_and_opens_the_list() -> None:
    UserFactory(username="anna"), UserFactory(username="bert")
    tool = next(
        t for t in get_catalog().tools if t.name.startswith("list_") and "one_fails" in t.name.replace("-", "_")
    )
    assert {"username", "ordering"} <= tool.input_schema["properties"].keys()
    assert tool.input_schema["additionalProperties"] is True
    assert any("the filters" in problem for problem in tool.endpoint.problems)
    for arguments in ({"mine": "bert"}, {"username": "bert"}):
        assert [row["username"] for row in call(tool, **arguments)["result"]["structuredContent"]["result"]] == ["bert"]


def test_filters_that_nobody_can_tell_are_taken_all_the_same() -> None:
    UserFactory(username="anna"), UserFactory(username="bert")
    tool = tool_of("Unknowable", "list")
    assert tool.input_schema["additionalProperties"] is True
    assert "ordering" in tool.input_schema["properties"]
    answer = call(tool, username="bert")
    assert [row["username"] for row in answer["result"]["structuredContent"]["result"]] == ["bert"]


def test_bulk_tools_say_which_of_them_replaces_and_which_changes() -> None:
    replaces, changes = tool_of("Bulk", "bulk_update"), tool_of("Bulk", "bulk_partial_update")
    assert "replaces" in replaces.description
    assert "only the fields that are given" in changes.description
    assert (replaces.title, changes.title) == ("Bulk update user", "Bulk partial update user")


def test_no_two_tools_share_a_title() -> None:
    titles = [tool.title for tool in get_catalog().tools]
    assert len(set(titles)) == len(titles)
    assert all(tool.annotations["title"] == tool.title for tool in get_catalog().tools)
    assert tool_of("Bulk", "notes", "post").title.startswith("Notes user (POST")


def test_a_docstring_loses_its_markup_and_one_of_a_base_class_gets_the_noun_in_front() -> None:
    text = "Notes on an users.models.User, or\n``none``."
    assert tool_of("Bulk", "notes", "get").description == text
    assert tool_of("Noted", "notes", "get").description == f"Notes User in users. {text}"


def test_a_write_beside_a_list_takes_no_pages() -> None:
    assert "limit" in tool_of("Noted", "notes", "get").input_schema["properties"]
    assert "limit" not in tool_of("Noted", "notes", "post").input_schema["properties"]


def test_the_only_version_is_no_argument() -> None:
    assert "version" not in tool_of("Licences", "create").input_schema["properties"]


def test_very_many_choices_are_not_listed_and_still_checked() -> None:
    tool = tool_of("Licences", "create")
    found = tool.input_schema["properties"]
    assert found["licence"] == {"type": "string", "description": found["licence"]["description"]}
    assert "such as licence-0, licence-1" in found["licence"]["description"]
    assert "and 480 more" in found["licence"]["description"]
    assert call(tool, kind={"value": "lan"}, licence="licence-499")["result"]["structuredContent"]["kind"] == "lan"
    assert "licence-500" in json.dumps(call(tool, kind="lan", licence="licence-500")["error"])


def test_a_choice_that_reads_itself_names_its_choices_in_words() -> None:
    found = tool_of("Licences", "create").input_schema["properties"]["kind"]
    assert found == {"description": "Kind (such as lan, wan)"}


def test_a_kwarg_in_words_has_single_spaces() -> None:
    (tool,) = [tool for tool in get_catalog().tools if "team__slug" in tool.input_schema["properties"]]
    assert tool.input_schema["properties"]["team__slug"]["description"] == "Team slug"


def test_ordering_names_its_fields_once_in_its_pattern() -> None:
    pattern = tool_of("Unknowable", "list").input_schema["properties"]["ordering"]["pattern"]
    assert pattern.count("username") == 1
