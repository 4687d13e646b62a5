"""Tool names: legal, different, and the same in every order."""

from __future__ import annotations

import random
import re

import pytest
from django.urls import include, path
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet, ViewSet

from drf_mcp import mcp_tool
from drf_mcp.naming import MAX_LENGTH, base_name, name_tools, shorten
from tests.factories import endpoints_of, routed
from tests.protocol import steady
from users.models import User
from users.serializers import UserSerializer

LEGAL = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_LENGTH}}}")


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Reading(ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Bells(ViewSet):
    def list(self, request):
        return Response([])


def names(*patterns) -> list[str]:
    found = list(name_tools(endpoints_of(*patterns)).values())
    assert all(LEGAL.fullmatch(name) for name in found), found
    return found


def test_a_name_is_the_action_the_app_and_the_model() -> None:
    assert names(*routed(Users)) == [
        "list_users_user",
        "create_users_user",
        "retrieve_users_user",
        "update_users_user",
        "destroy_users_user",
    ]


def test_an_update_is_called_update_under_put_and_under_patch() -> None:
    assert names(path("x/<pk>/", Users.as_view({"put": "update"}))) == ["update_users_user"]
    assert names(path("x/<pk>/", Users.as_view({"patch": "partial_update"}))) == ["update_users_user"]


def test_a_viewset_without_a_model_takes_its_basename() -> None:
    assert names(*routed(Bells, basename="Bell.Tower")) == ["list_bell_tower"]
    assert names(path("x/", Bells.as_view({"get": "list"}))) == ["list_bells"]


def test_an_action_with_several_methods_has_the_method_in_front() -> None:
    class Several(Bells):
        @action(detail=False, methods=["get", "post", "delete"])
        def ring(self, request):
            return Response()

    assert names(*routed(Several)) == ["list_thing", "get_ring_thing", "post_ring_thing", "delete_ring_thing"]


def test_the_method_that_goes_without_saying_is_not_said() -> None:
    view = Users.as_view({"get": "create", "post": "create"})
    assert names(path("x/", view)) == ["get_create_users_user", "create_users_user"]


def test_namesakes_are_told_apart_by_namespace_first() -> None:
    assert names(
        path("v1/", include((routed(Reading), "app"), namespace="v1")),
        path("v2/", include((routed(Reading), "app"), namespace="v2")),
    ) == ["list_users_user_v1", "retrieve_users_user_v1", "list_users_user_v2", "retrieve_users_user_v2"]


def test_namesakes_in_one_namespace_are_told_apart_by_basename() -> None:
    assert names(*routed(Reading, Reading)) == [
        "list_users_user_thing",
        "retrieve_users_user_thing",
        "list_users_user_thing2",
        "retrieve_users_user_thing2",
    ]


def test_namesakes_of_one_basename_are_told_apart_by_route() -> None:
    assert names(
        path("a/", include(list(routed(Bells)))),
        path("b/<slug:parent>/", include(list(routed(Bells)))),
    ) == ["list_thing_a_things", "list_thing_b_parent_things"]


def test_a_name_holds_nothing_that_all_namesakes_share() -> None:
    version = path("api/v1/", include((routed(Reading, Reading), "app"), namespace="api-v1"))
    assert names(version) == [
        "list_users_user_thing",
        "retrieve_users_user_thing",
        "list_users_user_thing2",
        "retrieve_users_user_thing2",
    ]


def test_a_route_is_said_without_what_goes_without_saying() -> None:
    assert names(
        path("bells/<slug:token>/", Bells.as_view({"get": "list"})),
        path("bells/<slug:name>/", Bells.as_view({"get": "list"}, http_method_names=["get"])),
        path("towers/<slug:tower_pk>/bells/<int:pk>/", Bells.as_view({"get": "list"})),
    ) == ["list_bells_bells_token", "list_bells_towers_bells"]


def test_a_long_route_keeps_its_beginning_and_its_end() -> None:
    way = "organizers/<slug:organizer>/events/<slug:event>/subevents/<slug:subevent>"
    found = names(
        path(f"api/v1/{way}/orders/", Users.as_view({"get": "list"})),
        path(f"api/v2/{way}/orders/", Users.as_view({"get": "list"})),
        path(f"api/v2/{way}/positions/", Users.as_view({"get": "list"})),
    )
    ways = [name.removeprefix("list_users_user_") for name in found]
    assert ways == [
        "v1_organizers_subevents_orders",
        "v2_organizers_subevents_orders",
        "v2_organizers_subevents_positions",
    ]


@pytest.mark.parametrize(
    "more",
    [
        path("v3/", include((routed(Reading), "app"), namespace="v3")),
        path("v3/", include((routed(Reading, basename="new"), "app"), namespace="v3")),
        path("x/<slug:parent>/", Users.as_view({"get": "list", "post": "create"})),
        path("v3/bells/", Bells.as_view({"get": "list"})),
    ],
)
def test_one_more_namesake_renames_nobody(more) -> None:
    patterns = [
        path("v1/", include((routed(Users, Bells), "app"), namespace="v1")),
        path("v2/", include((routed(Users, Bells), "app"), namespace="v2")),
    ]
    before = {str(endpoint): name for endpoint, name in name_tools(endpoints_of(*patterns)).items()}
    after = {str(endpoint): name for endpoint, name in name_tools(endpoints_of(*patterns, more)).items()}
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after) > len(before)


def test_a_namesake_renames_only_the_one_that_was_told_apart_by_what_it_has_too() -> None:
    first = path("v1/", include((routed(Reading, basename="own"), "app"), namespace="v1"))
    second = path("v2/", include((routed(Reading, basename="all"), "app"), namespace="v2"))
    third = path("v2/", include((routed(Reading, prefix="x", basename="x"), "app"), namespace="v2"))
    assert names(first, second)[::2] == ["list_users_user_v1", "list_users_user_v2"]
    assert names(first, second, third)[::2] == ["list_users_user_v1", "list_users_user_all", "list_users_user_x"]


def test_what_nothing_tells_apart_gets_a_digest_of_its_own() -> None:
    """Two methods of one action whose own names have the method's in front already."""

    class Odd(Bells):
        @action(detail=False, methods=["get", "post"], url_path="ring", url_name="one")
        def ring(self, request):
            return Response()

        @action(detail=False, url_path="ring_", url_name="two")
        def get_ring(self, request):
            return Response()

    found = names(*routed(Odd))
    assert len(set(found)) == len(found) == 4


def test_a_class_on_one_path_twice_is_one_tool() -> None:
    """The second can never be reached: the resolver stops at the first."""
    first, second = SimpleRouter(), SimpleRouter()
    first.register("bells", Bells, basename="bell")
    second.register("bells", Bells, basename="bell")
    found = names(path("", include(first.urls)), path("", include(second.urls)))
    assert len(set(found)) == len(found)


def test_a_declared_name_is_used_exactly() -> None:
    @mcp_tool("list", name="Shop-all_the_users")
    class Declared(Reading):
        pass

    assert names(*routed(Declared)) == ["Shop-all_the_users", "retrieve_users_user"]


def test_a_declared_name_stays_as_it_is_beside_a_namesake() -> None:
    @mcp_tool("list", name="retrieve_users_user")
    class Declared(Reading):
        pass

    endpoints = endpoints_of(*routed(Declared))
    found = {endpoint.action: name for endpoint, name in name_tools(endpoints).items()}
    assert found["list"] == "retrieve_users_user"
    assert found["retrieve"] != "retrieve_users_user"


def test_a_name_that_two_declare_is_no_tools_name() -> None:
    @mcp_tool("list", name="look")
    @mcp_tool("retrieve", name="look")
    class Declared(Reading):
        pass

    found = names(*routed(Declared))
    assert len(set(found)) == len(found) == 2
    assert "look" not in found


def test_a_declared_name_may_be_long() -> None:
    long = "x" * 60

    @mcp_tool("list", name=long)
    class Declared(Reading):
        pass

    assert long in name_tools(endpoints_of(*routed(Declared))).values()


def test_a_name_that_is_too_long_ends_in_a_digest_of_the_whole() -> None:
    long, longer = names(*routed(Bells, basename="b" * 90)), names(*routed(Bells, basename="b" * 91))
    assert long[0].startswith("list_bbbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert len(long[0]) == MAX_LENGTH
    assert long != longer


def test_the_base_name_is_what_an_endpoint_is_called_alone() -> None:
    assert base_name(endpoints_of(*routed(Users))[3]) == "update_users_user"


@pytest.mark.parametrize("basename", ["Üsers", "日本", "a/b", "  ", "-", "_"])
def test_any_basename_makes_a_legal_name(basename: str) -> None:
    names(*routed(Bells, basename=basename))


@steady
@given(st.text("abc_-XYZ019", min_size=1, max_size=200))
def test_a_shortened_name_is_legal_and_always_the_same(name: str) -> None:
    assert LEGAL.fullmatch(shorten(name))
    assert shorten(name) == shorten(name)
    assert shorten(shorten(name)) == shorten(name)
    assert (shorten(name) == name) == (len(name) <= MAX_LENGTH)


@steady
@given(st.lists(st.text("ab_", min_size=40, max_size=120), unique=True, max_size=20))
def test_shortened_names_stay_different(long_names: list[str]) -> None:
    assert len({shorten(name) for name in long_names}) == len(long_names)


PATTERNS = [
    path("v1/", include((routed(Users), "app"), namespace="v1")),
    path("v2/", include((routed(Users), "app"), namespace="v2")),
    path("a/", include(list(routed(Bells, Reading, Users)))),
    path("b/", include(list(routed(Bells, Bells, basename="x" * 60)))),
    path("c/<slug:parent>/", include(list(routed(Bells, Reading)))),
    path("d/", Users.as_view({"get": "list"})),
    path("e/", Users.as_view({"get": "list", "post": "list"})),
]


@steady
@given(st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_of_the_urlconf(order: random.Random) -> None:
    endpoints = endpoints_of(*PATTERNS)
    expected = name_tools(endpoints)
    shuffled = list(endpoints)
    order.shuffle(shuffled)
    assert name_tools(shuffled) == expected
    assert len(set(expected.values())) == len(endpoints)


@steady
@given(st.sets(st.integers(0, len(PATTERNS) - 1)))
def test_whatever_is_routed_each_endpoint_has_a_name_of_its_own(chosen: set[int]) -> None:
    found = names(*(PATTERNS[number] for number in chosen))
    assert len(set(found)) == len(found)
