"""Completions through the endpoint: only what the caller may list, and the truth about how much there is."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from django.http import HttpResponseForbidden
from django.urls import path
from rest_framework import filters, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from config.projects.models import Project, Task
from config.projects.serializers import ProjectSerializer, TaskSerializer
from drf_mcp import prompt, resource
from tests.factories import MCPClient, UserFactory, mcp_urls
from tests.zoo.models import Animal, Passport, Species
from users.models import User
from users.serializers import UserSerializer

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Pages(PageNumberPagination):
    page_size = 2


class OwnProjects(ModelViewSet):
    serializer_class = ProjectSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "slug"
    pagination_class = Pages
    filter_backends = [filters.SearchFilter]
    search_fields = ["name", "tasks__title"]

    def get_queryset(self):
        return Project.objects.filter(owner=self.request.user)


class Tasks(ReadOnlyModelViewSet):
    serializer_class = TaskSerializer

    def get_queryset(self):
        return Task.objects.filter(project__slug=self.kwargs["project_slug"])


class Users(ReadOnlyModelViewSet):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    permission_classes = [IsAdminUser]


class WithoutSlug(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["name"]


class Links(ReadOnlyModelViewSet):
    """Whoever knows the slug may open it; the list does not give it away."""

    queryset = Project.objects.all()
    serializer_class = WithoutSlug
    lookup_field = "slug"


class OwnList(ReadOnlyModelViewSet):
    """Lists less than its queryset has."""

    queryset = Project.objects.all()
    serializer_class = ProjectSerializer

    def list(self, request):
        return Response(ProjectSerializer(self.get_queryset()[:1], many=True).data)


class Broken(ReadOnlyModelViewSet):
    serializer_class = ProjectSerializer

    def get_queryset(self):
        raise ZeroDivisionError


class PassportSerializer(serializers.ModelSerializer):
    class Meta:
        model = Passport
        fields = ["animal", "number"]


class Passports(ReadOnlyModelViewSet):
    queryset = Passport.objects.all()
    serializer_class = PassportSerializer


def for_staff(view):
    def guarded(request, *args, **kwargs):
        user = getattr(request, "mcp", None) and request.mcp.user
        return view(request, *args, **kwargs) if getattr(user, "is_staff", False) else HttpResponseForbidden()

    guarded.__dict__.update(view.__dict__)
    return guarded


class Guarded(ReadOnlyModelViewSet):
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer


router = SimpleRouter()
router.register("projects", OwnProjects, basename="project")
router.register(r"projects/(?P<project_slug>[-\w]+)/tasks", Tasks, basename="task")
router.register("users", Users, basename="user")
router.register("links", Links, basename="link")
router.register("ownlist", OwnList, basename="ownlist")
router.register("passports", Passports, basename="passport")
router.register("broken", Broken, basename="broken")
urlpatterns = [
    *router.urls,
    path("guarded/", for_staff(Guarded.as_view({"get": "list"}))),
    path("guarded/<int:pk>/", for_staff(Guarded.as_view({"get": "retrieve"}))),
    *mcp_urls(),
]

PROJECT = {"type": "ref/resource", "uri": "drf:///projects/{slug}/"}
TASK = {"type": "ref/resource", "uri": "drf:///projects/{project_slug}/tasks/{id}/"}


@pytest.fixture(autouse=True)
def nothing_declared(declared):
    """Only what a test declares itself."""


@pytest.fixture
def alice() -> User:
    user: User = UserFactory(username="alice")
    for slug, name in [("garden", "Green"), ("gate", "Iron"), ("house", "Garden shed"), ("Zoo", "Zoo")]:
        Project.objects.create(slug=slug, name=name, owner=user)
    Project.objects.create(slug="gold", name="Gold", owner=UserFactory(username="bob"))
    return user


def ask(ref: Any, name: Any, value: Any = "", user: Any = None, **arguments: Any) -> dict[str, Any]:
    params: dict[str, Any] = {"ref": ref, "argument": {"name": name, "value": value}}
    if arguments:
        params["context"] = {"arguments": arguments}
    return MCPClient(user).send("completion/complete", params)


def complete(*args: Any, **arguments: Any) -> list[str]:
    completion = ask(*args, **arguments)["result"]["completion"]
    assert completion["hasMore"] is (completion["total"] > len(completion["values"]))
    assert len(completion["values"]) == min(100, completion["total"])
    return list(completion["values"])


# Variables of routed templates


def test_a_lookup_is_completed_by_what_it_begins_with_and_by_what_a_search_finds(alice) -> None:
    assert complete(PROJECT, "slug", "", alice) == ["Zoo", "garden", "gate", "house"]
    assert complete(PROJECT, "slug", "ga", alice) == ["garden", "gate", "house"]
    assert complete(PROJECT, "slug", "GAT", alice) == ["gate"]
    assert complete(PROJECT, "slug", "iron", alice) == ["gate"]
    assert complete(PROJECT, "slug", "nothing", alice) == []


def test_a_search_over_a_relation_counts_each_object_once(alice) -> None:
    project = Project.objects.get(slug="gate")
    for number in range(3):
        Task.objects.create(project=project, title=f"Paint {number}")
    assert complete(PROJECT, "slug", "paint", alice) == ["gate"]


def test_only_the_callers_own_objects_are_suggested(alice) -> None:
    assert complete(PROJECT, "slug", "go", alice) == []
    assert complete(PROJECT, "slug", "", User.objects.get(username="bob")) == ["gold"]


def test_more_than_a_hundred_are_counted(alice) -> None:
    for number in range(120):
        Project.objects.create(slug=f"more-{number:03}", name="More", owner=alice)
    completion = ask(PROJECT, "slug", "more", alice)["result"]["completion"]
    assert completion["values"] == [f"more-{number:03}" for number in range(100)]
    assert (completion["total"], completion["hasMore"]) == (120, True)


def test_a_nested_lookup_needs_the_ones_before_it(alice) -> None:
    task = Task.objects.create(project=Project.objects.get(slug="gate"), title="Paint")
    Task.objects.create(project=Project.objects.get(slug="house"), title="Roof")
    assert complete(TASK, "project_slug", "g", alice) == ["garden", "gate", "house"]
    assert complete(TASK, "id", "", alice) == []
    assert complete(TASK, "id", "", alice, project_slug="gate") == [str(task.pk)]
    assert complete(TASK, "id", str(task.pk), alice, project_slug="gate") == [str(task.pk)]
    assert complete(TASK, "id", "", alice, project_slug="../x") == []
    assert complete(TASK, "id", "", alice, project_slug="x\x00") == []
    assert complete(TASK, "id", "", alice, project_slug=["gate"]) == []
    assert complete({**TASK, "uri": "drf:///projects/{project_slug}/tasks/"}, "project_slug", "ho", alice) == ["house"]


def test_a_value_that_the_list_does_not_print_is_not_given_out(alice) -> None:
    assert complete({**PROJECT, "uri": "drf:///links/{slug}/"}, "slug", "g", alice) == []


def test_a_list_of_the_projects_own_making_suggests_nothing(alice) -> None:
    assert complete({**PROJECT, "uri": "drf:///ownlist/{id}/"}, "id", "", alice) == []


def test_a_view_that_breaks_suggests_nothing_and_is_logged(alice, caplog) -> None:
    assert complete({**PROJECT, "uri": "drf:///broken/{id}/"}, "id", "", alice) == []
    assert "/broken/" in caplog.text


def test_a_guard_around_the_view_guards_its_values_too(alice) -> None:
    ref = {**PROJECT, "uri": "drf:///guarded/{id}/"}
    assert complete(ref, "id", "", alice) == []
    assert len(complete(ref, "id", "", UserFactory(is_staff=True))) == 5


def test_who_may_not_see_a_template_gets_nothing_of_it(alice) -> None:
    ref = {**PROJECT, "uri": "drf:///users/{id}/"}
    assert ask(ref, "id", "", alice)["error"]["code"] == -32002
    assert ask(PROJECT, "slug", "")["error"]["code"] == 401
    assert complete(ref, "id", "", UserFactory(is_staff=True)) == sorted(
        str(pk) for pk in User.objects.values_list("pk", flat=True)
    )


@pytest.mark.parametrize("value", ["x" * 10_000, "\x00", "g\x00", "%", "_", "'", '"', "g\n", "\\"])
def test_odd_texts_find_nothing_and_break_nothing(value: str, alice) -> None:
    assert complete(PROJECT, "slug", value, alice) == []


def test_a_key_that_is_itself_a_relation_is_listed_and_begins_with_nothing() -> None:
    animal = Animal.objects.create(name="Rex", species=Species.objects.create())
    Passport.objects.create(animal=animal, number="1")
    ref = {**PROJECT, "uri": "drf:///passports/{id}/"}
    assert complete(ref, "id") == [str(animal.pk)]
    assert complete(ref, "id", str(animal.pk)[:1]) == []


# Arguments of prompts


class ReportSerializer(serializers.Serializer):
    project = serializers.SlugRelatedField("slug", queryset=Project.objects.exclude(slug="house"))
    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())
    task = serializers.PrimaryKeyRelatedField(queryset=Task.objects.all())
    projects = serializers.SlugRelatedField("slug", queryset=Project.objects.all(), many=True)
    tone = serializers.ChoiceField(choices=[("w", "Warm"), ("c", "Cold"), ("warm", "Very warm")])
    brief = serializers.BooleanField()
    free = serializers.CharField()
    style = serializers.CharField()


REPORT = {"type": "ref/prompt", "name": "report"}


def styles(value: str, arguments: dict[str, str], request: Any) -> list[str]:
    return [f"{request.user}:{value}:{arguments.get('tone')}"]


@pytest.fixture
def report() -> None:
    prompt(name="report", arguments=ReportSerializer, permission_classes=[AllowAny], completions={"style": styles})(
        lambda **values: "x"
    )
    prompt(name="staff", permission_classes=[IsAdminUser])(lambda what: what)


def test_choices_are_completed_by_value_and_label(report) -> None:
    assert complete(REPORT, "tone") == ["w", "c", "warm"]
    assert complete(REPORT, "tone", "WA") == ["w", "warm"]
    assert complete(REPORT, "brief", "t") == ["true"]
    assert complete(REPORT, "free", "x") == []


def test_relations_are_completed_with_what_both_the_field_takes_and_the_caller_may_list(report, alice) -> None:
    assert complete(REPORT, "project", "", alice) == ["Zoo", "garden", "gate"]
    assert complete(REPORT, "project", "iro", alice) == ["gate"]
    assert complete(REPORT, "projects", "ho", alice) == ["house"]
    assert complete(REPORT, "project", "") == []
    assert complete(REPORT, "user", "", alice) == []
    assert str(alice.pk) in complete(REPORT, "user", "", UserFactory(is_staff=True))
    assert complete(REPORT, "task", "", alice) == []


def test_an_authors_function_sees_the_other_arguments_and_the_request(report, alice) -> None:
    assert complete(REPORT, "style", "x", alice, tone="w") == ["alice:x:w"]
    assert complete(REPORT, "style", "x", alice, tone=1) == ["alice:x:None"]


def test_a_long_answer_of_a_function_is_cut_and_counted() -> None:
    prompt(name="many", permission_classes=[AllowAny], completions={"what": lambda: range(150)})(lambda what: what)
    completion = ask({"type": "ref/prompt", "name": "many"}, "what")["result"]["completion"]
    assert (len(completion["values"]), completion["total"], completion["hasMore"]) == (100, 150, True)


def test_a_declared_template_is_completed_by_its_types_and_functions() -> None:
    @resource(
        "t://{size}/{colour}/{free}", permission_classes=[AllowAny], completions={"colour": lambda value: [f"{value}d"]}
    )
    def thing(size: Literal["small", "large"], colour: str, free: str) -> str:
        return size

    ref = {"type": "ref/resource", "uri": "t://{size}/{colour}/{free}"}
    assert complete(ref, "size", "s") == ["small"]
    assert complete(ref, "colour", "re") == ["red"]
    assert complete(ref, "free", "x") == []


def test_a_hidden_prompt_is_not_completed(report) -> None:
    ref = {"type": "ref/prompt", "name": "staff"}
    assert ask(ref, "what", "", UserFactory())["error"]["message"] == "Unknown prompt: staff"
    assert ask(ref, "what")["error"]["code"] == 401
    assert complete(ref, "what", "", UserFactory(is_staff=True)) == []


# Bad params


@pytest.mark.parametrize(
    ("params", "argument"),
    [
        ({}, "argument.name"),
        ({"argument": {"name": "tone", "value": ""}}, "ref"),
        ({"ref": "x", "argument": {"name": "tone", "value": ""}}, "ref"),
        ({"ref": {"type": "ref/tool", "name": "x"}, "argument": {"name": "tone", "value": ""}}, "ref"),
        ({"ref": REPORT, "argument": "tone"}, "argument.name"),
        ({"ref": REPORT, "argument": {"name": "tone"}}, "argument.value"),
        ({"ref": REPORT, "argument": {"name": 1, "value": ""}}, "argument.name"),
        ({"ref": REPORT, "argument": {"name": "tone", "value": 1}}, "argument.value"),
        ({"ref": REPORT, "argument": {"name": "nothing", "value": ""}}, "nothing"),
        ({"ref": {"type": "ref/prompt"}, "argument": {"name": "tone", "value": ""}}, "name"),
        ({"ref": {"type": "ref/resource", "uri": 1}, "argument": {"name": "slug", "value": ""}}, "ref.uri"),
        ({"ref": TASK, "argument": {"name": "slug", "value": ""}}, "slug"),
    ],
)
def test_params_that_do_not_fit_are_named(report, params, argument) -> None:
    error = MCPClient().send("completion/complete", params)["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": argument})


@pytest.mark.parametrize("uri", ["drf:///projects/", "drf:///nothing/{id}/", "x" * 10_000, ""])
def test_a_template_that_is_none_is_not_found(uri: str, alice) -> None:
    error = ask({"type": "ref/resource", "uri": uri}, "id", "", alice)["error"]
    assert error["code"] == -32002
    assert len(str(error)) < 400


@pytest.mark.parametrize("context", [None, 1, [], {"arguments": 1}, {"arguments": [1]}])
def test_a_context_that_says_nothing_is_none(report, context) -> None:
    params = {"ref": REPORT, "argument": {"name": "tone", "value": "c"}, "context": context}
    assert MCPClient().send("completion/complete", params)["result"]["completion"]["values"] == ["c"]
