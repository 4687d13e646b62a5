"""The state that a client keeps for the server between a question and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Site

pytestmark = pytest.mark.live

PREFIX = "io.modelcontextprotocol/"
META = {f"{PREFIX}protocolVersion": "2026-07-28", f"{PREFIX}clientCapabilities": {"elicitation": {}}}


def call(site: Site, text: str, state: Any = None, caller: str = "admin") -> dict[str, Any]:
    params: dict[str, Any] = {"name": "create_decision", "arguments": {"text": text}, "_meta": META}
    if state is not None:
        params |= {"requestState": state, "inputResponses": {"sure": {"action": "accept", "content": {"sure": True}}}}
    headers = {"MCP_Protocol_Version": "2026-07-28", "Mcp_Method": "tools/call", "Mcp_Name": "create_decision"}
    return site.ask("tools/call", params, caller, **headers).json


def asked(site: Site, text: str) -> str:
    result = call(site, text)["result"]
    assert result["resultType"] == "input_required"
    return str(result["requestState"])


def written(site: Site, text: str) -> int:
    return len(site.rows(f"SELECT id FROM threats_entry WHERE text = '{text}'"))


@pytest.fixture
def bob_is_staff(site: Site) -> Iterator[None]:
    site.execute("UPDATE users_user SET is_staff = true WHERE username = 'bob'")
    yield
    site.execute("UPDATE users_user SET is_staff = false WHERE username = 'bob'")


def test_a_state_works_once_for_the_call_that_it_is_of(site: Site) -> None:
    state = asked(site, "once")
    assert written(site, "once") == 0
    assert call(site, "other", state)["error"]["code"] == -32602
    for number in range(0, len(state), 9):
        other = "A" if state[number] != "A" else "B"
        assert "error" in call(site, "once", f"{state[:number]}{other}{state[number + 1 :]}")
    assert "result" in call(site, "once", state)
    assert call(site, "once", state)["error"]["code"] == -32602
    assert (written(site, "once"), written(site, "other")) == (1, 0)


@pytest.mark.usefixtures("bob_is_staff")
def test_a_state_is_worth_nothing_to_another_who_may_call_the_tool(site: Site) -> None:
    state = asked(site, "anothers")
    assert call(site, "anothers", state, "bob")["error"]["code"] == -32602
    assert written(site, "anothers") == 0


def test_a_state_is_worth_nothing_to_who_has_lost_the_permission(site: Site) -> None:
    state = asked(site, "lost")
    site.execute("UPDATE users_user SET is_staff = false WHERE username = 'admin'")
    try:
        assert call(site, "lost", state)["error"]["message"] == "Unknown tool: create_decision"
    finally:
        site.execute("UPDATE users_user SET is_staff = true WHERE username = 'admin'")
    assert written(site, "lost") == 0
    assert "result" in call(site, "lost", state)  # it was not spent in vain


def test_a_state_that_another_key_signed_is_none(site: Site, serving: Any) -> None:
    other = serving("gunicorn", THREATS_KEY="another-key-" + "x" * 50)
    assert call(site, "foreign", asked(other, "foreign"))["error"]["code"] == -32602
    assert written(site, "foreign") == 0
