"""Resources and prompts where a project is odd: each of these once broke more than itself."""

from __future__ import annotations

import enum
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.http import HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import path, re_path
from rest_framework import permissions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet, ViewSet

from config.projects.models import Project
from config.projects.serializers import ProjectSerializer
from drf_mcp import prompt, resource
from drf_mcp.checks import check_declarations
from drf_mcp.models import Prompt
from drf_mcp.prompt_templates import variables_of
from drf_mcp.prompts import check_declared_prompts
from tests.factories import MCPClient, UserFactory, mcp_urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ROOT = Path(__file__).parents[2]


class Years(ViewSet):
    def retrieve(self, request: Any, **kwargs: Any) -> Response:
        return Response(kwargs)


class Device(BaseAuthentication):
    """Takes no identity from anyone else."""

    def authenticate(self, request: Any) -> None:
        return None


class Foreign(ReadOnlyModelViewSet):
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    authentication_classes = [Device]
    permission_classes = [AllowAny]


class Projects(ReadOnlyModelViewSet):
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    lookup_field = "slug"
    lookup_value_regex = "[^/]+"


class Failing(ViewSet):
    def retrieve(self, request: Any, pk: Any = None) -> Any:
        if pk == "redirect":
            return HttpResponseRedirect("/login/")
        if pk == "unique":
            raise IntegrityError("UNIQUE constraint failed")
        raise ZeroDivisionError("a secret")


class Closed(Failing):
    permission_classes = [permissions.IsAuthenticated]


router = SimpleRouter()
for prefix, viewset in [("foreign", Foreign), ("projects", Projects), ("failing", Failing), ("closed", Closed)]:
    router.register(prefix, viewset, basename=prefix)
urlpatterns = [
    re_path(r"^years/(?P<año>\d+)/$", Years.as_view({"get": "retrieve"})),
    *router.urls,
    path("admin/", site.urls),
    *mcp_urls(),
]


@pytest.fixture(autouse=True)
def nothing_declared(declared):
    """Only what a test declares itself."""


def read(uri: str, user: Any = None) -> dict[str, Any]:
    return MCPClient(user).send("resources/read", {"uri": uri})


def get(name: str, **arguments: Any) -> dict[str, Any]:
    return MCPClient().send("prompts/get", {"name": name, "arguments": arguments})


def said(name: str, **arguments: Any) -> str:
    return str(get(name, **arguments)["result"]["messages"][0]["content"]["text"])


def found_checks() -> dict[str, str]:
    return {str(message.id): message.msg for message in check_declarations(None)}


# Resources


def test_a_route_that_no_uri_template_can_hold_is_left_out_and_named() -> None:
    start = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    assert "resources" in MCPClient().send("initialize", start)["result"]["capabilities"]
    listed = MCPClient().send("resources/templates/list")["result"]["resourceTemplates"]
    assert "drf:///projects/{slug}/" in {entry["uriTemplate"] for entry in listed}
    assert not any("years" in entry["uriTemplate"] for entry in listed)
    assert "/years/{año}/ is no resource." in found_checks()["drf_mcp.I002"]


def test_what_javascript_leaves_unescaped_is_part_of_a_value() -> None:
    Project.objects.create(slug="it's(1)!*", name="Odd", owner=UserFactory())
    for uri in ["drf:///projects/it's(1)!*/", "drf:///projects/it%27s%281%29%21%2A/"]:
        assert "Odd" in read(uri)["result"]["contents"][0]["text"]


def test_a_view_whose_authentication_refuses_everyone_is_not_listed() -> None:
    listed = MCPClient().send("resources/list")["result"]["resources"]
    assert {entry["uri"] for entry in listed} == {"drf:///projects/"}
    assert read("drf:///foreign/", UserFactory())["error"]["code"] == -32002


def test_a_template_that_is_closed_hides_no_other_that_is_open() -> None:
    resource("y://{a}", permission_classes=[permissions.IsAdminUser])(lambda a: f"admin {a}")
    resource("y://{b}", permission_classes=[AllowAny])(lambda b: f"public {b}")
    assert read("y://1")["result"]["contents"][0]["text"] == "public 1"


def test_errors_of_a_read_speak_of_the_resource_and_name_its_uri(caplog) -> None:
    broken = read("drf:///failing/1/")["error"]
    assert (broken["code"], broken["data"]["uri"]) == (-32603, "drf:///failing/1/")
    assert broken["data"]["error_id"] in caplog.text
    redirected = read("drf:///failing/redirect/")["error"]
    assert (redirected["code"], redirected["data"]["uri"]) == (-32603, "drf:///failing/redirect/")
    refused = read("drf:///failing/unique/")["error"]
    assert refused["message"].startswith("The resource cannot be read: ")
    assert (refused["code"], refused["data"]["uri"]) == (-32602, "drf:///failing/unique/")
    unproved = read("drf:///closed/1/")["error"]
    assert (unproved["code"], "This resource needs" in unproved["message"]) == (401, True)
    unknown = read("drf:///projects/?nam=1")["error"]
    assert (unknown["code"], unknown["data"]["uri"]) == (-32602, "drf:///projects/?nam=1")


def test_a_query_cannot_say_again_what_the_path_says() -> None:
    Project.objects.create(slug="p", name="P", owner=UserFactory())
    error = read("drf:///projects/p/?slug=q")["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": "slug", "uri": "drf:///projects/p/?slug=q"})


@pytest.mark.parametrize("answer", [HttpResponseRedirect("/x"), HttpResponse(status=304)])
def test_an_authors_redirect_is_no_data(answer: HttpResponse, caplog) -> None:
    resource("t://r", permission_classes=[AllowAny])(lambda: answer)
    error = read("t://r")["error"]
    assert (error["code"], error["data"]["uri"]) == (-32603, "t://r")
    assert error["data"]["error_id"] in caplog.text


def test_a_declared_resource_at_the_address_of_a_route_is_warned_of() -> None:
    resource("drf:///projects/")(lambda: "mine")
    assert "@resource('drf:///projects/') has the URI of a route." in found_checks()["drf_mcp.W007"]


def test_default_permissions_that_want_a_queryset_are_a_check_and_one_line_of_the_log(monkeypatch, caplog) -> None:
    class Own(permissions.DjangoModelPermissions):
        """Another class than in any other test, so that nothing was said of it."""

    prompt(name="closed", permission_classes=[Own])(lambda: "x")
    resource("t://closed", permission_classes=[Own])(lambda: "x")
    messages = [m.msg for m in check_declarations(None) if m.id == "drf_mcp.W006"]
    assert len(messages) == 2
    assert "@prompt 'closed' is for nobody: Own can only be asked" in messages[1]
    for _ in range(3):
        assert MCPClient(UserFactory()).send("prompts/list")["result"]["prompts"] == []
    assert caplog.text.count("cannot be asked without a ViewSet") == 1


# Prompts


MODELS = """
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

class Squad(models.Model):
    name = models.CharField(max_length=9)

class Member(AbstractBaseUser):
    name = models.CharField(max_length=9, unique=True)
    groups = GROUPS
    USERNAME_FIELD = "name"
"""
PROGRAM = """
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF="drf_mcp.urls", ALLOWED_HOSTS=["*"], AUTH_USER_MODEL="clubs.Member",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["clubs.entry.Named"]},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "drf_mcp", "clubs"])
import django; django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import Group
from django.test import Client
from clubs.models import Member, Squad
from drf_mcp.models import Prompt
Prompt.objects.create(name="secret", template="x").groups.add(Group.objects.create(name="board"))
Prompt.objects.create(name="open", template="x")
member = Member.objects.create(name="joe")
if hasattr(member.groups, "add"):
    member.groups.add(Squad.objects.create(name="interns"))
message = {"jsonrpc": "2.0", "id": 1, "method": "prompts/list"}
answer = Client(raise_request_exception=False).post("/", message, content_type="application/json").json()
print([entry["name"] for entry in answer["result"]["prompts"]])
"""
ENTRY = """
from rest_framework.authentication import BaseAuthentication

class Named(BaseAuthentication):
    def authenticate(self, request):
        from clubs.models import Member
        return Member.objects.get(), None
"""


@pytest.mark.parametrize("groups", ["models.ManyToManyField(Squad)", "models.CharField(max_length=9)"])
def test_only_djangos_own_groups_limit_a_prompt(groups: str, tmp_path) -> None:
    (tmp_path / "clubs").mkdir()
    for name, text in [("__init__", ""), ("models", MODELS.replace("GROUPS", groups)), ("entry", ENTRY)]:
        (tmp_path / "clubs" / f"{name}.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "['open']"), done.stderr


class OwnSerializer(serializers.Serializer):
    """As the docs recommend it: narrowed by who asks."""

    word = serializers.CharField()

    def get_fields(self) -> Any:
        user = self.context["request"].user
        return {**super().get_fields(), "mine": serializers.ChoiceField(choices=[user.get_username() or "nobody"])}


class NeedyReader(serializers.Serializer):
    word = serializers.CharField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mail = self.context["request"].user.email


def test_a_serializer_may_ask_who_calls() -> None:
    prompt(name="own", arguments=OwnSerializer, permission_classes=[AllowAny], completions={"mine": list})(
        lambda word, mine: f"{word} {mine}"
    )
    prompt(name="needy", arguments=NeedyReader, permission_classes=[AllowAny])(lambda word: word)
    check_declared_prompts()
    joe = UserFactory(username="joe")
    shown = {entry["name"]: entry["arguments"] for entry in MCPClient(joe).send("prompts/list")["result"]["prompts"]}
    assert [argument["name"] for argument in shown["own"]] == ["word", "mine"]
    assert shown["own"][1]["description"] == "One of: joe"
    anonymous = {entry["name"]: entry["arguments"] for entry in MCPClient().send("prompts/list")["result"]["prompts"]}
    assert [argument["name"] for argument in anonymous["needy"]] == ["word"]
    params = {"name": "own", "arguments": {"word": "hi", "mine": "joe"}}
    assert "result" in MCPClient(joe).send("prompts/get", params)


class Colour(enum.Enum):
    RED = "red"


def test_an_enumeration_comes_as_its_member() -> None:
    prompt(name="paint", permission_classes=[AllowAny])(_paint)
    assert said("paint", colour="red") == "<Colour.RED: 'red'>"
    assert get("paint", colour="blue")["error"]["code"] == -32602


def _paint(colour: Colour) -> str:
    return repr(colour)


def test_a_union_of_two_types_is_refused_at_the_start() -> None:
    def either(number: int | str) -> str:
        return repr(number)

    prompt(name="either")(either)
    with pytest.raises(ImproperlyConfigured, match=r"number is of type int \| str"):
        check_declared_prompts()


def test_a_type_that_only_checkers_know_is_not_looked_up_unless_a_client_sends_it() -> None:
    source = "from __future__ import annotations\ndef f({}: Nowhere, word: str) -> Elsewhere:\n    return word"
    spaces: list[dict[str, Any]] = [{"__name__": "x"}, {"__name__": "x"}]
    for name, space in zip(["request", "what"], spaces, strict=True):
        exec(source.format(name), space)
    prompt(name="fine", permission_classes=[AllowAny])(spaces[0]["f"])
    assert said("fine", word="hi") == "hi"
    prompt(name="broken")(spaces[1]["f"])
    with pytest.raises(ImproperlyConfigured, match="Nowhere"):
        check_declared_prompts()


def test_an_empty_text_for_what_nobody_had_to_fill_in_is_nothing() -> None:
    def trip(days: int = 3, pace: Colour = Colour.RED, note: str = "none") -> str:
        return f"{days} {pace.value} {note!r}"

    trip.__annotations__ = {"days": int, "pace": Colour, "note": str}
    prompt(name="trip", permission_classes=[AllowAny])(trip)
    assert said("trip", days="", pace="", note="") == "3 red ''"
    row = Prompt.objects.create(name="stored", template="{{ a }}!")
    row.arguments.create(name="a", choices="x\ny", is_required=False)
    assert said("stored", a="") == "!"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "weird"},
        {"type": "text"},
        {"type": "image", "data": b"x", "mimeType": "image/png"},
        {"type": "resource"},
        {"type": "resource", "resource": {"uri": "a://b"}},
        {"type": "resource_link", "uri": "a://b"},
        {"role": "user"},
    ],
)
def test_a_block_that_no_client_could_read_is_not_sent(block: dict[str, Any], caplog) -> None:
    prompt(name="odd", permission_classes=[AllowAny])(lambda: block)
    assert get("odd")["error"]["code"] == -32603
    assert "A prompt is made of texts, content blocks and messages" in caplog.text


@pytest.mark.parametrize("name", ["a\x00b", "x\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")])
def test_what_is_no_name_is_an_unknown_prompt(name: str) -> None:
    prompt(name="other")(lambda: "x")
    assert get(name)["error"]["code"] == -32602


def test_one_prompt_costs_no_look_at_the_others(django_assert_num_queries) -> None:
    for number in range(5):
        Prompt.objects.create(name=f"p{number}", template="x")
    with django_assert_num_queries(3):  # the row, its arguments, its groups
        assert said("p3") == "x"


def test_constants_of_the_template_language_are_no_arguments() -> None:
    assert variables_of("{% if a == None or b == True or c == False %}x{% endif %}") == ["a", "b", "c"]


def test_a_template_that_is_nested_without_end_is_refused_in_the_admin() -> None:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = client.post(
        "/admin/drf_mcp/prompt/add/",
        {
            "name": "deep",
            "template": "{% if a %}" * 3000 + "{% endif %}" * 3000,
            **{f"arguments-{key}": value for key, value in {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}.items()},
        },
    )
    assert page.status_code == 200
    assert "nested too deeply" in page.content.decode()


def test_an_argument_that_no_database_can_hold_is_refused(declared) -> None:
    class Wanted(serializers.Serializer):
        project = serializers.SlugRelatedField("slug", queryset=Project.objects.all())

    @prompt(arguments=Wanted, permission_classes=[AllowAny])
    def about(project: Any) -> str:
        return str(project)

    error = MCPClient().send("prompts/get", {"name": "about", "arguments": {"project": "a\0b"}})["error"]
    assert error["code"] == -32602
