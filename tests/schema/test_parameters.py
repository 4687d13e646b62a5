"""Parameters of filters, search, ordering and pages."""

from __future__ import annotations

import re

from rest_framework import filters, pagination
from rest_framework.viewsets import ModelViewSet

from drf_mcp.schema import filter_parameters, page_parameters, path_parameter_schema
from tests.factories import endpoints_of, routed
from users.models import User
from users.serializers import UserSerializer


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


def view(**attributes):
    return endpoints_of(*routed(type("View", (Users,), attributes)))[0].view


def filters_of(**attributes):
    return filter_parameters(view(**attributes))


def pages_of(**attributes):
    return page_parameters(view(pagination_class=type("Pages", (attributes.pop("base"),), attributes)))


def test_a_url_kwarg_is_a_string() -> None:
    assert path_parameter_schema("ID") == {"type": "string", "description": "ID"}


def test_search_is_there_where_there_is_something_to_search() -> None:
    assert filters_of(filter_backends=[filters.SearchFilter]) == {}
    found = filters_of(filter_backends=[filters.SearchFilter], search_fields=["username"])
    assert found["search"]["type"] == "string"
    assert found["search"]["description"]


def test_ordering_names_its_legal_values() -> None:
    found = filters_of(filter_backends=[filters.OrderingFilter], ordering_fields=["id", "username"])
    pattern = found["ordering"]["pattern"]
    assert all(re.search(pattern, text) for text in ("id", "-id", "id,-username"))
    assert not any(re.search(pattern, text) for text in ("email", "id;username", "", "--id"))
    assert "id, username" in found["ordering"]["description"]


def test_ordering_by_anything_readable_names_the_serializers_fields() -> None:
    found = filters_of(filter_backends=[filters.OrderingFilter])
    assert "username" in found["ordering"]["description"]
    assert "password" not in found["ordering"]["pattern"]


def test_ordering_takes_what_drf_takes() -> None:
    """DRF strips the spaces around each name, so people write them."""
    found = filters_of(filter_backends=[filters.OrderingFilter], ordering_fields=["id", "username"])
    assert re.search(found["ordering"]["pattern"], "id, -username")


def test_ordering_by_very_many_fields_names_no_pattern() -> None:
    found = filters_of(filter_backends=[filters.OrderingFilter], ordering_fields=[f"f{n}" for n in range(31)])
    assert "pattern" not in found["ordering"]


def test_ordering_of_a_view_that_needs_a_request_falls_back_on_its_queryset() -> None:
    def get_queryset(self):
        raise LookupError

    backends = [filters.OrderingFilter]
    found = filters_of(filter_backends=backends, get_queryset=get_queryset, ordering_fields=["id"])
    assert "pattern" in found["ordering"]
    nothing = filters_of(filter_backends=backends, get_queryset=get_queryset, queryset=None)
    assert set(nothing["ordering"]) == {"type", "description"}


class Described(filters.BaseFilterBackend):
    def get_schema_operation_parameters(self, view):
        return [
            {"name": "color", "schema": {"type": "string", "nullable": True, "enum": ["red"]}, "description": "Paint"},
            {"name": "bare"},
        ]


class Silent:
    def filter_queryset(self, request, queryset, view):
        return queryset


def test_a_filter_backend_is_asked_as_schema_generators_ask_it() -> None:
    assert filters_of(filter_backends=[Described, Silent]) == {
        "color": {"type": "string", "enum": ["red"], "description": "Paint"},
        "bare": {"type": "string"},
    }
    assert filter_parameters(object()) == {}


def test_a_view_without_pages_has_no_page() -> None:
    assert page_parameters(view()) == {}
    assert page_parameters(object()) == {}


def test_numbered_pages_have_their_limits() -> None:
    found = pages_of(
        base=pagination.PageNumberPagination, page_size=5, page_size_query_param="page_size", max_page_size=50
    )
    assert found["page"]["type"] == "integer"
    assert found["page_size"]["minimum"] == 1
    assert "maximum" not in found["page_size"]  # REST takes more, and cuts it off
    assert found["page_size"]["description"].endswith("At most 50 come, whatever is asked for.")


def test_numbered_pages_without_a_size_are_no_pages() -> None:
    assert pages_of(base=pagination.PageNumberPagination, page_size=None) == {}
    found = pages_of(base=pagination.PageNumberPagination, page_size=None, page_size_query_param="size")
    assert set(found) == {"page", "size"}


def test_offsets_and_cursors_have_their_parameters() -> None:
    found = pages_of(base=pagination.LimitOffsetPagination, default_limit=5, max_limit=10)
    assert found["limit"]["minimum"] == 1
    assert "maximum" not in found["limit"]
    assert found["limit"]["description"].endswith("At most 10 come, whatever is asked for.")
    assert set(found) == {"limit", "offset"}
    assert set(pages_of(base=pagination.CursorPagination, page_size=5)) == {"cursor"}


def test_a_size_without_a_maximum_names_none() -> None:
    found = pages_of(base=pagination.PageNumberPagination, page_size=5, page_size_query_param="size")
    assert "maximum" not in found["size"]
