"""Behind a real nginx, configured as the documentation says."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, free_port, wait_for

from .rounds import make_token
from .test_listening import URI, listening, rename
from .test_speaking import Talk, events, messages

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not shutil.which("nginx"), reason="There is no nginx; on Debian: apt-get install nginx-light."),
]

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


def documented_location() -> str:
    (location,) = re.findall(
        r"```text\n(location /mcp \{.*?\n\})\n```", (ROOT / "docs/how-to/deploy.md").read_text(), re.DOTALL
    )
    return location


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Put nginx in front of a server; ``change`` changes what the documentation says."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(server: Server, change: Callable[[str], str] = str) -> Server:
        folder = tmp_path / f"nginx{len(processes)}"
        folder.mkdir()
        location = documented_location()
        assert "http://127.0.0.1:8000" in location
        location = change(location.replace("http://127.0.0.1:8000", server.url))
        port = free_port()
        file = folder / "nginx.conf"
        file.write_text(CONFIGURATION.format(folder=folder, port=port, location=location))
        subprocess.run(["nginx", "-t", "-q", "-c", file, "-p", folder], check=True, capture_output=True)
        processes.append(subprocess.Popen(["nginx", "-c", file, "-p", folder], stderr=subprocess.DEVNULL))
        wait_for(port, processes[-1])
        return replace(server, url=f"http://127.0.0.1:{port}")

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.parametrize("kind", ["uvicorn", "gthread"])
def test_events_come_as_they_are_sent(speaking, behind_nginx, kind):
    server = behind_nginx(speaking(kind))
    with Talk(server, "2026-07-28").call("work_until_cancelled", progressToken="p") as response:
        heard = events(response)
        began = time.monotonic()
        assert [next(heard).message["params"]["progress"] for _ in range(10)] == list(range(10))
        # It sends one in a tenth of a second, and would go on for a minute.
        assert time.monotonic() - began < 5


def test_nginx_collects_no_events_even_where_it_collects_answers(speaking, behind_nginx):
    server = behind_nginx(speaking("uvicorn"), lambda location: location.replace("proxy_buffering off;", ""))
    with Talk(server, "2026-07-28").call("work_until_cancelled", progressToken="p") as response:
        began = time.monotonic()
        next(events(response))
        assert time.monotonic() - began < 5


def test_a_listener_hears_and_outlives_a_proxy_that_waits_little_longer_than_a_stream_is_silent(speaking, behind_nginx):
    server = behind_nginx(
        speaking("uvicorn-workers"),
        lambda location: location.replace("proxy_read_timeout 300s", "proxy_read_timeout 17s"),
    )
    with listening(Talk(server, "2026-07-28"), resourceSubscriptions=[URI]) as response:
        heard = messages(response)
        next(heard)
        time.sleep(20)
        rename(server, "through_nginx")
        assert next(heard)["params"]["uri"] == URI


def test_a_client_that_goes_away_behind_nginx_cancels_its_call(speaking, behind_nginx):
    inner = speaking("uvicorn")
    talk = Talk(behind_nginx(inner), "2026-07-28")
    with talk.call("work_until_cancelled", progressToken="p") as response:
        next(events(response))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with sqlite3.connect(f"{inner.database}.other") as other:
            if other.execute("SELECT note FROM notes").fetchall():
                return
        time.sleep(0.1)
    pytest.fail("The call still runs.")


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_both_addresses_and_the_credentials_reach_the_endpoint(serve, behind_nginx, path):
    inner = serve("gunicorn", DEMO_DEBUG="0")
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    request = urllib.request.Request(f"{behind_nginx(inner).url}{path}", body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request)
    request.add_header("Authorization", f"Token {make_token(inner, 'admin')}")
    with urllib.request.urlopen(request) as response:
        assert json.loads(response.read())["result"]["tools"]
