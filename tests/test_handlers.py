"""What a handler's source tells of its input."""

from __future__ import annotations

import functools

import pytest
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.mixins import CreateModelMixin
from rest_framework.response import Response

from drf_mcp.handlers import UNKNOWN, Reading, mentions_request, read_handler


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Handlers:
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
        ("nothing", Reading()),
        ("nothing_at_all", Reading()),
        (
            "keys",
            Reading(
                body_keys=["first", "second", "third", "fourth", "fifth", "sixth"],
                query_keys=["page", "tag"],
            ),
        ),
        ("popped", Reading(body_keys=["key"])),
        ("whole_body", Reading(is_body_open=True)),
        ("whole_query", Reading(is_query_open=True)),
        ("raw_body", Reading(is_body_open=True)),
        ("computed_key", Reading(is_body_open=True)),
        ("computed_query_key", Reading(is_query_open=True)),
        ("django_request", Reading(body_keys=["name"], query_keys=["page"])),
        ("django_request_of_self", Reading(body_keys=["name"])),
        ("other_object", Reading()),
        ("handed_on", Reading(is_body_open=True, is_query_open=True)),
        ("handed_on_as_attribute", Reading(is_body_open=True, is_query_open=True)),
        ("with_serializer", Reading(uses_serializer=True)),
        ("with_serializer_for_output", Reading()),
        ("with_many", Reading(uses_serializer=True, uses_many=True)),
        ("with_maybe_many", Reading(uses_serializer=True, is_body_open=True)),
        ("with_own_data", Reading(uses_serializer=True, body_keys=["name"])),
        ("with_super", Reading(uses_serializer=True)),
        ("with_own_update", Reading(uses_serializer=True)),
        ("of_another_object", Reading(is_body_open=True, is_query_open=True)),
        ("with_filters", Reading(uses_filters=True)),
        ("with_pages", Reading(uses_pages=True)),
        ("with_list", Reading(uses_filters=True, uses_pages=True)),
        ("compared_otherwise", Reading(body_keys=["count"])),
        ("awaited", Reading(body_keys=["name"])),
        ("wrapped", Reading(body_keys=["name"])),
        ("decorated", Reading(body_keys=["name"])),
        ("by_lambda", UNKNOWN),
    ],
)
def test_what_a_handler_reads_is_told_by_its_source(name: str, expected: Reading) -> None:
    assert read_handler(getattr(Handlers, name)) == expected


def test_a_request_under_a_second_name_is_open() -> None:
    def alias(self, request):
        r = request
        return Response(r.data["name"])

    assert read_handler(alias) == UNKNOWN


def test_a_request_with_a_name_of_its_own_is_followed() -> None:
    def renamed(self, req, pk=None):
        return Response(req.data["name"])

    assert read_handler(renamed).body_keys == ["name"]


def test_a_request_in_an_inner_function_is_followed() -> None:
    def outer(self, request):
        def inner():
            return request.data["name"]

        return Response(inner())

    assert read_handler(outer) == Reading(body_keys=["name"])


def test_what_has_no_source_is_unknown() -> None:
    namespace: dict[str, object] = {}
    exec("def made(self, request): return request.data", namespace)
    assert read_handler(namespace["made"]) is UNKNOWN
    assert read_handler(len) is UNKNOWN


def test_drfs_own_handlers_can_be_read_too() -> None:
    assert read_handler(CreateModelMixin.create).uses_serializer


def test_code_mentions_the_request_by_name_or_by_key() -> None:
    def by_key(self):
        return self.context["request"]

    def by_user(self):
        return self.user

    def not_at_all(self):
        return self.context["view"]

    assert mentions_request(by_key)
    assert mentions_request(not_at_all, None, logged(by_user))
    assert not mentions_request(not_at_all, None, object(), len)
