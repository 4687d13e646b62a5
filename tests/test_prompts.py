"""Prompts through the endpoint: listed, made, refused and hidden."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured, ValidationError
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAdminUser

from drf_mcp import prompt
from drf_mcp.models import Prompt, PromptArgument
from drf_mcp.protocol import pagination
from drf_mcp.responses import audio, embedded, image, link, text
from tests.factories import MCPClient, UserFactory
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]


@pytest.fixture(autouse=True)
def nothing_declared(declared):
    """Only what a test declares itself."""


def names(user: Any = None) -> list[str]:
    return [entry["name"] for entry in MCPClient(user).send("prompts/list")["result"]["prompts"]]


def get(name: Any, user: Any = None, /, *, version: str = "2025-06-18", **arguments: Any) -> dict[str, Any]:
    client = MCPClient(user, version=version)
    return client.send("prompts/get", {"name": name, "arguments": arguments})


def messages(name: str, user: Any = None, /, **options: Any) -> list[dict[str, Any]]:
    return list(get(name, user, **options)["result"]["messages"])


def said(name: str, user: Any = None, /, **options: Any) -> str:
    (message,) = messages(name, user, **options)
    assert (message["role"], message["content"]["type"]) == ("user", "text")
    return str(message["content"]["text"])


class ReviewSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="The code")
    language = serializers.ChoiceField(choices=["python", "rust"], default="python")
    author = serializers.SlugRelatedField("username", queryset=User.objects.all(), required=False)
    lines = serializers.ListField(child=serializers.IntegerField(), required=False)
    secret = serializers.HiddenField(default=7)
    shown = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["code"] == "bad":
            raise serializers.ValidationError("This code is too bad to review.")
        return attrs


@pytest.fixture
def review() -> None:
    @prompt(title="Review", description="Review some code", arguments=ReviewSerializer, permission_classes=[AllowAny])
    def code_review(**values: Any) -> str:
        request = values.pop("request")
        return f"{request.user} in {request.mcp.revision.version}: {json.dumps(values, default=str)}"


def test_a_prompt_is_listed_with_its_arguments(review) -> None:
    (listed,) = MCPClient().send("prompts/list")["result"]["prompts"]
    assert listed == {
        "name": "code_review",
        "title": "Review",
        "description": "Review some code",
        "arguments": [
            {"name": "code", "title": "Code", "description": "The code", "required": True},
            {"name": "language", "title": "Language", "description": "One of: python, rust", "required": False},
            {"name": "author", "title": "Author", "required": False},
            {"name": "lines", "title": "Lines", "required": False},
        ],
    }


def test_the_serializer_converts_what_the_function_gets(review) -> None:
    ann = UserFactory(username="ann")
    found = said("code_review", ann, code="x = 1", author="ann", lines="[1, 2]", language=None)
    assert found == (
        'ann in 2025-06-18: {"code": "x = 1", "language": "python", "author": "ann", "lines": [1, 2], "secret": 7}'
    )


@pytest.mark.parametrize(
    ("arguments", "message", "fields"),
    [
        ({}, "code: This field is required.", ["code"]),
        ({"code": ""}, "code: This field may not be blank.", ["code"]),
        ({"code": {"a": 1}}, "code: Not a valid string.", ["code"]),
        ({"code": "x", "language": "perl"}, 'language: "perl" is not a valid choice.', ["language"]),
        ({"code": "x", "author": "nobody"}, "author: Object with username=nobody does not exist.", ["author"]),
        ({"code": "x", "lines": "[1, "}, 'lines: Expected a list of items but got type "str".', ["lines"]),
        ({"code": "x", "lines": '["a"]'}, "lines.0: A valid integer is required.", ["lines"]),
        ({"code": "bad"}, "This code is too bad to review.", ["non_field_errors"]),
        ({"code": "x\x00"}, "code: Null characters are not allowed.", ["code"]),
    ],
)
def test_arguments_that_do_not_fit_are_named(review, arguments, message, fields) -> None:
    error = get("code_review", **arguments)["error"]
    assert (error["code"], error["message"]) == (-32602, f"Prompt 'code_review': {message}")
    assert list(error["data"]["errors"]) == fields


@pytest.mark.parametrize("name", ["cod", "shown", "secret", "x" * 10_000])
def test_an_unknown_argument_is_named(review, name) -> None:
    error = get("code_review", code="x", **{name: "y"})["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": name[:100]})
    assert len(error["message"]) < 300


@pytest.mark.parametrize("arguments", [[], "x", 1, False])
def test_arguments_are_an_object(review, arguments) -> None:
    error = MCPClient().send("prompts/get", {"name": "code_review", "arguments": arguments})["error"]
    assert (error["code"], error["data"]) == (-32602, {"argument": "arguments"})


@pytest.mark.parametrize("name", [None, 1, [], "nothing", "x" * 10_000, ""])
def test_an_unknown_prompt_is_refused(review, name) -> None:
    error = get(name)["error"]
    assert error["code"] == -32602
    assert len(error["message"]) < 200


def test_a_typed_signature_is_enough() -> None:
    @prompt(permission_classes=[AllowAny])
    def greet(who: Annotated[str, "Whom"], tone: Literal["warm", "cold"] = "warm", times: int = 1) -> str:
        """Greet somebody."""
        return f"Greet {who} {times} times, {tone}."

    (listed,) = MCPClient().send("prompts/list")["result"]["prompts"]
    assert (listed["name"], listed["description"]) == ("greet", "Greet somebody.")
    assert [(a["name"], a.get("description"), a["required"]) for a in listed["arguments"]] == [
        ("who", "Whom", True),
        ("tone", "One of: warm, cold", False),
        ("times", None, False),
    ]
    assert said("greet", who=" Ann ", times="3") == "Greet  Ann  3 times, warm."
    assert "times: A valid integer is required." in get("greet", who="x", times="many")["error"]["message"]


def test_a_prompt_may_be_a_conversation_of_any_content() -> None:
    @prompt(permission_classes=[AllowAny])
    def mixed() -> Any:
        return [
            "Look at these.",
            image(b"png", "image/png"),
            audio(b"wav", "audio/wav"),
            embedded("a,b", "t://a.csv", "text/csv"),
            embedded(b"\x00", "t://a.bin", "application/octet-stream"),
            {"role": "assistant", "content": "I have."},
            {"role": "user", "content": link("t://more", "More")},
        ]

    found = messages("mixed")
    assert [message["role"] for message in found] == ["user"] * 5 + ["assistant", "user"]
    assert [message["content"] for message in found] == [
        text("Look at these."),
        image(b"png", "image/png"),
        audio(b"wav", "audio/wav"),
        {"type": "resource", "resource": {"uri": "t://a.csv", "mimeType": "text/csv", "text": "a,b"}},
        embedded(b"\x00", "t://a.bin", "application/octet-stream"),
        text("I have."),
        link("t://more", "More"),
    ]
    old = messages("mixed", version="2024-11-05")
    assert [message["content"]["type"] for message in old] == [
        *("text", "image", "text"),
        "resource",
        "resource",
        "text",
        "text",
    ]


@pytest.mark.parametrize("returned", [None, 1, [1], [{"role": "system", "content": "x"}], {"a": 1}, [[text("x")]]])
def test_what_is_no_message_is_an_internal_error(returned: Any, caplog) -> None:
    prompt(name="odd", permission_classes=[AllowAny])(lambda: returned)
    assert get("odd")["error"]["message"] == "Internal error"
    assert "A prompt is made of texts" in caplog.text or "content" in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (serializers.ValidationError({"who": ["Nobody."]}), -32602, "Prompt 'failing': who: Nobody."),
        (ValidationError("Nobody."), -32602, "Prompt 'failing': Nobody."),
        (NotFound("No such person."), -32602, "Prompt 'failing': No such person."),
        (User.DoesNotExist("User matching query does not exist."), -32602, "Prompt 'failing': User matching"),
        (ZeroDivisionError("a secret"), -32603, "Internal error"),
    ],
)
def test_a_function_that_fails_is_a_clear_error(error: Exception, code: int, message: str) -> None:
    @prompt(name="failing", permission_classes=[AllowAny])
    def failing() -> str:
        raise error

    answer = get("failing")["error"]
    assert answer["code"] == code
    assert answer["message"].startswith(message)
    assert "secret" not in json.dumps(answer)


def test_permission_classes_hide_a_prompt() -> None:
    prompt(name="open", permission_classes=[AllowAny])(lambda: "x")
    prompt(name="staff", permission_classes=[IsAdminUser])(lambda: "x")
    staff = UserFactory(is_staff=True)
    assert (names(), names(UserFactory()), names(staff)) == (["open"], ["open"], ["open", "staff"])
    assert said("staff", staff) == "x"
    assert get("staff", UserFactory())["error"] == get("nothing", UserFactory())["error"] | {
        "message": "Unknown prompt: staff",
        "data": {"name": "staff"},
    }
    assert get("staff")["error"]["code"] == 401


def test_pages_together_are_the_list(monkeypatch) -> None:
    monkeypatch.setattr(pagination, "PAGE_SIZE", 2)
    for number in range(5):
        prompt(name=f"p{number}", permission_classes=[AllowAny])(lambda: "x")
    seen, params = [], {}
    while True:
        page = MCPClient().send("prompts/list", params)["result"]
        seen += [entry["name"] for entry in page["prompts"]]
        if "nextCursor" not in page:
            break
        params = {"cursor": page["nextCursor"]}
    assert seen == [f"p{number}" for number in range(5)]
    assert MCPClient().send("prompts/list", {"cursor": "x"})["error"]["data"] == {"argument": "cursor"}


def test_declarations_that_cannot_work_are_refused_at_once() -> None:
    from drf_mcp.prompts import check_declared_prompts

    with pytest.raises(ImproperlyConfigured, match="no prompt name"):
        prompt(name="with a space")(lambda: "x")
    prompt(name="same")(test_a_typed_signature_is_enough)
    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        prompt(name="same")(test_pages_together_are_the_list)
    prompt(name="other", completions={"what": print})(lambda: "x")
    with pytest.raises(ImproperlyConfigured, match="completions for what, which it does not take"):
        check_declared_prompts()


# Stored prompts


@pytest.fixture
def stored() -> Prompt:
    row = Prompt.objects.create(
        name="welcome",
        title="Welcome",
        description="Welcome somebody",
        template="Welcome {{ name }}{% if tone %}, {{ tone|upper }}{% endif %}!",
    )
    row.arguments.create(name="name", description="Whom")
    row.arguments.create(name="tone", is_required=False, choices="warm\n\n cold \n")
    return row


def test_a_stored_prompt_is_a_prompt_like_any_other(stored) -> None:
    (listed,) = MCPClient().send("prompts/list")["result"]["prompts"]
    assert listed == {
        "name": "welcome",
        "title": "Welcome",
        "description": "Welcome somebody",
        "arguments": [
            {"name": "name", "title": "Name", "description": "Whom", "required": True},
            {"name": "tone", "title": "Tone", "description": "One of: warm, cold", "required": False},
        ],
    }
    assert said("welcome", name="<Ann> {{ tone }}") == "Welcome <Ann> {{ tone }}!"
    assert said("welcome", name="Ann", tone="cold") == "Welcome Ann, COLD!"
    assert get("welcome")["error"]["data"]["errors"]["name"][0]["code"] == "required"
    assert get("welcome", name="x", tone="icy")["error"]["code"] == -32602


def test_a_stored_prompt_can_be_switched_off_and_limited_to_groups(stored) -> None:
    member, root = UserFactory(), UserFactory(is_superuser=True)
    group = Group.objects.create(name="hosts")
    member.groups.add(group)
    stored.groups.add(group)
    assert (names(member), names(root), names(UserFactory()), names()) == (["welcome"], ["welcome"], [], [])
    assert get("welcome", UserFactory(), name="x")["error"]["message"] == "Unknown prompt: welcome"
    assert get("welcome", name="x")["error"]["code"] == 401
    assert said("welcome", member, name="x") == "Welcome x!"
    stored.is_enabled = False
    stored.save()
    prompt(name="other", permission_classes=[AllowAny])(lambda: "x")
    assert names(member) == ["other"]
    assert get("welcome", member, name="x")["error"]["code"] == -32602


def test_the_groups_of_many_prompts_are_looked_up_together(django_assert_max_num_queries) -> None:
    member = UserFactory()
    for number in range(20):
        group = Group.objects.create(name=f"g{number}")
        Prompt.objects.create(name=f"p{number:02}", template="x").groups.add(group)
        if number % 2:
            member.groups.add(group)
    client = MCPClient(member)
    with django_assert_max_num_queries(8):
        listed = client.send("prompts/list")["result"]["prompts"]
    assert [entry["name"] for entry in listed] == [f"p{number:02}" for number in range(1, 20, 2)]


@pytest.mark.parametrize(
    "template", ["{% load static %}", "{{ name.upper|nothing }}", "{{ name|truncatechars:x }}{% if %}"]
)
def test_a_template_that_cannot_be_rendered_is_a_clear_error(stored, template, caplog) -> None:
    Prompt.objects.update(template=template)
    answer = get("welcome", name="x")
    assert answer["error"]["code"] == -32603
    assert answer["error"]["message"].startswith("The template of this prompt cannot be rendered")
    assert answer["error"]["data"]["error_id"] in caplog.text
    assert "TemplateSyntaxError" not in json.dumps(answer)


def test_code_comes_before_the_database(stored) -> None:
    prompt(name="welcome", permission_classes=[AllowAny])(lambda: "From code.")
    assert names() == ["welcome"]
    assert said("welcome") == "From code."
    with pytest.raises(ValidationError, match="declared in the project's code"):
        stored.full_clean()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "two words"}, "name"),
        ({"name": "x\n"}, "name"),
        ({"name": "ü"}, "name"),
        ({"template": "{% include 'x' %}"}, "template"),
        ({"template": "{% if %}"}, "template"),
        ({"template": "{{ x|ljust:99 }}"}, "template"),
    ],
)
def test_what_an_administrator_may_not_write(values, field) -> None:
    row = Prompt(**{"name": "fine", "template": "{{ x }}", **values})
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert list(caught.value.message_dict) == [field]


@pytest.mark.parametrize("name", ["two words", "1st", "a-b", "_private", "a.b", "x\n", "ä"])
def test_an_argument_has_a_name_that_a_template_can_print(stored, name) -> None:
    with pytest.raises(ValidationError):
        PromptArgument(prompt=stored, name=name).full_clean()


def test_database_text_never_reaches_a_tool(stored) -> None:
    assert "Welcome" not in json.dumps(MCPClient().list_tools())


def test_a_table_that_is_not_there_yet_is_no_prompt_and_no_failure(transactional_db, caplog) -> None:
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.delete_model(PromptArgument)
        editor.delete_model(Prompt)
    try:
        assert "prompts" not in MCPClient().send("initialize", {})["result"]["capabilities"]
        assert "manage.py migrate" in caplog.text
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(Prompt)
            editor.create_model(PromptArgument)
