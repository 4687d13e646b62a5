"""The first users' transcripts, sent to real servers: each message gets every key and line that it got there."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.seeds.transcripts import Exchange, exchanges
from tests.servers import Server, start_server

pytestmark = pytest.mark.live

TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
VERBOSE = {"GUNICORN_CMD_ARGS": "--access-logfile - --log-level debug"}


@dataclass
class Answer:
    status: int
    content_type: str
    body: bytes

    @property
    def message(self) -> Any:
        return json.loads(self.body)


def post(server: Server, body: bytes) -> Answer:
    """Send the bytes as they are, as the seeds' clients did."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        # http.client counts the Content-Length by itself: the ones in the documents are wrong.
        connection.request("POST", "/mcp/", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return Answer(response.status, response.headers["Content-Type"], response.read())
    finally:
        connection.close()


def call(server: Server, method: str, params: Any = None, request_id: Any = 1) -> Any:
    message = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if params is not None:
        message["params"] = params
    answer = post(server, json.dumps(message).encode())
    assert answer.status == 200
    assert answer.message["id"] == request_id
    return answer.message


def call_tool(server: Server, name: str, arguments: Any) -> Any:
    return call(server, "tools/call", {"name": name, "arguments": arguments})


def missing(shown: Any, actual: Any, path: str = "$") -> list[str]:
    """Where an answer lacks something that a document shows; nothing where it is all there.

    Objects may have more keys. Arrays have the same length, except lists of tools and of prompts, which
    may have more of them. Texts may have more lines. A time stands for any time.
    """
    if isinstance(shown, dict) and isinstance(actual, dict):
        lost = [f"{path}.{key} is missing" for key in shown if key not in actual]
        for key in shown.keys() & actual.keys():
            if key == "text" and isinstance(shown[key], str) and isinstance(actual[key], str):
                lost += missing_lines(shown[key], actual[key], f"{path}.text")
            else:
                lost += missing(shown[key], actual[key], f"{path}.{key}")
        return lost
    if isinstance(shown, list) and isinstance(actual, list):
        if all(isinstance(item, dict) and {"inputSchema", "arguments"} & set(item) for item in shown):
            named = {item["name"]: item for item in actual}
            return [lost for item in shown for lost in missing(item, named.get(item["name"]), f"{path}.{item['name']}")]
        if len(shown) != len(actual):
            return [f"{path} has {len(actual)} items instead of {len(shown)}"]
        return [lost for i, item in enumerate(shown) for lost in missing(item, actual[i], f"{path}[{i}]")]
    # True is no 1 on the wire, and 8.0 is shown where floats are meant.
    if type(shown) is type(actual) and shown == actual:
        return []
    return [f"{path} is {actual!r} instead of {shown!r}"]


def missing_lines(shown: str, actual: str, path: str) -> list[str]:
    """The lines of a text that another one lacks or has in another order."""
    rest = iter(TIME.sub("<time>", actual).split("\n"))
    return [f"{path} lacks the line {line!r}" for line in TIME.sub("<time>", shown).split("\n") if line not in rest]


@dataclass
class Conversation:
    """A server of the demo, and what it answered to the first seed's messages, one after the other."""

    server: Server
    answers: dict[str, Answer]


@pytest.fixture(scope="module")
def hold_conversation(
    demo_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Conversation]]:
    """Start a server of one kind on fresh demo data and send it the first seed, once."""
    held: dict[str, Conversation] = {}

    def hold(kind: str) -> Conversation:
        if kind not in held:
            server = start_server(kind, tmp_path_factory.mktemp(kind), demo_database, **VERBOSE)
            held[kind] = Conversation(server, {})
            for exchange in exchanges("first"):
                held[kind].answers[exchange.name] = post(server, exchange.request)
        return held[kind]

    yield hold
    for conversation in held.values():
        conversation.server.stop()


@pytest.fixture(params=["gunicorn", "uvicorn"])
def conversation(request: pytest.FixtureRequest, hold_conversation: Callable[[str], Conversation]) -> Conversation:
    return hold_conversation(request.param)


@pytest.fixture
def demo(hold_conversation: Callable[[str], Conversation]) -> Server:
    """The same server after the conversation, for other calls."""
    return hold_conversation("gunicorn").server


@pytest.mark.parametrize("exchange", exchanges("first"), ids=str)
def test_the_demo_answers_the_first_seed_with_all_that_was_shown(
    exchange: Exchange, conversation: Conversation
) -> None:
    answer = conversation.answers[exchange.name]
    shown = exchange.response
    if "message" in shown.get("error", {}) and "ErrorDetail" in shown["error"]["message"]:
        del shown["error"]["message"]  # a Python repr, which nobody shall see again: two tests further down
    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert missing(shown, answer.message) == []


def test_the_time_of_creation_has_the_form_that_was_shown(conversation: Conversation) -> None:
    text = conversation.answers["4_create_bob"].message["result"]["content"][0]["text"]
    assert re.search(rf"^- Created: {TIME.pattern}$", text, re.MULTILINE)


def test_the_list_of_users_has_three_users_and_no_more(conversation: Conversation) -> None:
    text = conversation.answers["3_list_users"].message["result"]["content"][0]["text"]
    assert re.findall(r"^(\d+)\. User ID: (\d+)$", text, re.MULTILINE) == [("1", "1"), ("2", "2"), ("3", "3")]


def test_the_tools_of_users_are_the_six_that_were_shown(conversation: Conversation) -> None:
    tools = conversation.answers["2_tools_list"].message["result"]["tools"]
    tools = [tool for tool in tools if tool["name"].endswith("_users_user")]
    shown = next(e.response for e in exchanges("first") if e.name == "2_tools_list")["result"]["tools"]
    assert sorted(tool["name"] for tool in tools) == sorted(tool["name"] for tool in shown)
    properties = {tool["name"]: set(tool["inputSchema"]["properties"]) for tool in tools}
    assert properties == {tool["name"]: set(tool["inputSchema"]["properties"]) for tool in shown}
    assert {tool["name"]: tool["inputSchema"].get("required", []) for tool in tools} == {
        tool["name"]: tool["inputSchema"].get("required", []) for tool in shown
    }


def test_missing_fields_are_named_in_words_and_as_data(conversation: Conversation) -> None:
    answer = conversation.answers["7_missing_fields"]
    error = answer.message["error"]
    assert error["code"] == -32602
    assert error["message"].startswith("Tool execution failed: ")
    assert "email: This field is required." in error["message"]
    assert "password: This field is required." in error["message"]
    required = [{"message": "This field is required.", "code": "required"}]
    assert error["data"]["errors"] == {"email": required, "password": required}


def test_no_answer_or_log_has_a_python_repr_or_a_password(conversation: Conversation) -> None:
    everything = b"".join(answer.body for answer in conversation.answers.values()).decode()
    everything += conversation.server.log.read_text()
    for secret in ("ErrorDetail", "password123", "pbkdf2_sha256", "Traceback"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("create_users_user", {"username": "carol", "email": "carol@test.com", "password": "SECRET"}),
        ("create_users_user", {"username": "dave", "email": "no address", "password": "SECRET"}),
        ("create_users_user", {"username": "johndoe", "email": "john@example.com", "password": "SECRET"}),
        ("create_users_user", {"username": "erin", "email": "erin@test.com", "password": ["SECRET"]}),
        ("create_users_user", {"username": "erin", "email": "erin@test.com", "password": {"SECRET": "SECRET"}}),
        ("create_users_user", {"username": "erin", "email": "erin@test.com", "pasword": "SECRET"}),
        ("create_users_user", {"username": "erin", "email": "erin@test.com", "password": "SECRET\x00"}),
        ("update_users_user", {"id": "2", "password": "SECRET"}),
        ("update_users_user", {"id": {"password": "SECRET"}, "password": "SECRET"}),
        ("update_users_user", {"id": "999", "password": "SECRET"}),
        ("list_users_user", {"password": "SECRET"}),
        ("no_such_tool", {"password": "SECRET"}),
    ],
)
@pytest.mark.parametrize("method", ["tools/call", "call_tool"])
def test_a_password_never_comes_back(tool: str, arguments: Any, method: str, demo: Server) -> None:
    params = json.dumps({"name": tool, "arguments": arguments}).replace("SECRET", "hunter2-and-a-half")
    message = call(demo, method, json.loads(params))
    assert "hunter2" not in json.dumps(message)
    assert "hunter2" not in demo.log.read_text()


@pytest.fixture(scope="module")
def seed_server(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """The server of a seed document, started on first use; the second names none and shares the third's."""
    kinds = {"math-server": "gunicorn", "learning-mcp-server": "uvicorn"}
    servers: dict[str, Server] = {}

    def serve(seed: str) -> Server:
        name = "learning-mcp-server" if seed == "fourth" else "math-server"
        if name not in servers:
            servers[name] = start_server(
                *(kinds[name], tmp_path_factory.mktemp(name), demo_database),
                settings="tests.seeds.settings",
                project="tests.seeds",
                SEED_SERVER_NAME=name,
            )
        return servers[name]

    yield serve
    for server in servers.values():
        server.stop()


@pytest.mark.parametrize(
    "exchange", [exchange for seed in ("second", "third", "fourth") for exchange in exchanges(seed)], ids=str
)
def test_a_project_with_the_tools_of_the_other_seeds_answers_them_with_all_that_was_shown(
    exchange: Exchange, seed_server: Callable[[str], Server]
) -> None:
    answer = post(seed_server(exchange.seed), exchange.request)
    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert missing(exchange.response, answer.message) == []


@pytest.mark.parametrize("seed", ["third", "fourth"])
def test_each_server_promises_what_its_seed_shows_and_no_more(seed: str, seed_server: Callable[[str], Server]) -> None:
    capabilities = call(seed_server(seed), "initialize", {"protocolVersion": "2025-11-25"})["result"]["capabilities"]
    # The fourth is served by a server that can stream, and `add` reports.
    more = {"resources", "logging"} if seed == "fourth" else set()
    assert set(capabilities) == {"experimental", "tools", "prompts", "completions", *more}
    assert ("error" in call(seed_server(seed), "resources/list")) == (seed == "third")


def test_the_old_names_of_the_prompts_answer_what_the_new_ones_do(seed_server: Callable[[str], Server]) -> None:
    server = seed_server("second")
    assert call(server, "list_prompts")["result"] == call(server, "prompts/list")["result"]["prompts"]
    params = {"name": "problem_solving", "arguments": {"problem": "2x"}}
    assert call(server, "get_prompt", params)["result"] == call(server, "prompts/get", params)["result"]


@pytest.mark.parametrize("params", [{"name": "no_such_prompt", "arguments": {}}, {"name": "problem_solving"}])
def test_the_old_name_of_prompts_get_refuses_with_data(params: Any, seed_server: Callable[[str], Server]) -> None:
    answer = call(seed_server("second"), "get_prompt", params)
    assert "result" not in answer
    assert answer["error"]["code"] == -32602
    assert params["name"] in answer["error"]["message"]
    assert answer["error"]["data"]


@pytest.mark.parametrize("params", [{}, {"name": {"a": 1}}, {"name": ["x"]}], ids=json.dumps)
def test_the_old_name_of_prompts_get_refuses_what_is_no_name_without_a_python_repr(
    params: Any, seed_server: Callable[[str], Server]
) -> None:
    error = call(seed_server("second"), "get_prompt", params)["error"]
    assert error["code"] == -32602
    assert error["data"]
    for python in ("None", "{'", "['"):
        assert python not in json.dumps(error)


@pytest.mark.parametrize(
    "params",
    [
        {"name": "no_such_tool", "arguments": {}},
        {"name": "add", "arguments": {}},
        {"name": "add", "arguments": {"a": 1, "b": 2, "c": 3}},
        {"name": "calculate", "arguments": {"expression": "__import__('os')"}},
        {"arguments": {}},
    ],
)
def test_the_old_name_of_tools_call_refuses_with_an_error_that_has_data(
    params: Any, seed_server: Callable[[str], Server]
) -> None:
    answer = call(seed_server("second"), "call_tool", params)
    assert "result" not in answer
    assert answer["error"]["code"] in (-32601, -32602)
    assert answer["error"]["message"]
    assert answer["error"]["data"]


def test_the_old_name_of_tools_call_says_in_an_error_that_an_object_is_not_there(demo: Server) -> None:
    answer = call(demo, "call_tool", {"name": "retrieve_users_user", "arguments": {"id": "999"}})
    assert "result" not in answer
    assert answer["error"]["data"]["status"] == 404


def test_the_old_name_of_the_tool_list_answers_the_same_tools_as_the_new_one(demo: Server) -> None:
    assert call(demo, "list_tools")["result"] == call(demo, "tools/list")["result"]["tools"]


def test_a_bare_value_is_the_whole_text_and_stands_under_result(seed_server: Callable[[str], Server]) -> None:
    result = call_tool(seed_server("third"), "add", {"a": 5, "b": 3})["result"]
    assert [block["text"] for block in result["content"]] == ["8"]
    assert result["structuredContent"] == {"result": 8}
    assert result["isError"] is False


def test_a_dict_schema_goes_to_clients_as_its_author_wrote_it(seed_server: Callable[[str], Server]) -> None:
    tools = {tool["name"]: tool for tool in call(seed_server("second"), "tools/list")["result"]["tools"]}
    assert tools["hello_world"]["inputSchema"] == {
        "type": "object",
        "properties": {"name": {"type": "string", "description": "Name to greet"}},
        "required": [],
    }


@pytest.mark.parametrize("expression", ["2 ** 3", "1 / 0", "1 +", "__import__('os').getcwd()", "'a' * 9", "True + 1"])
def test_an_expression_that_cannot_be_calculated_is_an_error_that_says_so(
    expression: str, seed_server: Callable[[str], Server]
) -> None:
    error = call_tool(seed_server("fourth"), "calculate", {"expression": expression})["error"]
    assert error["code"] == -32602
    assert error["message"].startswith("Tool execution failed: expression: ")
    assert error["data"]["errors"]["expression"][0]["code"] == "invalid"


def test_a_refusal_that_names_no_field_has_its_errors_in_an_object_too(seed_server: Callable[[str], Server]) -> None:
    error = call_tool(seed_server("third"), "add", {"a": 1e308, "b": 1e308})["error"]
    assert error["code"] == -32602
    assert error["message"] == "Tool execution failed: The sum is not a finite number."
    [entries] = error["data"]["errors"].values()
    assert entries == [{"message": "The sum is not a finite number.", "code": "invalid"}]


def assert_result_or_clear_error(tool: Any, answer: Any) -> None:
    required = tool["inputSchema"].get("required", [])
    if "result" in answer:
        assert not required
        assert answer["result"]["content"]
        assert answer["result"]["isError"] is False
    else:
        assert answer["error"]["code"] == -32602
        assert any(name in answer["error"]["message"] for name in required)
        assert answer["error"]["data"]


def test_every_tool_of_the_seeds_called_with_nothing_answers_a_result_or_a_clear_error(
    seed_server: Callable[[str], Server],
) -> None:
    server = seed_server("second")
    tools = call(server, "list_tools", {})["result"]
    assert len(tools) == 4
    for tool in tools:
        answer = call(server, "call_tool", {"name": tool["name"], "arguments": {}})
        if "result" in answer:
            answer = {"result": {"content": answer["result"], "isError": False}}
        assert_result_or_clear_error(tool, answer)


@pytest.mark.parametrize("extra", [{"arguments": {}}, {}])
def test_every_tool_of_the_demo_called_with_nothing_answers_a_result_or_a_clear_error(extra: Any, demo: Server) -> None:
    for tool in call(demo, "tools/list")["result"]["tools"]:
        assert_result_or_clear_error(tool, call(demo, "tools/call", {"name": tool["name"], **extra}))


def stream(server: Server, body: bytes) -> list[Any]:
    """Post as a client that reads streams, and give the messages that come."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    try:
        connection.request("POST", "/mcp/", body, headers)
        lines = connection.getresponse().read().splitlines()
    finally:
        connection.close()
    return [json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")]


@pytest.fixture(params=["gthread", "uvicorn"])
def streaming_server(request: pytest.FixtureRequest, serve: Callable[..., Server]) -> Server:
    return serve(request.param, settings="tests.seeds.settings", project="tests.seeds")


def test_the_third_seeds_progress_is_replayed_as_it_was_shown(streaming_server: Server) -> None:
    folder = Path(__file__).parent.parent / "seeds/transcripts/third"
    (exchange,) = [found for found in exchanges("third") if found.name == "5_tools_call_with_progress"]
    notifications = sorted(folder.glob("5_tools_call_with_progress.notification_*.json"))

    *heard, answer = stream(streaming_server, exchange.request)

    assert heard == [json.loads(path.read_bytes()) for path in notifications]
    assert missing(exchange.response, answer) == []


def test_the_second_seeds_streaming_tool_yields_its_results_as_they_become_available(streaming_server: Server) -> None:
    params = {"name": "handle_streaming_tool", "_meta": {"progressToken": 1}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()

    *heard, answer = stream(streaming_server, body)

    assert [message["params"]["message"] for message in heard] == ["Reading. ", "Counting. ", "Done."]
    assert answer["result"]["content"] == [{"type": "text", "text": "Reading. Counting. Done."}]
