"""Paths from patterns: what is built leads back to the same place, or is refused."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.test import override_settings
from django.urls import Resolver404, URLPattern, include, path, re_path, register_converter, reverse
from django.urls.converters import IntConverter
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern, URLResolver
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ViewSet

from drf_mcp.arguments import BoundArguments
from drf_mcp.invocation import invoke
from drf_mcp.protocol.errors import InvalidParamsError
from drf_mcp.routes import Finder
from tests.factories import endpoints_of, make_context
from tests.protocol import steady


class FourDigits(IntConverter):
    regex = "[0-9]{4}"

    def to_url(self, value: Any) -> str:
        return f"{int(value):04d}"


with contextlib.suppress(ValueError):  # the module may be imported under a second name
    register_converter(FourDigits, "four")


class Echo(ViewSet):
    """Answers the kwargs of its URL."""

    def retrieve(self, request, **kwargs):
        return Response({name: str(value) for name, value in kwargs.items()})


def echo() -> Any:
    return Echo.as_view({"get": "retrieve"})


class Lookup(Echo):
    lookup_value_regex = r"[^/]+"


router = DefaultRouter()
router.register("things", Echo, basename="thing")
router.register("names", Lookup, basename="name")

urlpatterns = [
    path("plain/", echo()),
    path("int/<int:number>/", echo()),
    path("year/<four:year>/", echo()),
    path("slug/<slug:slug>/<str:text>/", echo()),
    path("uuid/<uuid:key>/", echo()),
    path("path/<path:where>/", echo()),
    re_path(r"^regex/(?P<a>\d+)-(?P<b>[a-z]*)/$", echo()),
    re_path(r"^greedy/(?P<a>.+)/(?P<b>.+)/$", echo()),
    path("pair/<path:a>/<path:b>/", echo()),
    path("dash/<str:a>-<str:b>/", echo()),
    re_path(r"^optional/(?:(?P<page>\d+)/)?$", echo()),
    path("in/<slug:parent>/", include([path("deep/<slug:child>/", echo())])),
    re_path(r"^dots/(?P<name>[\w.]+)\.txt$", echo()),
    path("routed/", include(router.urls)),
]


def routes() -> dict[str, Any]:
    return {str(endpoint.route): endpoint for endpoint in endpoints_of(*urlpatterns)}


@pytest.mark.parametrize(
    ("route", "kwargs", "expected"),
    [
        ("plain/", {}, "/plain/"),
        ("int/{number}/", {"number": "7"}, "/int/7/"),
        ("year/{year}/", {"year": "0987"}, "/year/0987/"),
        ("slug/{slug}/{text}/", {"slug": "a-b", "text": "ä b"}, "/slug/a-b/ä b/"),
        ("path/{where}/", {"where": "a/b"}, "/path/a/b/"),
        ("regex/{a}-{b}/", {"a": 1, "b": ""}, "/regex/1-/"),
        ("optional/{page}/", {"page": 2}, "/optional/2/"),
        ("optional/{page}/", {}, "/optional/"),
        ("in/{parent}/deep/{child}/", {"parent": "p", "child": "c"}, "/in/p/deep/c/"),
        ("dots/{name}.txt", {"name": "a.b"}, "/dots/a.b.txt"),
        ("routed/things/{pk}/", {"pk": "1"}, "/routed/things/1/"),
    ],
)
def test_a_path_is_built_from_the_patterns(route: str, kwargs: dict[str, Any], expected: str) -> None:
    assert routes()[route].route.build_path(kwargs) == expected


def test_kwargs_are_named_in_the_order_of_the_path() -> None:
    assert routes()["in/{parent}/deep/{child}/"].route.kwargs == ("parent", "child")
    assert routes()["regex/{a}-{b}/"].route.kwargs == ("a", "b")
    assert routes()["plain/"].route.kwargs == ()


def test_an_optional_kwarg_is_known_as_one() -> None:
    assert routes()["optional/{page}/"].route.optional_kwargs == {"page"}
    assert routes()["int/{number}/"].route.optional_kwargs == set()


@pytest.mark.parametrize("kwargs", [{}, {"other": "1"}, {"number": "1", "more": "2"}])
def test_kwargs_that_no_form_of_the_route_takes_are_a_key_error(kwargs: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        routes()["int/{number}/"].route.build_path(kwargs)


def test_a_value_that_a_converter_refuses_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="year"):
        routes()["year/{year}/"].route.build_path({"year": "x"})


def test_a_locale_prefix_is_the_one_of_the_active_language(settings) -> None:
    settings.USE_I18N = True
    (endpoint,) = endpoints_of(*i18n_patterns(path("x/<slug:slug>/", echo())))
    assert endpoint.route.kwargs == ("slug",)
    with translation.override("de"):
        assert endpoint.route.build_path({"slug": "a"}) == "/de/x/a/"
    with translation.override("fr"):
        assert endpoint.route.build_path({"slug": "a"}) == "/fr/x/a/"


def test_a_percent_sign_in_a_route_stands_for_itself() -> None:
    (endpoint,) = endpoints_of(path("100%/<slug:slug>/", echo()))
    assert str(endpoint.route) == "100%/{slug}/"
    assert endpoint.route.build_path({"slug": "a"}) == "/100%/a/"


def test_a_route_with_a_choice_of_words_takes_its_kwargs_all_the_same() -> None:
    pattern = re_path(r"^(?:people|users)/(?P<pk>\d+)/$", echo())
    for endpoint in endpoints_of(pattern):  # or none, where it was left out
        assert endpoint.route.kwargs == ("pk",)
        assert pattern.resolve(endpoint.route.build_path({"pk": "1"})[1:])


def test_a_path_is_the_one_that_reverse_would_build() -> None:
    urlconf = tuple(router.urls)
    for endpoint in endpoints_of(*urlconf):
        kwargs = dict.fromkeys(endpoint.route.kwargs, "a b")
        reversed_path = reverse(endpoint.url_name, urlconf=urlconf, kwargs=kwargs)
        assert endpoint.route.build_path(kwargs).replace(" ", "%20") == reversed_path


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("route", "kwargs"),
    [
        ("routed/things/{pk}/", {"pk": "3.json"}),  # the router's format suffix would call this thing 3
        ("greedy/{a}/{b}/", {"a": "x", "b": "y/z"}),  # would arrive as a = x/y, b = z
        ("pair/{a}/{b}/", {"a": "x", "b": "y/z"}),
        ("dash/{a}-{b}/", {"a": "x", "b": "y-z"}),
    ],
)
def test_a_path_that_means_another_object_to_the_resolver_is_refused(route: str, kwargs: dict[str, str]) -> None:
    with pytest.raises(InvalidParamsError):
        invoke(routes()[route], BoundArguments(kwargs=kwargs), make_context())


ROUTES = routes()
RESOLVER = URLResolver(RegexPattern("^/"), tuple(urlpatterns))
VALUES = (
    st.text(max_size=8)
    | st.from_regex(r"[a-z0-9]{0,3}(\.[a-z]{1,4})?", fullmatch=True)
    | st.from_regex(r"[a-z]{1,2}(/[a-z.]{0,2}){0,3}", fullmatch=True)
    | st.integers(-3, 12_000).map(str)
    | st.uuids().map(str)
    | st.sampled_from(["..", ".", "%2F", "%", "1.json", "a?b", "a#b", "a//b", "\n", "a\n", "٣"])
)


@steady
@given(st.data())
def test_a_path_that_can_be_built_leads_back_to_the_same_route_and_values_or_is_refused(data: st.DataObject) -> None:
    """Never to another object: what comes back are the values that went in, or the call is refused."""
    endpoint = ROUTES[data.draw(st.sampled_from(sorted(ROUTES)))]
    kwargs = {name: data.draw(VALUES, label=name) for name in endpoint.route.kwargs}
    try:
        built = endpoint.route.build_path(kwargs)
    except (KeyError, ValueError):
        return
    assert built.startswith("/")
    try:
        match = RESOLVER.resolve(built)
    except Resolver404:
        return
    if match.func is endpoint.callback:
        with endpoint_call(endpoint, kwargs) as answered:
            if answered is not None:
                assert {n: normal(v) for n, v in answered.items()} == {n: normal(v) for n, v in kwargs.items()}


@contextlib.contextmanager
def endpoint_call(endpoint, kwargs):
    """What the view finds in its URL, None where the call is refused."""
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        try:
            response = invoke(endpoint, BoundArguments(kwargs=dict(kwargs)), make_context())[1]
        except InvalidParamsError:
            yield None
        else:
            yield response.data if response.status_code == 200 else None


def normal(value: Any) -> Any:
    """A value as a converter understands it, so that ``007`` and ``7`` are one number."""
    for read in (int, lambda text: uuid.UUID(text).hex):
        with contextlib.suppress(ValueError):
            return read(value)
    return value


# What answers at a path

PIECES = [
    "a",
    "b-c",
    "ä",
    "a.b",
    "a/",
    "b-c/",
    "b-c\\d/",
    "/",
    "",
    "<x>",
    "<int:x>/",
    "<path:x>",
    "a<slug:x>/",
    "A/",
    "{a}/",
]
REGEXES = [
    "^a/$",
    "^a",
    "a/$",
    "^a/?",
    "^a/*$",
    "^a/+",
    "^a/{1,2}$",
    r"^a\.(?P<x>\w+)$",
    r"^b\-c/",
    "^b-c/(?P<x>[^/.]+)/$",
]
REGEXES += [
    "^$",
    "^",
    "^a|b-c/",
    "^a/|b-c/$",
    r"^\w+/",
    "(?i)^a/",
    "^(a|b)/",
    "^a(?=/)",
    "^ä/",
    "^[ab]/",
    "^/?a/",
    r"\Aa/",
    "^(?:a/)?",
]
PATHS = [
    "a",
    "a/",
    "A/",
    "b-c",
    "b-c/",
    "b-c1/",
    "a.b",
    "a.",
    "b-c/1/",
    "ä",
    "ä/",
    "",
    "/",
    "//",
    "1/",
    "a/a/",
    "a//",
    "{a}/",
]


class Spelled(RegexPattern):
    """A pattern of a project's own, which takes upper case as well."""

    def match(self, path: str) -> Any:
        return super().match(path.lower())


class LoweringPattern(URLPattern):
    """A route of a project's own, which does so with a pattern of Django's."""

    def resolve(self, path: str) -> Any:
        return super().resolve(path.lower())


class LoweringResolver(URLResolver):
    """The same for an include."""

    def resolve(self, path: str) -> Any:
        return super().resolve(path.lower())


def view() -> Any:
    return lambda request: None


def test_what_one_pattern_answers_is_what_django_finds_there() -> None:
    patterns = [*(path(route, view()) for route in PIECES), *(re_path(regex, view()) for regex in REGEXES)]
    for pattern in patterns:
        finder = Finder(URLResolver(RegexPattern(r"^/"), [pattern]))
        for text in PATHS:
            assert (finder.callback_at(f"/{text}") is pattern.callback) is (pattern.resolve(text) is not None), (
                str(pattern.pattern),
                text,
            )


ENDS = (
    st.sampled_from(PIECES).map(lambda route: path(route, view()))
    | st.sampled_from(REGEXES).map(lambda regex: re_path(regex, view()))
    | st.just(None).map(lambda _: URLPattern(Spelled("^a/"), view()))
    | st.just(None).map(lambda _: LoweringPattern(RoutePattern("a/", is_endpoint=True), view()))
)
PREFIXES = (
    st.sampled_from(PIECES).map(RoutePattern)
    | st.sampled_from(REGEXES).map(RegexPattern)
    | st.just(None).map(lambda _: LocalePrefixPattern())
)
URLCONFS = st.recursive(
    st.lists(ENDS, max_size=8),
    lambda inner: st.lists(
        ENDS
        | st.tuples(PREFIXES, inner).map(lambda below: URLResolver(*below))
        | inner.map(lambda below: LoweringResolver(RoutePattern("a/"), below)),
        max_size=8,
    ),
    max_leaves=20,
)


@steady
@given(URLCONFS, st.lists(st.sampled_from([*PATHS, "en-us/"]), min_size=1, max_size=3).map("".join))
def test_what_answers_at_a_path_is_what_django_finds_there(patterns: list[Any], text: str) -> None:
    root = URLResolver(RegexPattern(r"^/"), patterns)
    try:
        expected = root.resolve(f"/{text}").func
    except Resolver404:
        expected = None
    assert Finder(root).callback_at(f"/{text}") is expected
