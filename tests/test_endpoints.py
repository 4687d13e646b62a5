"""What is found in a URLconf, and what a view says when it is asked."""

from __future__ import annotations

import functools

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.decorators import staff_member_required
from django.urls import include, path
from rest_framework import generics, serializers
from rest_framework.decorators import action, api_view
from rest_framework.renderers import AdminRenderer, JSONRenderer, TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.urlpatterns import format_suffix_patterns
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet, ViewSet

from drf_mcp.discovery import discover_endpoints
from tests.factories import endpoint_of, endpoints_of, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer


class Users(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class ReadUsers(ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer


class Bells(ViewSet):
    def list(self, request):
        return Response([])

    @action(detail=False, methods=["get", "post"])
    def ring(self, request):
        return Response({})


def kinds(endpoints) -> list[tuple[str, str]]:
    return [(endpoint.method, endpoint.action) for endpoint in endpoints]


CRUD = [("get", "list"), ("post", "create"), ("get", "retrieve"), ("patch", "partial_update"), ("delete", "destroy")]


def by_action(endpoints) -> dict[str, object]:
    return {endpoint.action: endpoint for endpoint in endpoints}


# What is found


def test_a_model_viewset_has_five_endpoints_with_patch_for_the_update() -> None:
    assert kinds(endpoints_of(*routed(Users))) == CRUD


def test_format_suffixes_find_nothing_twice() -> None:
    router = DefaultRouter()
    router.register("users", Users)
    assert kinds(endpoints_of(*router.urls)) == CRUD
    pattern = path("all", ReadUsers.as_view({"get": "list"}))
    assert len(endpoints_of(*format_suffix_patterns([pattern]))) == 1


def test_an_update_without_patch_is_found_as_put() -> None:
    class Whole(Users):
        http_method_names = ["put"]

    assert kinds(endpoints_of(*routed(Whole))) == [("put", "update")]


def test_what_would_answer_405_is_no_endpoint() -> None:
    class Reading(Users):
        http_method_names = ["get", "head", "options"]

    assert kinds(endpoints_of(*routed(Reading))) == [("get", "list"), ("get", "retrieve")]
    route = path("x/", Users.as_view({"get": "list", "post": "create"}, http_method_names=["post"]))
    assert kinds(endpoints_of(route)) == [("post", "create")]


def test_a_route_to_a_method_that_is_not_there_is_no_endpoint() -> None:
    assert endpoints_of(path("x/", Bells.as_view({"get": "list", "post": "missing"})))
    assert kinds(endpoints_of(path("x/", Bells.as_view({"get": "list", "post": "missing"})))) == [("get", "list")]


def test_head_and_options_are_no_endpoints() -> None:
    view = Bells.as_view({"get": "list", "head": "list", "options": "list"})
    assert kinds(endpoints_of(path("x/", view))) == [("get", "list")]


def test_a_tool_list_built_after_the_first_request_does_not_grow(rf) -> None:
    patterns = routed(Bells)
    before = kinds(endpoints_of(*patterns))
    patterns[0].callback(rf.get("/things/"))  # adds HEAD to the view's own table
    assert kinds(endpoints_of(*patterns)) == before


def test_each_method_of_an_action_is_an_endpoint() -> None:
    assert kinds(endpoints_of(*routed(Bells))) == [("get", "list"), ("get", "ring"), ("post", "ring")]


def test_the_handlers_that_are_mapped_to_one_path_are_endpoints_of_their_own() -> None:
    class Mapped(ViewSet):
        @action(detail=False)
        def state(self, request):
            return Response({})

        @state.mapping.delete
        def reset(self, request):
            return Response(status=204)

    assert kinds(endpoints_of(*routed(Mapped))) == [("get", "state"), ("delete", "reset")]


def test_a_class_on_two_routes_is_found_on_both() -> None:
    router = SimpleRouter()
    router.register("a", ReadUsers, basename="a")
    router.register("b", ReadUsers, basename="b")
    assert [str(endpoint.route) for endpoint in endpoints_of(*router.urls)] == ["a/", "a/{pk}/", "b/", "b/{pk}/"]


def test_includes_with_namespaces_are_followed() -> None:
    inner = path("in/", include((routed(Bells), "app"), namespace="v1"))
    endpoints = endpoints_of(path("out/", include(([inner], "outer"))), path("plain/", include(list(routed(Bells)))))
    assert {(str(e.route), e.namespaces) for e in endpoints if e.action == "list"} == {
        ("out/in/things/", ("outer", "v1")),
        ("plain/things/", ()),
    }


def test_as_view_without_a_router_is_found() -> None:
    endpoint = endpoint_of(path("users/<slug:name>/", ReadUsers.as_view({"get": "retrieve"}, lookup_field="name")))
    assert (endpoint.action, endpoint.basename, endpoint.lookup_kwarg) == ("retrieve", "ReadUsers", "name")
    assert endpoint.url_name is None


def test_a_decorated_callback_is_found_as_it_is() -> None:
    view = staff_member_required(ReadUsers.as_view({"get": "list"}))
    endpoint = endpoint_of(path("x/", view))
    assert endpoint.callback is view
    assert endpoint.viewset is ReadUsers


def test_views_that_are_no_viewsets_are_passed_over() -> None:
    @api_view()
    def hello(request):
        return Response({})

    def plain(request): ...

    assert endpoints_of(path("a", hello), path("b", plain), *mcp_urls()) == []


def test_a_viewset_for_pages_alone_is_named_as_left_out() -> None:
    class Pages(Bells):
        renderer_classes = [TemplateHTMLRenderer, AdminRenderer]

    endpoints, skipped = discover_endpoints(routed(Pages))
    assert endpoints == []
    assert {(entry.path, entry.reason) for entry in skipped} == {
        ("/things/", "It can only render HTML."),
        ("/things/ring/", "It can only render HTML."),
    }
    assert skipped[0].view.endswith("Pages")


def test_a_route_may_say_that_a_view_renders_data_after_all() -> None:
    class Pages(Bells):
        renderer_classes = [TemplateHTMLRenderer]

    endpoint = endpoint_of(path("x/", Pages.as_view({"get": "list"}, renderer_classes=[JSONRenderer])))
    assert endpoint.renderer_classes == [JSONRenderer]


# Plain views


class UserList(generics.ListCreateAPIView):
    """Users."""

    queryset = User.objects.all()
    serializer_class = UserSerializer


class Clock(APIView):
    def get(self, request):
        return Response({"now": 12})

    def post(self, request):
        return Response({})


def test_plain_views_are_found_when_they_are_asked_for() -> None:
    @api_view(["POST"])
    def hello(request):
        return Response({})

    patterns = [
        path("users/", UserList.as_view(), name="users"),
        path("clock/", Clock.as_view()),
        path("hello/", hello),
    ]
    endpoints = endpoints_of(*patterns, *mcp_urls(), api_views=True)
    assert [(e.method, e.action, e.basename, e.is_viewset) for e in endpoints] == [
        ("get", "list", "users", False),
        ("post", "create", "users", False),
        ("get", "get", "Clock", False),
        ("post", "post", "Clock", False),
        ("post", "post", "hello", False),
    ]
    assert [e.is_drfs_own for e in endpoints[:3]] == [True, True, False]


def test_a_plain_view_that_hides_from_schemas_stays_hidden() -> None:
    class Hidden(Clock):
        schema = None

    assert endpoints_of(path("clock/", Hidden.as_view()), api_views=True) == []


# What an endpoint knows


def test_the_routes_own_word_counts_more_than_the_classs() -> None:
    class Special(Users):
        @action(detail=False, serializer_class=serializers.Serializer, permission_classes=[])
        def ring(self, request):
            return Response({})

    endpoints = by_action(endpoints_of(*routed(Special)))
    assert endpoints["ring"].attribute("permission_classes") == []
    assert endpoints["ring"].serializer_class is serializers.Serializer
    assert endpoints["list"].serializer_class is UserSerializer
    assert endpoints["list"].attribute("nothing") is None


def test_an_endpoint_says_where_it_is() -> None:
    endpoint = endpoint_of(path("api/x/", Bells.as_view({"get": "list"})))
    assert str(endpoint) == "GET /api/x/ (tests.test_endpoints.Bells.list)"


def test_a_handler_is_drfs_own_until_somebody_overrides_it() -> None:
    class Own(ReadUsers):
        def list(self, request, *args, **kwargs):
            return super().list(request, *args, **kwargs)

    endpoints = by_action(endpoints_of(*routed(Own)))
    assert (endpoints["list"].is_drfs_own, endpoints["retrieve"].is_drfs_own) == (False, True)


@pytest.mark.parametrize(
    ("route", "initkwargs", "expected"),
    [
        ("x/<pk>/", {}, "pk"),
        ("x/<uuid:key>/", {"lookup_url_kwarg": "key"}, "key"),
        ("x/<name>/", {"lookup_field": "name"}, "name"),
        ("x/<pk>/", {"lookup_field": "name"}, "pk"),
        ("x/<other>/", {}, None),
    ],
)
def test_the_lookup_is_the_kwarg_that_names_the_object(route, initkwargs, expected) -> None:
    assert endpoint_of(path(route, ReadUsers.as_view({"get": "retrieve"}, **initkwargs))).lookup_kwarg == expected


def test_the_model_comes_from_the_queryset_or_else_from_the_serializer() -> None:
    class ByMethod(ReadUsers):
        queryset = None

        def get_queryset(self):
            return User.objects.all()

    class BySerializer(GenericViewSet):
        serializer_class = UserSerializer

        def list(self, request):
            return Response([])

    class ByNothing(BySerializer):
        serializer_class = None

    class ByList(BySerializer):
        serializer_class = None

        def get_queryset(self):
            return [1, 2]

    assert [endpoints_of(*routed(v))[0].model for v in (ByMethod, BySerializer, ByNothing, ByList)] == [
        User,
        User,
        None,
        None,
    ]
    assert endpoints_of(*routed(Bells))[0].model is None


def test_a_serializer_made_without_the_views_help_is_found_too() -> None:
    class Loose(ViewSet):
        serializer_class = UserSerializer

        def create(self, request):
            return Response({})

    endpoint = endpoints_of(*routed(Loose))[0]
    assert isinstance(endpoint.serializer, UserSerializer)
    assert endpoint.serializer.context["view"] is endpoint.view


def test_a_view_that_names_no_serializer_has_none() -> None:
    class Bare(GenericViewSet):
        def create(self, request):
            return Response({})

    endpoint = endpoints_of(*routed(Bare))[0]
    assert (endpoint.serializer_class, endpoint.serializer) == (None, None)


def test_a_view_whose_get_serializer_fails_falls_back_on_its_class() -> None:
    class Stubborn(Users):
        def get_serializer(self, *args, **kwargs):
            return super().get_serializer(args[0])

    endpoint = by_action(endpoints_of(*routed(Stubborn)))["create"]
    assert isinstance(endpoint.serializer, UserSerializer)
    assert endpoint.problems == [
        "the serializer cannot be read without a request: IndexError: tuple index out of range"
    ]


def test_a_view_is_marked_as_one_that_is_only_asked() -> None:
    class Polite(Users):
        def get_queryset(self):
            if getattr(self, "swagger_fake_view", False):
                return User.objects.none()
            raise AssertionError

        queryset = None

    endpoint = endpoints_of(*routed(Polite))[0]
    assert endpoint.model is User
    assert endpoint.problems == []


def test_a_view_that_wants_a_user_is_asked_as_somebody_who_may_do_everything() -> None:
    class ForStaff(Users):
        def get_serializer_class(self):
            assert self.request.user.is_staff
            assert self.action == "create"
            assert self.request.method == "POST"
            return UserSerializer

    endpoint = by_action(endpoints_of(*routed(ForStaff)))["create"]
    assert endpoint.serializer_class is UserSerializer
    assert endpoint.problems == []


def test_a_view_that_wants_its_kwargs_is_asked_with_some() -> None:
    class Nested(Users):
        def get_queryset(self):
            return User.objects.filter(pk=self.kwargs["pk"])

        queryset = None

    endpoint = by_action(endpoints_of(*routed(Nested)))["retrieve"]
    assert endpoint.model is User
    assert endpoint.problems == []


def test_a_view_with_the_rows_of_its_caller_tells_its_model() -> None:
    class Own(Users):
        def get_queryset(self):
            return LogEntry.objects.filter(user=self.request.user)

        queryset = None

    for endpoint in endpoints_of(*routed(Own)):
        assert endpoint.model is LogEntry
        assert endpoint.problems == []


def test_a_view_that_says_nothing_at_all_stays_an_endpoint_with_the_reason_named_once() -> None:
    class Silent(Users):
        queryset = serializer_class = None

        def get_queryset(self):
            raise LookupError("no organization")

        def get_serializer_class(self):
            raise LookupError("no organization")

    endpoint = by_action(endpoints_of(*routed(Silent)))["create"]
    assert endpoint.model is None
    assert endpoint.serializer is None
    assert endpoint.ask("get_queryset") is None
    assert sorted(endpoint.problems) == [
        "get_queryset cannot be read without a request: LookupError: no organization",
        "get_serializer_class cannot be read without a request: LookupError: no organization",
    ]


def test_asking_for_a_method_that_is_not_there_is_no_problem() -> None:
    endpoint = endpoints_of(*routed(Bells))[0]
    assert endpoint.ask("get_queryset") is None
    assert endpoint.problems == []


class ByUser(UserSerializer):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.context["request"].user.is_anonymous:
            self.fields.pop("email")


class ByNobody(UserSerializer):
    def get_fields(self):
        return super().get_fields()


def test_a_serializer_that_looks_at_the_caller_is_known_as_such() -> None:
    def differs(**attributes) -> bool:
        return by_action(endpoints_of(*routed(type("View", (Users,), attributes))))["create"].differs_by_caller

    assert not differs()
    assert not differs(serializer_class=ByNobody)
    assert differs(serializer_class=ByUser)
    assert differs(get_serializer_class=lambda self: UserSerializer if self.request.user.is_staff else ByNobody)
    assert not differs(get_serializer_class=lambda self: UserSerializer)
    assert differs(get_serializer=lambda self, *args, **kwargs: ByUser(*args, context={"request": self.request}))


def test_a_wrapped_handler_is_still_the_projects_own() -> None:
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    class Logged(ReadUsers):
        list = logged(ReadUsers.list)

    # functools.wraps copies the module's name as well; what counts is who wrote the function that runs.
    assert not by_action(endpoints_of(*routed(Logged)))["list"].is_drfs_own
