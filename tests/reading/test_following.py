"""What a handler's source tells of its input."""

from __future__ import annotations

import functools

import pytest
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from drf_mcp.reading.following import Readings, read_class
from drf_mcp.reading.found import CONSTANT, Reading


def read(cls, name: str) -> Reading:
    """What a method of a view takes from its request."""
    return read_class(cls, (name, ("view", "request")))


def read_handler(function) -> Reading:
    """The same for a function as the only method of a view."""
    return read(type("View", (GenericViewSet,), {"handler": function}), "handler")


def taken(reading: Reading) -> dict[str, object]:
    """What of a reading decides on arguments, without what is as in an empty one."""
    names = ["body_keys", "query_keys", "is_body_open", "is_query_open", "uses_serializer", "uses_many"]
    names += ["uses_filters", "uses_pages", "filled"]
    found = {name: getattr(reading, name) for name in names if getattr(reading, name)}
    return {name: list(value) if isinstance(value, dict) else value for name, value in found.items()}


ANYTHING = {"is_body_open": True, "is_query_open": True}


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Handlers(ModelViewSet):
    """Handlers as authors write them; none of them ever runs."""

    def nothing(self, request, pk=None):
        return Response({"pk": pk, "user": request.user.pk, "method": self.request.method})

    def nothing_at_all(self):
        return Response()

    def keys(self, request):
        first = request.data["first"]
        second = request.data.get("second", request.query_params.get("page"))
        if "third" in request.data and "fourth" not in self.request.data:
            return Response([first, second, request.POST["fifth"], request.FILES["sixth"], request.data.get("first")])
        return Response(request.GET.getlist("tag"))

    def popped(self, request):
        return Response(request.data.pop("key"))

    def whole_body(self, request):
        return Response(request.data)

    def whole_query(self, request):
        return Response(dict(self.request.query_params.items()))

    def raw_body(self, request):
        return Response(len(request.body))

    def computed_key(self, request, name):
        return Response(request.data[name])

    def computed_query_key(self, request, name):
        return Response(request.GET.get(name))

    def django_request(self, request):
        return Response([request._request.GET["page"], request._request.POST.get("name")])

    def django_request_of_self(self, request):
        return Response(self.request._request.POST["name"])

    def other_object(self, request):
        return Response([self.data["no"], request.user.data["no"], self.settings.get("no"), {"a": 1}["a"]])

    def handed_on(self, request):
        return Response(self.helper(request))

    def handed_on_as_attribute(self):
        return Response(self.helper(self.request))

    def with_serializer(self, request):
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)

    def with_serializer_for_output(self, request):
        return Response(self.get_serializer(self.get_object()).data)

    def with_many(self, request):
        return Response(self.get_serializer(data=request.data, many=True).data)

    def with_maybe_many(self, request):
        return Response(self.get_serializer(data=request.data, many=isinstance(request.data, list)).data)

    def with_own_data(self, request):
        return Response(self.get_serializer(self.get_object(), data={"name": request.data["name"]}).data)

    def with_super(self, request, *args, **kwargs):
        return super().create(request, *args, **kwargs)

    def with_own_update(self, request, *args, **kwargs):
        return self.partial_update(request, *args, **kwargs)

    def of_another_object(self, request):
        return Response(self.client.create(request))

    def with_filters(self, request):
        return Response(self.filter_queryset(self.get_queryset()))

    def with_pages(self, request):
        return Response(self.paginate_queryset(self.get_queryset()))

    def with_list(self, request):
        return self.list(request)

    def compared_otherwise(self, request):
        return Response(0 < request.data["count"] < 3)

    async def awaited(self, request):
        return Response(request.data["name"])

    @logged
    def wrapped(self, request):
        return Response(request.data["name"])

    @method_decorator(never_cache)
    def decorated(self, request):
        return Response(request.data["name"])

    by_lambda = lambda self, request: Response(request.data["name"])  # noqa: E731


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nothing", {}),
        ("nothing_at_all", {}),
        (
            "keys",
            {
                "body_keys": ["first", "second", "third", "fourth", "fifth", "sixth"],
                "query_keys": ["page", "tag"],
            },
        ),
        ("popped", {"body_keys": ["key"]}),
        ("whole_body", {"is_body_open": True}),
        ("whole_query", {"is_query_open": True}),
        ("raw_body", {"is_body_open": True}),
        ("computed_key", {"is_body_open": True}),
        ("computed_query_key", {"is_query_open": True}),
        ("django_request", {"body_keys": ["name"], "query_keys": ["page"]}),
        ("django_request_of_self", {"body_keys": ["name"]}),
        ("other_object", {}),
        ("handed_on", ANYTHING),
        ("handed_on_as_attribute", ANYTHING),
        ("with_serializer", {"uses_serializer": True}),
        ("with_serializer_for_output", {}),
        ("with_many", {"uses_serializer": True, "uses_many": True}),
        ("with_maybe_many", {"uses_serializer": True, "is_body_open": True}),
        ("with_own_data", {"uses_serializer": True, "body_keys": ["name"], "filled": {""}}),
        ("with_super", {"uses_serializer": True}),
        ("with_own_update", {"uses_serializer": True}),
        ("of_another_object", ANYTHING),
        ("with_filters", {"uses_filters": True}),
        ("with_pages", {"uses_pages": True}),
        ("with_list", {"uses_filters": True, "uses_pages": True}),
        ("compared_otherwise", {"body_keys": ["count"]}),
        ("awaited", {"body_keys": ["name"]}),
        ("wrapped", {"body_keys": ["name"]}),
        ("decorated", {"body_keys": ["name"]}),
        ("by_lambda", {"body_keys": ["name"]}),
    ],
)
def test_what_a_handler_reads_is_told_by_its_source(name: str, expected: dict[str, object]) -> None:
    assert taken(read(Handlers, name)) == expected


def test_a_request_under_a_second_name_is_followed() -> None:
    def alias(self, request):
        r = request
        return Response(r.data["name"])

    assert taken(read_handler(alias)) == {"body_keys": ["name"]}


def test_a_name_that_is_the_request_only_at_times_is_followed() -> None:
    def alias(self, request):
        r = request
        if r.user.is_staff:
            r = self.other
        return Response(r.data["name"])

    assert taken(read_handler(alias)) == {"body_keys": ["name"]}


def test_a_request_with_a_name_of_its_own_is_followed() -> None:
    def renamed(self, req, pk=None):
        return Response(req.data["name"])

    assert list(read_handler(renamed).body_keys) == ["name"]


def test_a_request_in_an_inner_function_is_followed() -> None:
    def outer(self, request):
        def inner():
            return request.data["name"]

        return Response(inner())

    assert taken(read_handler(outer)) == {"body_keys": ["name"]}


def test_what_has_no_source_is_unknown() -> None:
    namespace: dict[str, object] = {}
    exec("def made(self, request): return request.data", namespace)
    assert taken(read_handler(namespace["made"])) == ANYTHING
    assert read_handler(namespace["made"]).is_unread
    assert taken(read_handler(functools.partial(len))) == ANYTHING


def test_drfs_own_handlers_can_be_read_too() -> None:
    assert taken(read(ModelViewSet, "create")) == {"uses_serializer": True}
    assert taken(read(ModelViewSet, "list")) == {"uses_filters": True, "uses_pages": True}
    assert taken(read(ModelViewSet, "retrieve")) == {}


def test_what_is_looked_at_is_noted_by_its_name() -> None:
    class Looking(GenericViewSet):
        plain = "plain"

        def by_user(self):
            return self.request.user

        def by_kwargs(self):
            return self.kwargs["pk"]

        def by_query(self):
            return "full" in self.request.GET

        def constant(self):
            return self.action, self.request.method, self.plain, self.detail

    seen = {name: read_class(Looking, (name, ("view",))).sees for name in vars(Looking)}
    assert seen["by_user"] == {"user"}
    assert seen["by_kwargs"] == {"kwargs"}
    assert seen["by_query"] == {"query_params"}
    assert seen["constant"] == {"action", "detail", "method"} <= CONSTANT


def test_views_that_only_configure_the_same_code_are_read_once() -> None:
    readings, entry = Readings(), ("list", ("view", "request"))

    class Plain(ModelViewSet):
        queryset = None
        serializer_class = object

    class Other(ModelViewSet):
        lookup_field = "slug"
        pagination_class = None

    class Hooked(Plain):
        def filter_queryset(self, queryset):
            return self.request.GET["q"]

    class Computed(ModelViewSet):
        @property
        def pagination_class(self):
            return self.request.GET["page"]

    assert readings.read(Plain, entry) is readings.read(type("Twin", (Plain,), {}), entry)
    assert readings.read(Plain, entry) is not readings.read(Other, entry)  # a lookup_field may be a key
    assert list(readings.read(Hooked, entry).query_keys) == ["q"]
    assert readings.read(Computed, entry) is not readings.read(Plain, entry)


def test_what_a_library_is_given_by_hand_is_open_and_what_it_is_called_on_is_not() -> None:
    def by_hand(self, request):
        return Response(urlencode(request.query_params))

    def as_itself(self, request):
        return self.permission_denied(request)

    assert taken(read_handler(by_hand)) == {"is_query_open": True}
    assert taken(read_handler(as_itself)) == {}
