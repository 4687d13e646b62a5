from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.errors import InvalidParamsError, InvalidRequestError, MCPError, ParseError
from drf_mcp.protocol.jsonrpc import (
    MAX_DEPTH,
    Notification,
    RawJSON,
    Request,
    Response,
    dumps,
    encode_error,
    encode_result,
    load_message,
    parse_message,
)

from . import JSON, steady

IDS = st.text() | st.integers()
PARAMS = st.dictionaries(st.text().filter(lambda key: key != "_meta"), JSON) | st.fixed_dictionaries(
    {"_meta": st.dictionaries(st.text(), JSON)}
)
NEARLY_MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "id": IDS | JSON,
        "method": st.text() | JSON,
        "params": PARAMS | JSON,
        "result": JSON,
        "error": JSON,
    },
)
MESSAGE = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":[1,2.5,"\\u00e9"]}}}'


def message_in(body: bytes) -> Any:
    """The message in a body."""
    return parse_message(load_message(body))


def parsed_or_refused(body: bytes) -> Any:
    """The message, or the MCPError that stands for it; anything else that is raised fails the test."""
    try:
        message = message_in(body)
    except MCPError as error:
        json.loads(encode_error(error.request_id, error))
        return error
    assert isinstance(message, (Request, Notification, Response))
    return message


@steady
@given(st.binary())
def test_any_bytes_are_a_message_or_refused(body: bytes) -> None:
    parsed_or_refused(body)


@steady
@given(st.integers(0, len(MESSAGE)), st.integers(0, len(MESSAGE)), st.binary(max_size=4))
def test_any_damage_to_a_message_leaves_a_message_or_is_refused(start: int, end: int, patch: bytes) -> None:
    parsed_or_refused(MESSAGE[:start] + patch + MESSAGE[end:])


@steady
@given(st.text(alphabet='[]{}",:\\u0dD8 1eE+-.tfn\n'))
def test_any_row_of_json_characters_is_a_message_or_refused(text: str) -> None:
    parsed_or_refused(text.encode())


@steady
@given(JSON | NEARLY_MESSAGES, st.booleans(), st.sampled_from([None, 0, 2]))
def test_any_json_is_a_message_or_refused(value: Any, ascii_only: bool, indent: int | None) -> None:
    message = parsed_or_refused(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())
    if isinstance(message, Request):
        assert type(message.id) in (str, int)
        assert type(message.method) is str
        assert type(message.params) is dict
        assert type(message.meta) is dict


@steady
@given(JSON | NEARLY_MESSAGES)
def test_a_refusal_names_the_id_only_if_it_is_one(value: Any) -> None:
    refusal = parsed_or_refused(json.dumps(value).encode())
    if isinstance(refusal, MCPError):
        sent = value.get("id") if isinstance(value, dict) else None
        assert refusal.request_id == (sent if type(sent) in (str, int) else None)


@steady
@given(IDS, st.text(), PARAMS, st.booleans(), st.sampled_from([None, 1]))
def test_a_well_formed_request_is_read_as_it_was_sent(
    request_id: str | int, method: str, params: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    sent = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    message = message_in(json.dumps(sent, ensure_ascii=ascii_only, indent=indent).encode())
    assert message == Request(request_id, method, params)
    assert message.meta == params.get("_meta", {})


@steady
@given(IDS, st.text())
def test_a_request_without_params_has_empty_ones(request_id: str | int, method: str) -> None:
    message = message_in(json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method}).encode())
    assert message == Request(request_id, method, {})


@steady
@given(st.text(), PARAMS)
def test_a_message_without_an_id_is_a_notification(method: str, params: Any) -> None:
    sent = {"jsonrpc": "2.0", "method": method, "params": params}
    assert message_in(json.dumps(sent).encode()) == Notification(method, params)


@steady
@given(IDS, st.sampled_from(["result", "error"]), JSON)
def test_an_answer_is_a_response(request_id: str | int, outcome: str, value: Any) -> None:
    sent = {"jsonrpc": "2.0", "id": request_id, outcome: value}
    message = message_in(json.dumps(sent).encode())
    assert isinstance(message, Response)
    assert message.id == request_id
    assert message.payload == sent


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"ping",
        MESSAGE[:-1],
        MESSAGE + MESSAGE,
        b"\xff",
        b"\xef\xbb\xbf" + MESSAGE,
        MESSAGE.decode().encode("utf-16"),
        b"NaN",
        b'{"x":Infinity}',
        b'{"x":-Infinity}',
        b'{"x":1e999}',
        b'{"x":-1e999}',
        b'{"x":1,"x":1}',
        b'[{"x":[{"y":1,"y":2}]}]',
        b'{"x":1,"\\u0078":2}',
        b'{"":1,"":2}',
        b"9" * 5000,
        b'{"x":-%b}' % (b"9" * 5000),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"x":' * 100_000,
        b'["]",' * 100_000,
        b'"\xed\xa0\x80"',
        b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}',
        b'{"jsonrpc":"2.0","method":"x","params":{"\\udfff\\ud83d":1}}',
        b'["\\ud800"]',
    ],
    ids=lambda body: repr(body[:20])[2:-1],
)
def test_what_is_no_strict_json_is_a_parse_error_without_an_id(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        message_in(body)
    assert caught.value.code == -32700
    assert caught.value.request_id is None


@pytest.mark.parametrize("params", [b'{"\\udfff\\ud83d":1}', b'{"x":["\\ud800"]}', b'["\\ud800"]', b'"\\ud800"'])
def test_half_of_a_surrogate_pair_in_the_params_is_answered_under_the_id(params: bytes) -> None:
    with pytest.raises(InvalidParamsError) as caught:
        message_in(b'{"jsonrpc":"2.0","id":7,"method":"x","params":%b}' % params)
    assert caught.value.request_id == 7


@pytest.mark.parametrize("open_and_close", [(b"[", b"]"), (b'{"x":', b"}"), (b'[{"x":', b"}]")], ids=repr)
def test_a_message_nests_as_deep_as_the_limit_and_no_deeper(open_and_close: tuple[bytes, bytes]) -> None:
    opening, closing = open_and_close
    levels = len(opening.replace(b'"x":', b""))
    frame = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"x":%b}}'
    deepest = (MAX_DEPTH - 2) // levels
    assert isinstance(message_in(frame % (opening * deepest + b"1" + closing * deepest)), Request)
    with pytest.raises(ParseError):
        message_in(frame % (opening * (deepest + 1) + b"1" + closing * (deepest + 1)))


@pytest.mark.parametrize(
    "text", ["[" * 1000, "{[" * 1000, '\\"[' * 1000, "\\\\", "\\\\[" * 200, "]" * 1000, "\\ud83d\\ude00", "\\\\ud800"]
)
def test_brackets_and_backslashes_in_a_string_are_text(text: str) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"x":["%b",[]]}}' % text.encode()
    message = message_in(body)
    assert isinstance(message, Request)
    assert message.params["x"] == [json.loads(f'"{text}"'), []]


def test_many_arrays_beside_each_other_are_not_deep() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"x":[%b]}}' % b",".join([b'[{"y":[]}]'] * 10_000)
    assert len(message_in(body).params["x"]) == 10_000


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "x", [], [1], [{"jsonrpc": "2.0", "id": 1, "method": "x"}], {}])
def test_json_that_is_no_message_is_an_invalid_request(value: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        message_in(json.dumps(value).encode())
    assert caught.value.code == -32600


@pytest.mark.parametrize("request_id", [None, True, False, 1.0, 1.5, [], {}])
@pytest.mark.parametrize("members", [{"method": "x"}, {"method": "x", "params": []}, {"method": 1}, {}])
def test_an_id_that_is_neither_string_nor_integer_is_an_invalid_request(request_id: Any, members: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        message_in(json.dumps({"jsonrpc": "2.0", "id": request_id, **members}).encode())
    assert caught.value.request_id is None


@pytest.mark.parametrize("version", [None, 2, 2.0, "1.0", "2", "2.00", ["2.0"]])
def test_a_message_of_another_jsonrpc_is_an_invalid_request(version: Any) -> None:
    with pytest.raises(InvalidRequestError):
        message_in(json.dumps({"jsonrpc": version, "id": 1, "method": "x"}).encode())


@pytest.mark.parametrize("params", [None, [], ["x"], "x", 1, True])
@pytest.mark.parametrize("request_id", [1, "x", ""])
def test_params_that_are_no_object_are_invalid_params_of_that_request(params: Any, request_id: Any) -> None:
    with pytest.raises(InvalidParamsError) as caught:
        message_in(json.dumps({"jsonrpc": "2.0", "id": request_id, "method": "x", "params": params}).encode())
    assert caught.value.code == -32602
    assert caught.value.request_id == request_id


def read(encoded: bytes) -> Any:
    """Decode what was encoded, which is one line."""
    assert b"\n" not in encoded
    assert b"\r" not in encoded
    return json.loads(encoded)


@steady
@given(JSON)
def test_any_json_is_encoded_in_one_line_and_reads_the_same(value: Any) -> None:
    assert read(dumps(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_what_json_cannot_say_is_never_written(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        dumps(value)


@steady
@given(IDS, JSON)
def test_a_result_answers_its_request_in_one_line(request_id: str | int, result: Any) -> None:
    expected = {"jsonrpc": "2.0", "id": request_id, "result": result}
    assert read(encode_result(request_id, result)) == expected
    assert read(encode_result(request_id, RawJSON(dumps(result)))) == expected


def test_a_result_that_is_encoded_already_is_put_in_as_it_stands() -> None:
    assert b'"result":{ "a" : 1.50 }' in encode_result(1, RawJSON(b'{ "a" : 1.50 }'))


@steady
@given(IDS | st.none(), st.text(), JSON)
def test_an_error_answers_its_request_in_one_line(request_id: Any, message: str, data: Any) -> None:
    answer = read(encode_error(request_id, InvalidParamsError(message, data=data)))
    assert answer["jsonrpc"] == "2.0"
    assert answer["id"] == request_id
    assert answer["error"]["code"] == -32602
    assert answer["error"]["message"] == message
    assert answer["error"].get("data") == data


@steady
@given(IDS, st.text(), PARAMS)
def test_what_an_error_says_of_a_request_that_was_read_can_always_be_written(
    request_id: Any, method: str, params: Any
) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}).encode()
    message = message_in(body)
    assert isinstance(message, Request)
    error = InvalidParamsError(message.method, data=message.params)
    assert read(encode_error(message.id, error))["error"]["data"] == params
