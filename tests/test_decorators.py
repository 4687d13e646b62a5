"""What authors declare, and which declaration counts."""

from __future__ import annotations

import functools

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet, ViewSet

from drf_mcp import mcp_exclude, mcp_tool
from tests.factories import catalog_of, routed, tools_of
from users.models import User
from users.serializers import UserSerializer


class Users(ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


def names(viewset) -> set[str]:
    return {tool.name for tool in catalog_of(*routed(viewset)).tools}


def test_what_is_declared_on_a_method_comes_before_what_is_declared_on_the_class() -> None:
    @mcp_tool("ring", description="By action.", title="By action")
    @mcp_tool(description="By class.")
    class Bells(ViewSet):
        @mcp_tool(description="By method.")
        @action(detail=False)
        def ring(self, request):
            return Response()

        @action(detail=False)
        def hang(self, request):
            return Response()

    tools = tools_of(*routed(Bells))
    assert tools["ring"].description == "By method."
    assert tools["ring"].title == "By action"
    assert tools["hang"].description == "By class."


def test_a_subclass_comes_before_its_bases_and_inherits_the_rest() -> None:
    @mcp_tool("list", description="All users.", title="Users")
    class Base(Users):
        pass

    @mcp_tool("list", description="Our users.")
    class Ours(Base):
        pass

    assert (tools_of(*routed(Base))["list"].description, tools_of(*routed(Ours))["list"].description) == (
        "All users.",
        "Our users.",
    )
    assert tools_of(*routed(Ours))["list"].title == "Users"


def test_the_decorator_stands_above_or_below_action_and_more_than_once() -> None:
    class Bells(ViewSet):
        @mcp_tool(title="Above")
        @action(detail=False)
        def above(self, request):
            return Response()

        @action(detail=False)
        @mcp_tool(title="Below")
        def below(self, request):
            return Response()

        @mcp_tool(title="Outer")
        @mcp_tool(title="Inner", description="Inner.")
        @action(detail=False)
        def twice(self, request):
            return Response()

    tools = tools_of(*routed(Bells))
    assert [tools[name].title for name in ("above", "below", "twice")] == ["Above", "Below", "Outer"]
    assert tools["twice"].description == "Inner."


def test_what_one_class_declares_never_reaches_its_base_or_its_siblings() -> None:
    @mcp_tool("list", title="One")
    class One(Users):
        pass

    @mcp_exclude("list")
    class Other(Users):
        pass

    assert tools_of(*routed(One))["list"].title == "One"
    assert set(tools_of(*routed(Other))) == {"retrieve"}
    assert set(tools_of(*routed(Users))) == {"list", "retrieve"}
    assert tools_of(*routed(Users))["list"].title != "One"


@pytest.mark.parametrize(
    "single", [{"name": "x"}, {"aliases": ["x"]}, {"title": "X"}, {"input": {}}, {"done": "Done."}]
)
@pytest.mark.parametrize("actions", [(), ("list", "retrieve")])
def test_what_only_one_tool_can_have_is_refused_for_several(actions, single) -> None:
    (option,) = single
    with pytest.raises(ImproperlyConfigured, match=f'Name the one action it is for, as @mcp_tool."list", {option}'):
        mcp_tool(*actions, **single)(type("Several", (Users,), {}))


def test_what_only_one_tool_can_have_is_taken_for_one() -> None:
    decorated = mcp_tool("list", name="all_users", title="All", done="Done.")(type("One", (Users,), {}))
    assert names(decorated) == {"all_users", "retrieve_users_user"}


@pytest.mark.parametrize("decorator", [mcp_tool, mcp_exclude])
def test_actions_are_named_on_the_class_and_never_on_a_method(decorator) -> None:
    def ring(self, request): ...

    with pytest.raises(ImproperlyConfigured, match="ring: actions are named on the ViewSet"):
        decorator("ring")(ring)


def test_an_excluded_viewset_has_no_tools_and_neither_have_its_subclasses() -> None:
    @mcp_exclude
    class Hidden(Users):
        pass

    class Heir(Hidden):
        pass

    assert names(Hidden) == names(Heir) == set()
    assert mcp_exclude()(type("Called", (Users,), {}))
    assert names(mcp_exclude()(type("Called", (Users,), {}))) == set()


def test_excluded_actions_are_left_out_and_the_others_stay() -> None:
    @mcp_exclude("destroy", "partial_update")
    class Mostly(ModelViewSet):
        queryset = User.objects.all()
        serializer_class = UserSerializer

    assert set(tools_of(*routed(Mostly))) == {"list", "create", "retrieve"}


def test_excluding_update_leaves_out_the_tool_that_updates_by_patch() -> None:
    """The tool is called update_; who excludes ``update`` does not expect it to stay under PATCH."""

    @mcp_exclude("update")
    class Fixed(ModelViewSet):
        queryset = User.objects.all()
        serializer_class = UserSerializer

    assert not any(name.startswith("update_") for name in names(Fixed))


def test_an_excluded_action_stays_excluded_where_a_subclass_overrides_it() -> None:
    class Base(ViewSet):
        @mcp_exclude
        @action(detail=False)
        def secret(self, request):
            return Response()

    class Heir(Base):
        @action(detail=False)
        def secret(self, request):
            return super().secret(request)

    assert names(Heir) == set()


def test_a_decorator_that_wraps_the_action_keeps_what_is_declared() -> None:
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    class Bells(ViewSet):
        @logged
        @mcp_tool(name="ring_it")
        @action(detail=False)
        def ring(self, request):
            return Response()

    assert names(Bells) == {"ring_it"}


def test_every_option_reaches_the_tool() -> None:
    class Loudness(serializers.Serializer):
        level = serializers.IntegerField()

    class Bells(ViewSet):
        @mcp_tool(
            name="ring_bell",
            aliases=["ring"],
            title="Ring",
            description="Rings.",
            input=Loudness,
            output={"type": "object"},
            headers=["If-Match"],
            done="Rung.",
            read_only=True,
            destructive=False,
            idempotent=True,
            open_world=True,
        )
        @action(detail=False, methods=["post"])
        def ring(self, request):
            return Response()

    tool = tools_of(*routed(Bells))["ring"]
    assert (tool.name, tool.title, tool.description) == ("ring_bell", "Ring", "Rings.")
    assert tool.options.aliases == ("ring",)
    assert set(tool.input_schema["properties"]) == {"if_match", "level"}
    assert tool.output_schema == {"type": "object"}
    assert tool.annotations == {
        "title": "Ring",
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": True,
    }


@mcp_exclude
class HiddenUsers(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


urlpatterns = routed(HiddenUsers, prefix="hidden")


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_what_is_excluded_answers_rest_as_before() -> None:
    assert APIClient().get("/hidden/").json() == []


@pytest.mark.parametrize("name", ["", "two words", "naïve", "x" * 129])
def test_a_name_that_no_client_takes_is_refused_where_it_is_given(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="is no tool name"):
        mcp_tool("list", name=name)


@pytest.mark.parametrize("decorator", [mcp_exclude("destory"), mcp_tool("destory", title="x")])
def test_a_misspelt_action_is_refused_with_the_nearest_that_is_one(decorator) -> None:
    with pytest.raises(ImproperlyConfigured, match="Did you mean 'destroy'"):

        @decorator
        class Users(ModelViewSet):
            queryset = User.objects.all()


@pytest.mark.parametrize(
    "header",
    [
        "Authorization",
        "cookie",
        "Host",
        "X-Forwarded-For",
        "X_Forwarded_Host",
        "Content-Type",
        "Content-Length",
        "Mcp-Session-Id",
        "Proxy-Authorization",
        "Remote-User",
        "Two Words",
    ],
)
def test_a_header_that_is_the_requests_own_is_refused_at_once(header) -> None:
    with pytest.raises(ImproperlyConfigured, match=header):
        mcp_tool(headers=[header])


def test_any_other_header_may_be_an_argument() -> None:
    mcp_tool(headers=["If-Match", "X-Tenant", "Content-Range", "Idempotency-Key"])
