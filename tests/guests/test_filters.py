"""Each kind of filter of django-filter: what is said of its argument, and that it finds what REST finds."""

from __future__ import annotations

import django_filters
import pytest
from django import forms
from django.urls import include, path
from django_filters import rest_framework as rest_filters
from rest_framework import serializers, viewsets
from rest_framework.routers import SimpleRouter

from .models import Author, Domain, Nameserver

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

NAMES = [("Ada", "Countess"), ("Grace", "Admiral")]


class Numbers(django_filters.BaseInFilter, django_filters.NumberFilter):
    pass


class Days(django_filters.BaseRangeFilter, django_filters.DateFilter):
    pass


class NamesIn(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    pass


class AuthorFilters(rest_filters.FilterSet):
    who = django_filters.ChoiceFilter(field_name="first_name", choices=NAMES)
    some = django_filters.MultipleChoiceFilter(field_name="first_name", choices=NAMES)
    born = django_filters.ChoiceFilter(field_name="birth_date", choices=[], null_label="unknown")
    ids = Numbers(field_name="id", lookup_expr="in")
    named = NamesIn(field_name="first_name", lookup_expr="in", choices=NAMES)
    days = Days(field_name="birth_date", lookup_expr="range")
    number = django_filters.RangeFilter(field_name="id")
    line = django_filters.LookupChoiceFilter(
        field_name="line_1", field_class=forms.CharField, lookup_choices=[("exact", "is"), ("icontains", "contains")]
    )
    other = django_filters.CharFilter(field_name="first_name", exclude=True, help_text="All but this one")
    sort = django_filters.OrderingFilter(fields={"first_name": "name", "birth_date": "age"})

    class Meta:
        model = Author
        fields = {"birth_date": ["isnull", "year", "gte"], "first_name": ["istartswith"]}


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "first_name"]


class AuthorViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Author.objects.order_by("pk")
    serializer_class = AuthorSerializer
    filter_backends = [rest_filters.DjangoFilterBackend]
    filterset_class = AuthorFilters


class NameserverFilters(rest_filters.FilterSet):
    domain = django_filters.ModelChoiceFilter(queryset=Domain.objects.all(), null_label="none")
    named = django_filters.ModelMultipleChoiceFilter(
        field_name="domain__name", to_field_name="name", queryset=Domain.objects.all()
    )

    class Meta:
        model = Nameserver
        fields = []


class NameserverSerializer(serializers.ModelSerializer):
    class Meta:
        model = Nameserver
        fields = ["id", "ip"]


class NameserverViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Nameserver.objects.order_by("pk")
    serializer_class = NameserverSerializer
    filter_backends = [rest_filters.DjangoFilterBackend]
    filterset_class = NameserverFilters


router = SimpleRouter()
router.register("authors", AuthorViewSet)
router.register("nameservers", NameserverViewSet)
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


@pytest.fixture
def authors():
    return [
        Author.objects.create(first_name="Ada", birth_date="1815-12-10", line_1="Ockham Park"),
        Author.objects.create(first_name="Grace", birth_date="1906-12-09"),
        Author.objects.create(first_name="Jean"),
    ]


def test_what_is_said_of_each(mcp_client):
    said = mcp_client.list_tools()["list_guests_author"]["inputSchema"]["properties"]
    meanings = "(Ada: Countess, Grace: Admiral)"
    texts = {
        "who": f"First name {meanings}",
        "born": "Birth date (null: unknown)",
        "ids": "ID is in (comma-separated numbers)",
        "named": "First name is in (comma-separated: Ada, Grace)",
        "days": "Birth date is in range (two values, comma-separated, as 2026-01-31)",
        "line_lookup": "Line 1 lookup (exact: is, icontains: contains)",
        "other": "All but this one",
        "sort": "Ordering (comma-separated: name, -name, age, -age)",
    }
    assert {name: said[name]["description"] for name in texts} == texts
    assert said["born"]["enum"] == ["null"]
    assert said["some"] == {
        "type": "array",
        "items": {"type": "string", "enum": ["Ada", "Grace"]},
        "description": f"First name {meanings}",
    }
    assert (said["birth_date__isnull"]["type"], said["birth_date__year"]["type"]) == ("boolean", "number")
    found = mcp_client.list_tools()["list_guests_nameserver"]["inputSchema"]["properties"]
    assert found["domain"]["anyOf"] == [{"type": "integer"}, {"type": "string", "enum": ["null"]}]
    assert found["named"]["items"] == {"type": "string"}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"who": "Ada"}, ["Ada"]),
        ({"some": ["Ada", "Grace"]}, ["Ada", "Grace"]),
        ({"born": "null"}, ["Jean"]),
        ({"named": "Ada,Grace"}, ["Ada", "Grace"]),
        ({"days": "1800-01-01,1850-01-01"}, ["Ada"]),
        ({"line": "park", "line_lookup": "icontains"}, ["Ada"]),
        ({"other": "Ada"}, ["Grace", "Jean"]),
        ({"sort": "-name"}, ["Jean", "Grace", "Ada"]),
        ({"birth_date__isnull": True}, ["Jean"]),
        ({"birth_date__year": 1906}, ["Grace"]),
        ({"birth_date__gte": "1900-01-01"}, ["Grace"]),
        ({"first_name__istartswith": "g"}, ["Grace"]),
    ],
)
def test_each_finds_what_rest_finds(mcp_client, client, authors, arguments, names):
    found = mcp_client.call_tool("list_guests_author", **arguments).structured["result"]

    assert [author["first_name"] for author in found] == names
    query = {name: str(value).lower() if value is True else value for name, value in arguments.items()}
    assert found == client.get("/authors/", query).json()


def test_ranges_and_lists_of_numbers_find_rows_by_their_keys(mcp_client, authors):
    first, second, third = (author.pk for author in authors)

    def names(**arguments):
        found = mcp_client.call_tool("list_guests_author", **arguments).structured["result"]
        return [author["first_name"] for author in found]

    assert names(ids=f"{first},{third}") == ["Ada", "Jean"]
    assert names(number_min=second) == ["Grace", "Jean"]
    assert names(number_min=first, number_max=second) == ["Ada", "Grace"]


def test_rows_are_found_by_the_rows_that_they_belong_to(mcp_client):
    domains = [Domain.objects.create(name=name) for name in ("one", "two")]
    for domain in domains:
        Nameserver.objects.create(ip=f"192.0.2.{domain.pk}", domain=domain)

    def count(**arguments):
        return len(mcp_client.call_tool("list_guests_nameserver", **arguments).structured["result"])

    assert (count(domain=domains[0].pk), count(domain="null"), count(named=["one", "two"])) == (1, 0, 2)
