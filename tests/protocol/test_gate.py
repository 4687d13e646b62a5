"""The gate: each row by itself, and of any two faults the one that stands first."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from drf_mcp.protocol.errors import HeaderMismatchError, InvalidParamsError, MCPError, UnsupportedVersionError
from drf_mcp.protocol.gate import CHECKS, pass_gate
from drf_mcp.protocol.jsonrpc import Request
from drf_mcp.protocol.revisions import (
    CLIENT_CAPABILITIES_META,
    LOG_LEVEL_META,
    PROTOCOL_VERSION_META,
    REVISIONS,
)

VERSION = "2026-07-28"


class Draft:
    """A request that is in order, until a fault is put into it."""

    def __init__(self, method: str = "tools/call") -> None:
        self.meta: dict[str, Any] = {PROTOCOL_VERSION_META: VERSION, CLIENT_CAPABILITIES_META: {}}
        self.params: dict[str, Any] = {"name": "add", "uri": "test://a", "_meta": self.meta}
        self.method = method
        self.headers = {"HTTP_MCP_PROTOCOL_VERSION": VERSION, "HTTP_MCP_METHOD": method, "HTTP_MCP_NAME": "add"}

    def send(self) -> Any:
        return pass_gate(Request(1, self.method, copy.deepcopy(self.params)), self.headers)


def without_version(draft: Draft) -> None:
    draft.meta.pop(PROTOCOL_VERSION_META)


def without_capabilities(draft: Draft) -> None:
    draft.meta.pop(CLIENT_CAPABILITIES_META)


def version_header_missing(draft: Draft) -> None:
    draft.headers.pop("HTTP_MCP_PROTOCOL_VERSION")


def version_header_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_PROTOCOL_VERSION"] = "2027-01-01"


def version_unknown(draft: Draft) -> None:
    """In both places; another fault may have taken or changed either of them already."""
    for place, key in ((draft.meta, PROTOCOL_VERSION_META), (draft.headers, "HTTP_MCP_PROTOCOL_VERSION")):
        if place.get(key) == VERSION:
            place[key] = "1999-01-01"


def method_header_missing(draft: Draft) -> None:
    del draft.headers["HTTP_MCP_METHOD"]


def method_header_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_METHOD"] = "Tools/Call"


def name_header_missing(draft: Draft) -> None:
    del draft.headers["HTTP_MCP_NAME"]


def name_header_differs(draft: Draft) -> None:
    draft.headers["HTTP_MCP_NAME"] = "subtract"


def name_header_broken(draft: Draft) -> None:
    draft.headers["HTTP_MCP_NAME"] = "=?base64?YWRk===?="


Fault = Callable[[Draft], None]
ROWS: list[tuple[int, Fault, type[MCPError]]] = [
    (2, without_version, InvalidParamsError),
    (2, without_capabilities, InvalidParamsError),
    (3, version_header_missing, HeaderMismatchError),
    (3, version_header_differs, HeaderMismatchError),
    (4, version_unknown, UnsupportedVersionError),
    (5, method_header_missing, HeaderMismatchError),
    (5, method_header_differs, HeaderMismatchError),
    (6, name_header_missing, HeaderMismatchError),
    (6, name_header_differs, HeaderMismatchError),
    (6, name_header_broken, HeaderMismatchError),
]
"""The rows in the order in which they answer."""
HEADERS = {3: "MCP-Protocol-Version", 5: "Mcp-Method", 6: "Mcp-Name"}


def refused(*faults: Fault) -> MCPError:
    draft = Draft()
    for fault in faults:
        fault(draft)
    with pytest.raises(MCPError) as caught:
        draft.send()
    return caught.value


def assert_row(error: MCPError, row: int, expected: type[MCPError]) -> None:
    assert type(error) is expected
    assert error.http_status == 400
    assert (error.data or {}).get("header") == HEADERS.get(row)


@pytest.mark.parametrize("method", ["tools/call", "prompts/get", "tools/list", "nothing"])
def test_a_request_in_order_passes(method: str) -> None:
    assert Draft(method).send() is REVISIONS[VERSION]


@pytest.mark.parametrize(("row", "fault", "error"), ROWS, ids=lambda value: getattr(value, "__name__", ""))
def test_each_fault_has_its_answer(row: int, fault: Fault, error: type[MCPError]) -> None:
    assert_row(refused(fault), row, error)


PAIRS = [pair for pair in combinations(ROWS, 2) if pair[0][0] != pair[1][0]]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda row: row[1].__name__)
def test_of_two_faults_the_one_that_stands_first_is_answered(first: Any, second: Any) -> None:
    row, fault, error = first
    assert_row(refused(fault, second[1]), row, error)
    assert_row(refused(second[1], fault), row, error)


def test_what_is_missing_in_meta_is_named_together_with_what_is_served() -> None:
    draft = Draft()
    without_version(draft)
    without_capabilities(draft)
    with pytest.raises(InvalidParamsError) as caught:
        draft.send()
    assert caught.value.data == {
        "missing": [PROTOCOL_VERSION_META, CLIENT_CAPABILITIES_META],
        "supported": list(REVISIONS),
    }


@pytest.mark.parametrize("capabilities", [None, [], "sampling", True])
def test_capabilities_are_an_object(capabilities: Any) -> None:
    draft = Draft()
    draft.meta[CLIENT_CAPABILITIES_META] = capabilities
    with pytest.raises(InvalidParamsError):
        draft.send()


@pytest.mark.parametrize("version", [None, 20260728, ["2026-07-28"], {}, True])
def test_a_version_that_is_no_string_differs_from_every_header(version: Any) -> None:
    draft = Draft()
    draft.meta[PROTOCOL_VERSION_META] = version
    with pytest.raises(HeaderMismatchError):
        draft.send()


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_a_revision_with_a_handshake_is_served_after_one_and_never_here(version: str) -> None:
    draft = Draft()
    draft.meta[PROTOCOL_VERSION_META] = draft.headers["HTTP_MCP_PROTOCOL_VERSION"] = version
    with pytest.raises(UnsupportedVersionError) as caught:
        draft.send()
    assert "opens with initialize" in caught.value.message
    assert caught.value.data["requested"] == version
    assert version not in caught.value.data["supported"]
    assert VERSION in caught.value.data["supported"]


def test_an_unknown_version_is_told_all_that_are_served() -> None:
    error = refused(version_unknown)
    assert error.data == {"supported": list(REVISIONS), "requested": "1999-01-01"}


def test_blanks_around_a_header_do_not_count_and_case_does() -> None:
    draft = Draft()
    draft.headers = {key: f" \t{value} " for key, value in draft.headers.items()}
    assert draft.send() is REVISIONS[VERSION]
    draft.headers["HTTP_MCP_NAME"] = "Add"
    with pytest.raises(HeaderMismatchError):
        draft.send()


def test_a_name_may_come_as_base64() -> None:
    draft = Draft()
    draft.params["name"] = "añadir"
    draft.headers["HTTP_MCP_NAME"] = "=?base64?YcOxYWRpcg==?="
    assert draft.send() is REVISIONS[VERSION]


@pytest.mark.parametrize("name", [None, 1, ["add"], {}])
def test_a_name_that_is_no_string_differs_from_every_header(name: Any) -> None:
    draft = Draft()
    draft.params["name"] = name
    with pytest.raises(HeaderMismatchError):
        draft.send()


def test_a_resource_is_named_by_its_address() -> None:
    draft = Draft("resources/read")
    with pytest.raises(HeaderMismatchError):
        draft.send()
    draft.headers["HTTP_MCP_NAME"] = "test://a"
    assert draft.send() is REVISIONS[VERSION]


def test_the_checks_stand_in_the_order_of_the_rows() -> None:
    assert [check.__name__ for check in CHECKS] == [
        "check_meta",
        "check_version_header",
        "check_version",
        "check_method_header",
        "check_name_header",
        "check_log_level",
    ]


@pytest.mark.parametrize("level", ["loud", None, 3, ["info"]])
def test_a_log_level_is_one_of_the_protocols(level):
    draft = Draft()
    draft.meta[LOG_LEVEL_META] = level
    with pytest.raises(InvalidParamsError, match="The log levels are debug, info"):
        draft.send()

    draft.meta[LOG_LEVEL_META] = "info"
    assert draft.send().version == VERSION
