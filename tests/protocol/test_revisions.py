from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.errors import InvalidRequestError
from drf_mcp.protocol.revisions import (
    LATEST_HANDSHAKE,
    MAX_BATCH,
    PROTOCOL_VERSION_META,
    REVISIONS,
    check_batch,
    handshake_revision,
    negotiate,
)

from . import JSON, steady

HANDSHAKE = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
VERSIONS = st.sampled_from(HANDSHAKE)


@pytest.mark.parametrize("version", HANDSHAKE)
def test_a_version_that_is_served_is_echoed(version: str) -> None:
    assert negotiate(version).version == version
    assert negotiate(version).has_handshake


@pytest.mark.parametrize("asked", [None, "", "1", "2024-11-06", " 2024-11-05", 20241105, True, [], ["2024-11-05"], {}])
def test_any_other_version_is_answered_with_the_newest_that_has_a_handshake(asked: Any) -> None:
    assert negotiate(asked).version == "2025-11-25"
    assert LATEST_HANDSHAKE.version == "2025-11-25"


@steady
@given(JSON | VERSIONS)
def test_whatever_a_client_asks_for_it_gets_a_revision_with_a_handshake(asked: Any) -> None:
    assert negotiate(asked).version in HANDSHAKE


METHODS = ["ping", "tools/list", "tools/call", "initialize", "server/discover"]


def message(method: str, meta: Any = None) -> dict[str, Any]:
    return {"method": method, "params": {} if meta is None else {"_meta": meta}}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("version", HANDSHAKE)
def test_the_header_says_which_handshake_revision_a_request_speaks(version: str, method: str) -> None:
    revision = handshake_revision(message(method), version)
    assert revision is not None
    assert revision.version == version


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("meta", [None, {}, {"progressToken": 1}, 1, []])
def test_a_request_without_a_version_speaks_the_first_revision_of_the_single_url(method: str, meta: Any) -> None:
    revision = handshake_revision(message(method, meta), None)
    assert revision is not None
    assert revision.version == "2025-03-26"


UNKNOWN = ["", "1", "1999-01-01", "2099-12-31", "2025-06-18,2025-06-18", "x" * 10_000]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("header", [None, *HANDSHAKE, *UNKNOWN, "2026-07-28"])
@pytest.mark.parametrize("named", [*HANDSHAKE, "2026-07-28", "1999-01-01", "", None, 1, {}])
def test_a_version_in_meta_leads_to_the_gate_whatever_the_header_says(
    method: str, header: str | None, named: Any
) -> None:
    assert handshake_revision(message(method, {PROTOCOL_VERSION_META: named}), header) is None


@pytest.mark.parametrize("method", [method for method in METHODS if method != "initialize"])
@pytest.mark.parametrize("header", [*UNKNOWN, "2026-07-28"])
def test_a_header_that_names_no_handshake_revision_leads_to_the_gate(method: str, header: str) -> None:
    assert handshake_revision(message(method), header) is None


@pytest.mark.parametrize("header", UNKNOWN)
def test_initialize_opens_the_handshake_era_whatever_its_header_names(header: str) -> None:
    assert handshake_revision(message("initialize"), header) is not None


def test_initialize_under_the_header_of_a_stateless_revision_leads_to_the_gate() -> None:
    assert handshake_revision(message("initialize"), "2026-07-28") is None


@steady
@given(JSON | st.builds(message, st.text(), JSON), st.none() | st.text() | VERSIONS)
def test_anything_at_all_belongs_to_one_of_the_eras(posted: Any, header: str | None) -> None:
    revision = handshake_revision(posted, header)
    assert revision is None or (revision.has_handshake and REVISIONS[revision.version] is revision)


def test_all_four_handshake_revisions_are_served_and_one_that_has_none() -> None:
    assert [version for version, revision in REVISIONS.items() if revision.has_handshake] == HANDSHAKE
    assert [version for version, revision in REVISIONS.items() if not revision.has_handshake] == ["2026-07-28"]


@pytest.mark.parametrize("header", [None, "2025-03-26"])
def test_batches_are_taken_in_one_revision_up_to_a_size(header: str | None) -> None:
    check_batch([{}] * MAX_BATCH, header)
    for batch in ([], [{}] * (MAX_BATCH + 1), [{"method": "ping"}, {"method": "initialize"}]):
        with pytest.raises(InvalidRequestError):
            check_batch(batch, header)


@pytest.mark.parametrize("header", ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28", *UNKNOWN])
def test_batches_are_refused_everywhere_else(header: str) -> None:
    with pytest.raises(InvalidRequestError):
        check_batch([{}], header)
