"""The round that every client plays on the demo project: the calls of ``round.json`` and what must come back.

A client hands over what it saw as one document: ``protocol``, ``server``, ``tools`` (their names), ``answers``
(results as they stand on the wire, or ``{"error": ...}``) and, where its HTTP is watched, ``requests`` (HTTP method,
JSON-RPC method, status).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers import ROOT, Server, demo_environment

_STEPS = json.loads((Path(__file__).parent / "round.json").read_text())

CALLS: list[dict[str, Any]] = [step["call"] for step in _STEPS]
"""The params of each ``tools/call``."""

ANSWERS: list[dict[str, Any]] = [step["answer"] for step in _STEPS]
"""What ``gist`` makes of each answer."""

SERVER = {"name": "django-drf-mcp", "version": "1.0.0"}

TOOLS = {f"{action}_users_user" for action in ("list", "create", "retrieve", "update", "destroy", "activate")}
"""The tools of the demo's users; it has others beside them."""

HANDSHAKE = [["POST", "initialize", 200], ["POST", "notifications/initialized", 202]]
"""How a client opens that speaks the revisions with a handshake."""

DISCOVERY = [["POST", "server/discover", 200]]
"""How a client opens that looks for a newer revision first; it finds one and stays with it."""


def gist(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer is the same in each round: no dates, and of the text the first line."""
    if "error" in answer:
        return answer
    text = answer["content"][0]["text"].partition("\n")[0]
    if answer.get("isError"):
        return {"refused": text}
    return {"text": text, "structured": _without_dates(answer.get("structuredContent"))}


def _without_dates(value: Any) -> Any:
    return json.loads(
        json.dumps(value),
        object_hook=lambda found: {key: inner for key, inner in found.items() if key != "date_joined"},
    )


def make_token(server: Server, username: str) -> str:
    """A key from DRF's own command, in the database of this server."""
    output = subprocess.run(
        [sys.executable, "manage.py", "drf_create_token", username],
        cwd=ROOT,
        env=demo_environment(server.database),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return output.split()[2]
