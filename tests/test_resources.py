"""Resources through the endpoint: listed, templated, read, and hidden."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import FileResponse, Http404, HttpResponse
from django.test import override_settings
from django.urls import re_path
from rest_framework import filters
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, Throttled, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet, ViewSet

from config.projects.models import Project, Task
from config.projects.serializers import ProjectSerializer, TaskSerializer
from drf_mcp import mcp_exclude, resource
from drf_mcp.conf import mcp_settings
from drf_mcp.protocol import pagination
from drf_mcp.resources import MAX_URI_LENGTH
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Pages(PageNumberPagination):
    page_size = 2


class OwnProjects(ModelViewSet):
    """Each caller's own; a list for people who are signed in."""

    serializer_class = ProjectSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "slug"
    pagination_class = Pages
    filter_backends = [filters.SearchFilter]
    search_fields = ["name"]

    def get_queryset(self):
        return Project.objects.filter(owner=self.request.user)


class Tasks(ReadOnlyModelViewSet):
    serializer_class = TaskSerializer

    def get_queryset(self):
        return Task.objects.filter(project__slug=self.kwargs["project_slug"])


class Secrets(ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    permission_classes = [IsAdminUser]


class NeedsMore(BasePermission):
    """Can only be asked with what the address has."""

    def has_permission(self, request, view):
        return view.kwargs["pk"] == "1"


class Odd(ViewSet):
    permission_classes = [NeedsMore]

    def retrieve(self, request, pk=None):
        return Response({"pk": pk})


class Refusing(ViewSet):
    """Answers a read with whatever its key says."""

    def retrieve(self, request, pk=None):
        answers: dict[str, Any] = {
            "400": ValidationError({"colour": "No such colour."}),
            "403": PermissionDenied(),
            "404": NotFound(),
            "410": HttpResponse(status=410),
            "409": Response({"detail": "It is lent."}, status=409),
            "429": Throttled(wait=30),
            "500": ZeroDivisionError("a secret"),
            "503": HttpResponse(status=503),
            "page": HttpResponse("<h1>Hello</h1>"),
            "redirect": HttpResponse(status=302, headers={"Location": "/login/"}),
            "csv": HttpResponse("a,b", content_type="text/csv"),
            "png": HttpResponse(b"\x89PNG", content_type="image/png"),
            "large": HttpResponse(b"x" * 1_048_577, content_type="application/octet-stream"),
        }
        answer = answers[pk]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Either(ViewSet):
    """Two routes that differ in the values that they take."""

    def retrieve(self, request, pk=None, id=None):
        return Response({"pk": pk, "id": id})


class Many(ViewSet):
    def list(self, request):
        return Response(list(range(300)))


@mcp_exclude
class Excluded(Refusing):
    pass


class Actions(ViewSet):
    @action(detail=False)
    def stroll(self, request):
        return Response({})


router = SimpleRouter()
router.register("projects", OwnProjects, basename="project")
router.register(r"projects/(?P<project_slug>[-\w]+)/tasks", Tasks, basename="task")
router.register("secrets", Secrets, basename="secret")
router.register("odd", Odd, basename="odd")
router.register("refusing", Refusing, basename="refusing")
router.register("many", Many, basename="many")
router.register("excluded", Excluded, basename="excluded")
router.register("actions", Actions, basename="action")
urlpatterns = [
    *router.urls,
    re_path(r"^either/(?P<pk>[0-9]+)/$", Either.as_view({"get": "retrieve"})),
    re_path(r"^either/(?P<id>[a-z]+)/$", Either.as_view({"get": "retrieve"})),
    *mcp_urls(),
]


@pytest.fixture(autouse=True)
def nothing_declared(declared):
    """Only what a test declares itself."""


@pytest.fixture
def alice() -> User:
    user: User = UserFactory(username="alice")
    for number in range(3):
        project = Project.objects.create(name=f"Project {number}", slug=f"p{number}", owner=user)
        Task.objects.create(project=project, title="Dig")
    return user


def uris(user: Any = None, **params: Any) -> set[str]:
    client = MCPClient(user)
    listed = client.send("resources/list", params)["result"]["resources"]
    templates = client.send("resources/templates/list", params)["result"]["resourceTemplates"]
    return {entry["uri"] for entry in listed} | {entry["uriTemplate"] for entry in templates}


def read(uri: Any, user: Any = None, **headers: str) -> dict[str, Any]:
    return MCPClient(user, **headers).send("resources/read", {"uri": uri})


def contents(uri: str, user: Any = None) -> dict[str, Any]:
    (only,) = read(uri, user)["result"]["contents"]
    assert only["uri"] == uri
    return dict(only)


def data(uri: str, user: Any = None) -> Any:
    entry = contents(uri, user)
    assert entry["mimeType"] == "application/json"
    return json.loads(entry["text"])


# Lists


def test_every_list_is_a_resource_and_every_retrieve_a_template(alice) -> None:
    staff = UserFactory(is_staff=True)
    assert uris(staff) == {
        "drf:///projects/",
        "drf:///projects/{slug}/",
        "drf:///projects/{project_slug}/tasks/",
        "drf:///projects/{project_slug}/tasks/{id}/",
        "drf:///secrets/",
        "drf:///secrets/{id}/",
        "drf:///odd/{id}/",
        "drf:///refusing/{id}/",
        "drf:///many/",
        "drf:///either/{id}/",
    }


def test_an_entry_says_what_it_is(alice) -> None:
    entries = MCPClient(alice).send("resources/list")["result"]["resources"]
    assert entries[-1] == {
        "uri": "drf:///projects/",
        "name": "projects_project",
        "title": "Projects",
        "description": "List Project in projects. Each caller's own; a list for people who are signed in. "
        "In the query of the URI: search, page",
        "mimeType": "application/json",
    }


def test_what_the_caller_has_no_permission_for_is_not_listed(alice) -> None:
    assert not {uri for uri in uris() if "/projects/{slug}" in uri or uri == "drf:///projects/" or "secrets" in uri}
    assert not {uri for uri in uris(alice) if "secrets" in uri}


def test_a_permission_that_needs_the_address_hides_nothing_and_decides_on_reading() -> None:
    assert "drf:///odd/{id}/" in uris()
    assert data("drf:///odd/1/") == {"pk": "1"}
    assert read("drf:///odd/2/", UserFactory())["error"]["code"] == -32002


@override_settings(DRF_MCP={"ANONYMOUS": True, "RESOURCE_SCHEME": "shop"})
def test_the_scheme_is_a_setting() -> None:
    assert all(uri.startswith("shop:///") for uri in uris())
    assert data("shop:///odd/1/") == {"pk": "1"}
    assert read("drf:///odd/1/", UserFactory())["error"]["code"] == -32002


@pytest.mark.parametrize("scheme", ["", "a b", "http://", "Ä", "1a"])
def test_a_scheme_that_is_none_is_refused(scheme: str) -> None:
    with (
        override_settings(DRF_MCP={"RESOURCE_SCHEME": scheme}),
        pytest.raises(ImproperlyConfigured, match="must be a scheme"),
    ):
        mcp_settings.load()


# Pages


@pytest.mark.parametrize(
    ("method", "key", "uri"),
    [("resources/list", "resources", "uri"), ("resources/templates/list", "resourceTemplates", "uriTemplate")],
)
def test_pages_together_are_the_list(method: str, key: str, uri: str, monkeypatch) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", 2)
    for number in range(5):
        resource(f"t://direct/{number}")(make_about(number))
        resource(f"t://template/{{x}}/{number}")(make_template(number))
    client, seen, params = MCPClient(UserFactory(is_staff=True)), [], {}
    while True:
        page = client.send(method, params)["result"]
        seen += [entry[uri] for entry in page[key]]
        assert 0 < len(page[key]) <= 2
        if "nextCursor" not in page:
            break
        params = {"cursor": page["nextCursor"]}
    assert seen == sorted(set(seen))
    assert sum(entry.startswith("t://") for entry in seen) == 5
    assert sum(entry.startswith("drf://") for entry in seen) >= 3


def make_about(number: int) -> Any:
    def about() -> str:
        return str(number)

    about.__qualname__ = f"about{number}"
    return about


def make_template(number: int) -> Any:
    def template(x: str) -> str:
        return x

    template.__qualname__ = f"template{number}"
    return template


@pytest.mark.parametrize("cursor", ["", "x", 0, False, [], {}, "eA==", "ZHJmOi8vL21hbnkv", "ä", "\x00"])
def test_a_cursor_that_this_list_never_gave_out_is_refused(cursor: Any, monkeypatch) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", 1)
    other = MCPClient().send("resources/templates/list")["result"]["nextCursor"]
    for bad in (cursor, other, other[:-4]):
        error = MCPClient().send("resources/list", {"cursor": bad})["error"]
        assert (error["code"], error["data"]) == (-32602, {"argument": "cursor"})


# Reading a routed view


def test_a_read_answers_as_rest_does_with_its_filters_and_pages(alice) -> None:
    page = data("drf:///projects/", alice)
    assert (page["count"], len(page["results"])) == (3, 2)
    assert [project["slug"] for project in data("drf:///projects/?page=2", alice)["results"]] == ["p2"]
    assert [project["slug"] for project in data("drf:///projects/?search=Project%201", alice)["results"]] == ["p1"]
    assert data("drf:///projects/p1/", alice)["name"] == "Project 1"
    assert [task["title"] for task in data("drf:///projects/p1/tasks/")] == ["Dig"]
    assert data(f"drf:///projects/p1/tasks/{Task.objects.get(project__slug='p1').pk}/")["title"] == "Dig"


def test_a_list_without_pages_is_what_rest_answers_up_to_a_size(settings) -> None:
    assert data("drf:///many/") == list(range(300))
    settings.DRF_MCP = {**settings.DRF_MCP, "MAX_FILE_SIZE": 1000}
    error = MCPClient().send("resources/read", {"uri": "drf:///many/"})["error"]
    assert (error["code"], error["data"]) == (-32602, {"uri": "drf:///many/", "limit": 1000})


def test_a_wrong_query_is_named(alice) -> None:
    error = read("drf:///projects/?pge=1", alice)["error"]
    assert (error["code"], error["data"]["argument"]) == (-32602, "pge")
    assert read("drf:///projects/?page=9", alice)["error"]["code"] == -32002
    assert read("drf:///projects/?search=%ff", alice)["error"]["code"] == -32602
    assert read("drf:///projects/?" + "&".join(["page=1"] * 101), alice)["error"]["code"] == -32602


def test_what_the_caller_may_not_see_is_not_found(alice) -> None:
    bob = UserFactory(username="bob")
    for uri in ("drf:///projects/p1/", "drf:///secrets/", f"drf:///secrets/{alice.pk}/"):
        error = read(uri, bob)["error"]
        assert error == {"code": -32002, "message": "Resource not found", "data": {"uri": uri}}


def test_a_caller_without_credentials_is_asked_for_some(alice) -> None:
    client = MCPClient()
    response = client.post(
        {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "drf:///projects/p1/"}}
    )
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [
        ("400", -32602, "The resource cannot be read: colour: No such colour."),
        ("403", -32002, "Resource not found"),
        ("404", -32002, "Resource not found"),
        ("410", -32002, "Resource not found"),
        ("409", 409, "Conflict: It is lent."),
        ("429", 429, "Too many requests: Request was throttled. Expected available in 30 seconds. Call again in 30 "),
        ("500", -32603, "Internal error"),
        ("503", -32603, "Internal error"),
        ("redirect", -32603, "The answer was a page or a redirect"),
        ("page", -32603, "The answer was a page or a redirect"),
        ("large", -32602, "The resource is larger than 1048576 bytes."),
    ],
)
def test_a_view_that_refuses_is_a_clear_error(key: str, code: int, message: str) -> None:
    error = read(f"drf:///refusing/{key}/", UserFactory())["error"]
    assert error["code"] == code
    assert error["message"].startswith(message)
    assert "secret" not in json.dumps(error)


def test_other_content_has_its_own_type() -> None:
    assert contents("drf:///refusing/csv/") == {
        "uri": "drf:///refusing/csv/",
        "mimeType": "text/csv",
        "text": "a,b",
    }
    entry = contents("drf:///refusing/png/")
    assert (entry["mimeType"], base64.b64decode(entry["blob"])) == ("image/png", b"\x89PNG")


def test_without_a_handshake_what_is_not_found_has_the_code_of_all_bad_params() -> None:
    uri = "drf:///nothing/"
    response = StatelessClient(UserFactory()).ask("resources/read", {"uri": uri})
    assert response.status_code == 400
    assert response.json()["error"] == {"code": -32602, "message": "Resource not found", "data": {"uri": uri}}
    read_well = StatelessClient().send("resources/read", {"uri": "drf:///odd/1/"})["result"]
    assert (read_well["resultType"], read_well["ttlMs"], read_well["cacheScope"]) == ("complete", 0, "private")


def test_two_routes_that_differ_in_their_values_alone_are_one_template() -> None:
    listed = MCPClient().send("resources/templates/list")["result"]["resourceTemplates"]
    assert [entry["uriTemplate"] for entry in listed].count("drf:///either/{id}/") == 1
    assert data("drf:///either/1/") == {"pk": "1", "id": None}
    assert data("drf:///either/one/") == {"pk": None, "id": "one"}


# Bad URIs


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "x",
        "/etc/passwd",
        "file:///etc/passwd",
        "drf://",
        "drf:///",
        "drf:///nothing/",
        "drf:///projects",
        "DRF:///projects/",
        "drf://host/projects/",
        "drf:///projects/../",
        "drf:///projects/%2e%2e/",
        "drf:///projects/..%2Fsecrets/",
        "drf:///projects/p1%2Ftasks/",
        "drf:///projects/p1%2F..%2Fp2/",
        "drf:///projects/p1%5C/",
        "drf:///projects/p1%00/",
        "drf:///projects/p1\x00/",
        "drf:///projects/p1%0d%0aX-A:%20b/",
        "drf:///projects/%zz/",
        "drf:///projects/%ff/",
        "drf:///projects/%C3%BC/",
        "drf:///projects/p1/?",
        "drf:///projects/p1/#file",
        "drf:///projects/{slug}/",
        "drf:///excluded/csv/",
        "drf:///actions/stroll/",
        "drf:///../../config/settings.py",
        "\ud7ff",
    ],
)
def test_a_uri_that_leads_nowhere_is_not_found(uri: str, alice) -> None:
    answer = read(uri, UserFactory())
    assert answer["error"] == {"code": -32002, "message": "Resource not found", "data": {"uri": uri}}


@pytest.mark.parametrize("uri", [None, 1, [], {}, "x" * (MAX_URI_LENGTH + 1), "drf:///odd/" + "1" * 10_000 + "/"])
def test_what_can_be_no_uri_is_named(uri: Any) -> None:
    error = read(uri)["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": "uri"})
    assert len(json.dumps(error)) < 300


def test_where_there_is_nothing_the_methods_are_not_there_either() -> None:
    with override_settings(ROOT_URLCONF="tests.test_capabilities"):
        for method in ("resources/list", "resources/templates/list", "resources/read"):
            assert MCPClient().send(method)["error"]["code"] == -32601


# What authors declare


@pytest.fixture
def reports() -> None:
    @resource("t://reports/{year}", permission_classes=[AllowAny])
    def report(year: int, request: Any) -> Any:
        """A report."""
        return {"year": year, "for": str(request.user), "revision": request.mcp.revision.version}

    @resource("t://answers/{key}", permission_classes=[AllowAny])
    def answer(key: str) -> Any:
        answers: dict[str, Any] = {
            "text": "plain",
            "bytes": b"\x00\x01",
            "list": [1, "ü"],
            "drf": Response({"a": 1}),
            "csv": HttpResponse("a,b", content_type="text/csv; charset=utf-8"),
            "page": HttpResponse("<h1>Hello</h1>"),
            "lent": Response({"detail": "It is lent."}, status=409),
            "wrong": Response({"a": ["No."]}, status=400),
            "gone": HttpResponse(status=404),
            "large": b"x" * 1_048_577,
        }
        if key == "file":
            return FileResponse(Path(__file__).open("rb"), filename="a.png")
        errors = {
            "404": Http404(),
            "403": PermissionDenied(),
            "none": User.DoesNotExist(),
            "bug": ZeroDivisionError("no"),
        }
        if key in errors:
            raise errors[key]
        return answers[key]

    @resource("t://staff", permission_classes=[IsAdminUser], mime_type="text/markdown")
    def staff() -> str:
        return "# For staff"


def test_an_authors_function_gets_checked_values_and_the_request(reports) -> None:
    user = UserFactory()
    assert data("t://reports/2025", user) == {"year": 2025, "for": user.username, "revision": "2025-06-18"}
    (template,) = (
        e for e in MCPClient().send("resources/templates/list")["result"]["resourceTemplates"] if "report" in e["name"]
    )
    assert template == {"uriTemplate": "t://reports/{year}", "name": "report", "description": "A report."}


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("text", {"mimeType": "text/plain", "text": "plain"}),
        ("bytes", {"mimeType": "application/octet-stream", "blob": "AAE="}),
        ("list", {"mimeType": "application/json", "text": '[1, "ü"]'}),
        ("drf", {"mimeType": "application/json", "text": '{"a":1}'}),
        ("csv", {"mimeType": "text/csv", "text": "a,b"}),
        ("page", {"mimeType": "text/html", "text": "<h1>Hello</h1>"}),
        ("file", {"mimeType": "image/png", "blob": base64.b64encode(Path(__file__).read_bytes()).decode()}),
    ],
)
def test_an_author_may_return_anything(key: str, entry: dict[str, str], reports) -> None:
    assert contents(f"t://answers/{key}") == {"uri": f"t://answers/{key}", **entry}


@pytest.mark.parametrize(
    ("key", "code"),
    [
        *(("404", -32002), ("403", -32002), ("none", -32002), ("gone", -32002), ("bug", -32603), ("unknown", -32603)),
        *(("lent", 409), ("wrong", -32602), ("large", -32602)),
    ],
)
def test_an_authors_refusal_is_a_clear_error(key: str, code: int, reports) -> None:
    error = read(f"t://answers/{key}")["error"]
    assert error["code"] == code
    assert "no" not in error["message"].split()


@pytest.mark.parametrize(
    "uri",
    [
        "t://reports/next",
        "t://reports/",
        "t://reports/2025/1",
        "t://answers/..",
        "t://answers/.",
        "t://answers/..%2F..%2Fetc%2Fpasswd",
        "t://answers/a%5Cb",
        "t://answers/%00",
        "t://answers/%2Fetc",
    ],
)
def test_no_value_that_could_lead_a_path_elsewhere_reaches_a_function(uri: str, reports) -> None:
    error = {"code": -32002, "message": "Resource not found", "data": {"uri": uri}}
    assert read(uri, UserFactory())["error"] == error


def test_permission_classes_hide_what_an_author_declared(reports) -> None:
    staff = UserFactory(is_staff=True)
    assert "t://staff" in uris(staff)
    assert contents("t://staff", staff) == {"uri": "t://staff", "mimeType": "text/markdown", "text": "# For staff"}
    assert "t://staff" not in uris() | uris(UserFactory())
    assert read("t://staff", UserFactory())["error"]["code"] == -32002
    assert read("t://staff")["error"]["code"] == 401


def test_without_permission_classes_the_projects_defaults_count(settings) -> None:
    resource("t://plain")(make_about(1))
    assert contents("t://plain")["text"] == "1"
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissions"],
    }
    from rest_framework.views import APIView

    with pytest.MonkeyPatch.context() as patch:
        from rest_framework.permissions import DjangoModelPermissions

        patch.setattr(APIView, "permission_classes", [DjangoModelPermissions])
        assert "t://plain" not in uris(UserFactory(is_superuser=True))
        assert read("t://plain", UserFactory())["error"]["code"] == -32002


def test_a_bare_host_is_found_with_the_slash_that_some_clients_add() -> None:
    resource("file://project-info")(make_about(1))
    for uri in ("file://project-info", "file://project-info/"):
        assert contents(uri)["text"] == "1"
    for other in ("file://project-info//", "file://project-info?x=1", "file://project-info#x"):
        assert read(other, UserFactory())["error"]["code"] == -32002


def test_a_function_may_be_async() -> None:
    @resource("t://later", permission_classes=[AllowAny])
    async def later(request: Any) -> str:
        return f"for {request.user.username or 'nobody'}"

    assert contents("t://later")["text"] == "for nobody"


def test_declarations_that_cannot_work_are_refused_at_once() -> None:
    with pytest.raises(ImproperlyConfigured, match="no scheme"):
        resource("reports/{year}")
    with pytest.raises(ImproperlyConfigured, match="year is not both in the URI and in"):
        resource("t://reports/{year}")(make_about(1))
    with pytest.raises(ImproperlyConfigured, match="x is not both"):
        resource("t://reports")(make_template(1))
    with pytest.raises(ImproperlyConfigured, match="completions for z"):
        resource("t://reports/{x}", completions={"z": print})(make_template(1))
    resource("t://one")(make_about(1))
    resource("t://one")(make_about(1))
    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        resource("t://one")(make_about(2))
