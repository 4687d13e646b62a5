"""FilterSets: each filter as an argument, typed by its form field, and what that argument then does."""

from __future__ import annotations

import json
from typing import Any

import django_filters
import pytest
from django import forms
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import include, path
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from drf_mcp.catalog import get_catalog
from drf_mcp.contrib.django_filters import filterset_parameters
from tests.factories import UserFactory
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Row(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username"]


class Shouting(forms.CharField):
    def to_python(self, value):
        return super().to_python(value).upper()


class ShoutingFilter(django_filters.Filter):
    field_class = Shouting


class IdsFilter(django_filters.BaseInFilter, django_filters.NumberFilter):
    pass


def nobody(request):
    return User.objects.filter(pk=request.user.pk)


class People(FilterSet):
    number = django_filters.NumberFilter(field_name="id", label="Number", min_value=1)
    kind = django_filters.ChoiceFilter(field_name="id", choices=[(1, "One"), (2, "Two")])
    word = django_filters.MultipleChoiceFilter(field_name="username", choices=[("anna", "A"), ("bert", "B")])
    made = django_filters.ChoiceFilter(field_name="username", choices=lambda: [("x", "X")])
    known = django_filters.AllValuesFilter(field_name="username")
    joined = django_filters.DateFromToRangeFilter(field_name="date_joined")
    ids = IdsFilter(field_name="id", lookup_expr="in")
    loud = ShoutingFilter(field_name="username")
    group = django_filters.ModelChoiceFilter(field_name="groups", queryset=Group.objects.all())
    mine = django_filters.ModelChoiceFilter(field_name="id", queryset=nobody)
    begins = django_filters.CharFilter(method="by_beginning", label="Beginning of the name", required=False)
    sort = django_filters.OrderingFilter(fields=["username", "id"])

    class Meta:
        model = User
        fields = {"username": ["exact", "startswith"], "is_active": ["exact"], "date_joined": ["gte", "date"]}

    def by_beginning(self, queryset, name, value):
        return queryset.filter(username__startswith=value)


class PeopleViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = User.objects.order_by("pk")
    serializer_class = Row
    filter_backends = [DjangoFilterBackend]
    filterset_class = People


class Shy(PeopleViewSet):
    """Its queryset takes a real user, its FilterSet does not."""

    def get_queryset(self):
        return User.objects.filter(pk=self.request.user.nobody.pk)


class WantsUser(People):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = self.request.user.profile


class Wanting(PeopleViewSet):
    filterset_class = WantsUser


class Demanding(FilterSet):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.owner = self.request.user.profile


class DemandingBackend(DjangoFilterBackend):
    filterset_base = Demanding


class WantingFields(PeopleViewSet):
    """The same, with a FilterSet that the library makes of a list of fields."""

    filter_backends = [DemandingBackend]
    filterset_class = None
    filterset_fields = ["username"]


class Members(PeopleViewSet):
    filterset_class = None
    filterset_fields = {"groups": ["exact", "in"]}


LOOKUPS = ["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex"]


class Many(PeopleViewSet):
    filterset_class = None
    filterset_fields = {
        "username": LOOKUPS,
        "email": LOOKUPS,
        "id": ["exact", "gt", "gte", "lt", "lte"],
        "first_name": LOOKUPS,
        "is_active": ["exact"],
    }


router = SimpleRouter()
for name, view in {
    "people": PeopleViewSet,
    "shy": Shy,
    "wanting": Wanting,
    "members": Members,
    "fields": WantingFields,
    "many": Many,
}.items():
    router.register(name, view, basename=name)
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def tool_of(view: type) -> Any:
    (tool,) = [t for t in get_catalog().tools if t.endpoint.viewset is view and t.endpoint.action == "list"]
    return tool


def properties(view: type = PeopleViewSet) -> dict[str, Any]:
    return tool_of(view).input_schema["properties"]


def names(view: type = PeopleViewSet, **arguments: Any) -> Any:
    params = {"name": tool_of(view).name, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = Client().post("/mcp/", json.dumps(message), content_type="application/json").json()
    assert "result" in answer, answer
    return [row["username"] for row in answer["result"]["structuredContent"]["result"]]


def test_filters_have_the_types_of_their_form_fields() -> None:
    found = properties()
    assert found["number"] == {"type": "number", "minimum": 1}
    assert found["kind"] == {"type": "integer", "enum": [1, 2], "description": "ID (1: One, 2: Two)"}
    assert found["word"]["type"] == "array"
    assert found["word"]["items"] == {"type": "string", "enum": ["anna", "bert"]}
    assert found["is_active"]["type"] == "boolean"
    assert found["group"]["type"] == "integer"
    assert found["date_joined__date"] == {"type": "string", "description": "Created date (as 2026-01-31)"}
    assert found["username__startswith"] == {"type": "string", "description": "Username starts with"}
    assert found["begins"] == {"type": "string", "description": "Beginning of the name"}


def test_what_is_not_certain_is_a_text_and_a_field_of_the_projects_own_may_take_anything() -> None:
    found = properties()
    assert {name: found[name].get("type") for name in ("made", "known", "loud")} == {
        "made": "string",
        "known": "string",
        "loud": None,
    }
    assert not any("enum" in found[name] for name in ("made", "known", "loud"))


def test_a_range_is_two_arguments() -> None:
    assert {"joined_after", "joined_before"} <= properties().keys()
    assert "joined" not in properties()


def test_lists_of_values_say_how_they_are_written() -> None:
    assert properties()["ids"] == {"type": "string", "description": "ID is in (comma-separated numbers)"}
    assert "comma-separated: username, -username" in properties()["sort"]["description"]


def test_a_list_stands_for_the_text_that_has_its_values() -> None:
    people = [UserFactory(username=name) for name in ("ann", "ben", "cleo")]
    keys = [people[0].pk, people[1].pk]
    assert names(ids=keys) == names(ids=",".join(map(str, keys))) == ["ann", "ben"]


def test_rows_are_neither_read_nor_shown(django_assert_num_queries: Any) -> None:
    Group.objects.create(name="Board")
    tool = tool_of(Members)
    with django_assert_num_queries(0):
        found, _ = filterset_parameters(DjangoFilterBackend(), tool.endpoint.view, User.objects.all())
    assert found["groups__in"] == {"type": "string", "description": "Groups is in (comma-separated)"}


def test_each_of_them_filters_as_it_is_typed() -> None:
    anna, bert, _ = UserFactory(username="anna"), UserFactory(username="bert"), UserFactory(username="carl")
    bert.is_active = False
    bert.save()
    assert names(number=anna.pk) == ["anna"]
    assert names(word=["anna", "bert"]) == ["anna", "bert"]
    assert names(is_active=False) == ["bert"]
    bert.groups.add(group := Group.objects.create(name="B"))
    assert names(group=group.pk) == ["bert"]
    assert names(ids=f"{anna.pk},{bert.pk}") == ["anna", "bert"]
    assert names(begins="c") == ["carl"]
    assert names(sort="-username") == ["carl", "bert", "anna"]
    assert names(joined_after="2000-01-01", joined_before="2001-01-01") == []
    assert names(date_joined__gte="2000-01-01T00:00:00") == ["anna", "bert", "carl"]


@pytest.mark.parametrize("view", [Shy, Wanting])
def test_filters_are_there_where_the_view_will_not_tell(view) -> None:
    assert properties(view).keys() >= {"number", "kind", "username", "sort"}


def test_filters_from_a_list_of_fields_are_there_where_their_filterset_wants_a_user() -> None:
    assert properties(WantingFields).keys() == {"username"}


def test_of_very_many_filters_one_for_each_field_is_listed_and_names_the_others() -> None:
    found = properties(Many)
    assert list(found) == ["username", "email", "id", "first_name", "is_active"]
    assert found["id"]["description"] == "Also: __gt, __gte, __lt, __lte"
    assert tool_of(Many).input_schema["additionalProperties"] is True


def test_the_filters_that_are_not_listed_filter_and_misspelt_ones_are_refused() -> None:
    UserFactory(username="anna"), UserFactory(username="bert")
    assert names(Many, username__icontains="NN") == ["anna"]
    with pytest.raises(AssertionError, match="Unknown argument"):
        names(Many, username__icontain="NN")
