from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drf_mcp.protocol.errors import UnsupportedVersionError
from drf_mcp.protocol.revisions import LATEST_HANDSHAKE, PROTOCOL_VERSION_META, REVISIONS, negotiate, revision_of

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


@pytest.mark.parametrize("method", ["ping", "tools/list", "tools/call", "initialize"])
@pytest.mark.parametrize("version", HANDSHAKE)
def test_the_header_says_which_revision_a_request_speaks(version: str, method: str) -> None:
    assert revision_of(method, version, {}).version == version


@pytest.mark.parametrize("method", ["ping", "tools/list", "tools/call", "initialize"])
def test_a_request_without_a_version_speaks_the_first_revision_of_the_single_url(method: str) -> None:
    assert revision_of(method, None, {}).version == "2025-03-26"
    assert revision_of(method, None, {"progressToken": 1}).version == "2025-03-26"


@pytest.mark.parametrize("version", ["", " ", "1", "1999-01-01", "2099-12-31", "2025-06-18,2025-06-18", "x" * 10_000])
def test_a_header_that_names_no_served_revision_is_refused_with_those_that_are(version: str) -> None:
    with pytest.raises(UnsupportedVersionError) as caught:
        revision_of("tools/list", version, {})
    assert caught.value.http_status == caught.value.handshake_status == 400
    assert caught.value.data["supported"] == list(REVISIONS)
    assert caught.value.data["requested"] == version


@steady
@given(st.text(), st.none() | st.text() | VERSIONS, st.dictionaries(st.text(), JSON), JSON | VERSIONS)
def test_every_request_speaks_a_served_revision_or_is_refused(
    method: str, header: str | None, meta: dict[str, Any], named: Any
) -> None:
    for each in (meta, {**meta, PROTOCOL_VERSION_META: named}):
        try:
            revision = revision_of(method, header, each)
        except UnsupportedVersionError as error:
            json.dumps(error.to_wire())
        else:
            assert REVISIONS[revision.version] is revision


def test_all_four_handshake_revisions_are_served() -> None:
    assert [version for version, revision in REVISIONS.items() if revision.has_handshake] == HANDSHAKE
