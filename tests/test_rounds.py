"""Calls that ask: in rounds, each in a transaction, with a state that is good for nothing else."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.utils.decorators import method_decorator
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.elicitation import CannotAsk, Declined, Elicit, Roots, Sample
from tests.factories import MCPClient, StatelessClient, UserFactory, mcp_urls, routed, text_of


class NameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=5)


class OnceAnHour(SimpleRateThrottle):
    scope, rate = "once", "1/hour"

    def get_cache_key(self, request, view):
        return "throttle:once"


class Questions(ViewSet):
    @mcp_tool(name="write_and_ask", asks=True, input=NameSerializer)
    @action(detail=False, methods=["post"])
    def write_and_ask(self, request):
        Group.objects.create(name="before")
        return Response(request.mcp.elicit("Your name?", NameSerializer))

    @mcp_tool(name="ask_twice", asks=True)
    @action(detail=False, methods=["post"])
    def ask_twice(self, request):
        first = request.mcp.elicit("First?", NameSerializer)
        return Response([first["name"], request.mcp.elicit("Second?", NameSerializer)["name"]])

    @mcp_tool(name="ask_durably", asks=True)
    @action(detail=False, methods=["post"])
    def ask_durably(self, request):
        with transaction.atomic(durable=True):
            transaction.on_commit(lambda: Group.objects.create(name="committed"))
            return Response(request.mcp.elicit("Your name?", NameSerializer))

    @mcp_tool(name="ask_once_an_hour", asks=True)
    @action(detail=False, methods=["post"], throttle_classes=[OnceAnHour], authentication_classes=[])
    def once_an_hour(self, request):
        return Response(request.mcp.elicit("Your name?", NameSerializer))

    def perform_authentication(self, request):
        """Lazily, as DRF's documentation shows it."""

    @mcp_tool(name="ask_or_not", asks=True)
    @action(detail=False, methods=["post"])
    def ask_or_not(self, request):
        try:
            return Response(request.mcp.elicit("Your name?", NameSerializer))
        except (Declined, CannotAsk) as error:
            return Response({"code": error.code})

    @mcp_tool(name="ask_carelessly", asks=True)
    @action(detail=False, methods=["post"])
    def careless(self, request):
        try:
            return Response(request.mcp.elicit("Your name?", NameSerializer))
        except Exception:  # noqa: BLE001
            return Response("swallowed")

    @mcp_tool(name="ask_all", asks=True)
    @action(detail=False, methods=["post"])
    def ask_all(self, request):
        answers = request.mcp.ask(a=Elicit("Name?", NameSerializer), b=Sample("Greet."), c=Roots())
        return Response({"name": answers["a"]["name"], "roots": answers["c"]})

    @mcp_tool(name="refuse_after_asking", asks=True)
    @action(detail=False, methods=["post"])
    def refuse(self, request):
        request.mcp.elicit("Your name?", NameSerializer)
        Group.objects.create(name="kept")
        return Response({"detail": "No."}, status=409)

    @mcp_tool(name="ask_undeclared")
    @action(detail=False, methods=["post"])
    def undeclared(self, request):
        return Response(request.mcp.elicit("Your name?", NameSerializer))


class Writes(ViewSet):
    @mcp_tool(name="write_and_refuse", asks=True)
    @action(detail=False, methods=["post"])
    def write_and_refuse(self, request):
        Group.objects.create(name="kept")
        raise NotFound


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class OwnWrites(ViewSet):
    @mcp_tool(name="write_own_and_refuse", asks=True)
    @action(detail=False, methods=["post"])
    def write_and_refuse(self, request):
        Group.objects.create(name="kept")
        raise NotFound


urlpatterns = [*routed(Questions, Writes, OwnWrites), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

ALL = {"elicitation": {}, "sampling": {}, "roots": {}}


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def client():
    return StatelessClient(capabilities=ALL)


def accept(**content: Any) -> dict[str, Any]:
    return {"action": "accept", "content": content}


def play(client: StatelessClient, tool: str, *rounds: dict[str, Any], **arguments: Any) -> list[dict[str, Any]]:
    """Call a tool and answer each round's questions; gives what each request was answered with."""
    answers = [client.send("tools/call", {"name": tool, "arguments": arguments})]
    for responses in rounds:
        answers.append(answer(client, tool, answers[-1], responses, **arguments))
    return answers


def answer(client: StatelessClient, tool: str, asked: Any, responses: Any, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments, "inputResponses": responses}
    return client.send("tools/call", {**params, "requestState": asked["result"]["requestState"]})


def groups() -> set[str]:
    return set(Group.objects.values_list("name", flat=True))


def test_a_question_is_a_result_and_its_answer_lets_the_action_go_on(client):
    asked, done = play(client, "write_and_ask", {"question_1": accept(name="Ann")})

    assert asked["result"]["resultType"] == "input_required"
    assert asked["result"]["inputRequests"] == {
        "question_1": {
            "method": "elicitation/create",
            "params": {
                "message": "Your name?",
                "requestedSchema": {
                    "type": "object",
                    "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 5, "title": "Name"}},
                    "required": ["name"],
                },
            },
        }
    }
    assert done["result"]["structuredContent"] == {"name": "Ann"}
    assert done["result"]["resultType"] == "complete"


def test_each_round_but_the_last_is_rolled_back(client):
    asked = client.send("tools/call", {"name": "write_and_ask"})
    assert groups() == set()

    answer(client, "write_and_ask", asked, {"question_1": accept(name="Ann")})
    assert groups() == {"before"}


def test_what_was_answered_is_kept_and_the_next_question_has_another_name(client):
    first, second, done = play(
        client, "ask_twice", {"question_1": accept(name="Ann")}, {"question_2": accept(name="Bob")}
    )

    assert list(first["result"]["inputRequests"]) == ["question_1"]
    assert list(second["result"]["inputRequests"]) == ["question_2"]
    assert first["result"]["requestState"] != second["result"]["requestState"]
    assert done["result"]["structuredContent"] == {"result": ["Ann", "Bob"]}


def test_several_things_are_asked_at_once_under_the_authors_names(client):
    asked, done = play(
        client,
        "ask_all",
        {
            "a": accept(name="Ann"),
            "b": {"role": "assistant", "content": {"type": "text", "text": "Hi"}, "model": "m"},
            "c": {"roots": [{"uri": "file:///src"}]},
        },
    )

    methods = {name: request["method"] for name, request in asked["result"]["inputRequests"].items()}
    assert methods == {"a": "elicitation/create", "b": "sampling/createMessage", "c": "roots/list"}
    assert done["result"]["structuredContent"] == {"name": "Ann", "roots": [{"uri": "file:///src"}]}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (accept(name="far too long"), "name: Ensure this field has no more than 5 characters."),
        (accept(), "name: This field is required."),
        (accept(name=None), "name: This field may not be null."),
        ({"action": "accept", "content": [1]}, "The answer was not understood."),
        ({"action": "maybe"}, "The answer was not understood."),
        (7, "The answer was not understood."),
        (None, "The answer was not understood."),
    ],
)
def test_a_wrong_answer_is_asked_again_with_the_reason(client, wrong, reason):
    _, again, done = play(client, "ask_or_not", {"question_1": wrong}, {"question_1": accept(name="Ann")})

    message = again["result"]["inputRequests"]["question_1"]["params"]["message"]
    assert message == f"Your name?\n{reason}"
    assert done["result"]["structuredContent"] == {"name": "Ann"}


def test_there_is_an_end_to_asking_again(client):
    asked = client.send("tools/call", {"name": "ask_or_not"})
    for _ in range(60):
        if "error" in asked:
            break
        asked = answer(client, "ask_or_not", asked, {"question_1": accept()})

    assert asked["error"]["code"] == -32602
    assert asked["error"]["message"] == "There were too many answers that did not fit."


@pytest.mark.parametrize(
    ("reply", "code", "text"),
    [
        ("decline", "declined", "The user declined, so nothing was done."),
        ("cancel", "cancelled", "The user did not answer, so nothing was done."),
    ],
)
@pytest.mark.parametrize("tool", ["write_and_ask", "ask_carelessly"])
def test_a_no_is_a_result_of_its_own_and_nothing_was_done(client, tool, reply, code, text):
    done = play(client, tool, {"question_1": {"action": reply}})[-1]["result"]

    assert done["isError"] is True
    assert text_of(done) == text
    assert done["structuredContent"] == {"status": 422, "code": code, "detail": text}
    assert groups() == set()


def test_an_action_can_do_without_an_answer(client):
    assert play(client, "ask_or_not", {"question_1": {"action": "decline"}})[-1]["result"]["structuredContent"] == {
        "code": "declined"
    }
    silent = StatelessClient()
    assert silent.call("ask_or_not")["structuredContent"] == {"code": "cannot_ask"}


@pytest.mark.parametrize("declared", [{}, {"sampling": {}}, {"elicitation": {"url": {}}}])
def test_only_what_a_client_declared_is_asked_for(declared):
    client = StatelessClient(capabilities=declared)

    response = client.ask("tools/call", {"name": "write_and_ask"})

    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["data"]) == (-32021, {"requiredCapabilities": {"elicitation": {}}})
    assert groups() == set()


def test_a_client_that_shows_forms_among_others_is_asked():
    client = StatelessClient(capabilities={"elicitation": {"form": {}, "url": {}}})

    assert client.send("tools/call", {"name": "write_and_ask"})["result"]["resultType"] == "input_required"


def test_a_client_without_a_stream_cannot_be_asked_and_is_told_so():
    result = MCPClient().call("write_and_ask")

    assert result["isError"] is True
    assert result["structuredContent"]["code"] == "cannot_ask"
    assert groups() == set()


def test_an_action_that_is_not_declared_cannot_ask(client):
    assert client.send("tools/call", {"name": "ask_undeclared"})["error"]["code"] == -32603


def test_what_a_refused_round_did_is_kept_as_under_rest(client):
    done = play(client, "refuse_after_asking", {"question_1": accept(name="Ann")})[-1]

    assert done["result"]["isError"] is True
    assert groups() == {"kept"}


# The state


def refused(answered: dict[str, Any]) -> bool:
    return answered["error"]["code"] == -32602 and "requestState" in answered["error"]["message"]


YES = {"question_1": accept(name="Ann")}


def test_a_state_is_good_once(client):
    asked = client.send("tools/call", {"name": "write_and_ask"})

    assert "result" in answer(client, "write_and_ask", asked, YES)
    assert refused(answer(client, "write_and_ask", asked, YES))


@pytest.mark.parametrize(
    "change", [lambda s: s + "-TAMPERED", lambda s: s[1:], lambda s: 7, lambda s: "", lambda s: []]
)
def test_a_changed_state_is_refused(client, change):
    asked = client.send("tools/call", {"name": "write_and_ask"})
    asked["result"]["requestState"] = change(asked["result"]["requestState"])

    assert refused(answer(client, "write_and_ask", asked, YES))


def test_a_state_is_good_for_its_own_call_only(client):
    asked = client.send("tools/call", {"name": "write_and_ask", "arguments": {"name": "a"}})

    assert refused(answer(client, "ask_or_not", asked, YES, name="a"))
    assert refused(answer(client, "write_and_ask", asked, YES, name="b"))
    assert "result" in answer(client, "write_and_ask", asked, YES, name="a")


def test_a_state_is_good_for_its_own_caller_only():
    one, other = (StatelessClient(UserFactory(), capabilities=ALL) for _ in range(2))
    asked = one.send("tools/call", {"name": "write_and_ask"})

    assert refused(answer(other, "write_and_ask", asked, YES))
    assert refused(answer(StatelessClient(capabilities=ALL), "write_and_ask", asked, YES))
    assert "result" in answer(one, "write_and_ask", asked, YES)


def test_a_state_grows_old(client):
    asked = client.send("tools/call", {"name": "write_and_ask"})

    with override_settings(DRF_MCP={"ANONYMOUS": True, "ANSWER_SECONDS": 0}):
        time.sleep(0.01)
        assert refused(answer(client, "write_and_ask", asked, YES))


def test_answers_to_what_nobody_asked_are_not_carried_along(client):
    asked = client.send("tools/call", {"name": "ask_twice"})
    padded = {**YES, "other": "x" * 100_000}

    second = answer(client, "ask_twice", asked, padded)

    assert len(second["result"]["requestState"]) < 1000


def test_answers_are_an_object(client):
    answered = client.send("tools/call", {"name": "ask_or_not", "inputResponses": [1]})

    assert answered["error"]["data"] == {"argument": "inputResponses"}


# Throttles and transactions


def test_a_call_is_counted_once_however_often_it_asks(client):
    done = play(client, "ask_once_an_hour", {"question_1": accept(name="too long")}, YES)[-1]

    assert done["result"]["structuredContent"] == {"name": "Ann"}
    assert client.call("ask_once_an_hour")["structuredContent"]["code"] == "throttled"


@pytest.mark.django_db(transaction=True)
def test_a_durable_block_is_the_outermost_one_of_the_view(client):
    asked = client.send("tools/call", {"name": "ask_durably"})
    assert groups() == set()

    done = answer(client, "ask_durably", asked, YES)
    assert done["result"]["structuredContent"] == {"name": "Ann"}
    assert groups() == {"committed"}


@pytest.mark.django_db(transaction=True)
def test_requests_that_are_atomic_stay_so(client, settings, monkeypatch):
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    asked, done = play(client, "write_and_ask", YES)

    assert asked["result"]["resultType"] == "input_required"
    assert done["result"]["structuredContent"] == {"name": "Ann"}
    assert groups() == {"before"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tool", "path", "kept"),
    [("write_and_refuse", "things2", set()), ("write_own_and_refuse", "things3", {"kept"})],
)
def test_a_refused_call_that_may_ask_keeps_what_rest_keeps(client, monkeypatch, tool, path, kept):
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert Client().post(f"/{path}/write_and_refuse/").status_code == 404
    assert groups() == kept
    Group.objects.all().delete()

    assert client.call(tool)["structuredContent"]["status"] == 404
    assert groups() == kept
    assert connection.settings_dict["ATOMIC_REQUESTS"] is True
