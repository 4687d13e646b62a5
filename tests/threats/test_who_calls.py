"""Cookies, pages of other sites, forged addresses, and credentials that go no further than the endpoint."""

from __future__ import annotations

import json

import pytest

from .conftest import Site
from .fill import ACCESS, TOKENS

pytestmark = pytest.mark.live

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_curious", "arguments": {}}}


@pytest.fixture(scope="module")
def cookies(serving) -> str:
    """The cookies of alice, who has logged in to the site."""
    site = serving()
    code = (
        "import django; django.setup()\n"
        "from django.test import Client; from users.models import User\n"
        "c = Client(); c.force_login(User.objects.get(username='alice'))\n"
        "print('sessionid=' + c.cookies['sessionid'].value)"
    )
    import subprocess
    import sys

    from tests.servers import ROOT, demo_environment

    from .conftest import SETTINGS

    environment = demo_environment(site.server.database, SETTINGS, **site.variables)
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    cookie = found.stdout.strip().splitlines()[-1] + "; csrftoken=" + "c" * 32
    # The cookie is good: REST takes it.
    assert site.rest("GET", "curious/", caller=None, Cookie=cookie).json["user"] == "alice"
    return cookie


@pytest.mark.parametrize("csrf", [None, "c" * 32])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", json.dumps(CALL).encode()),
        ("text/plain", json.dumps(CALL).encode()),
        ("application/x-www-form-urlencoded", b"a=1"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'),
        ("", json.dumps(CALL).encode()),
    ],
)
def test_a_cookie_runs_no_tool_whatever_form_brings_it(site: Site, cookies, content_type, body, csrf) -> None:
    before = site.log.count("tools/call list_curious")
    reply = site.post(body, None, Content_Type=content_type, Cookie=cookies, X_CSRFToken=csrf)
    assert reply.status in (401, 415)
    assert b"alice" not in reply.content
    assert "set-cookie" not in reply.headers
    assert site.log.count("tools/call list_curious") == before


def test_where_cookie_and_token_disagree_the_token_counts(site: Site, cookies) -> None:
    reply = site.call("list_curious", Cookie=cookies)
    assert reply.data["user"] == "bob"
    assert reply.data["session"] == []
    assert "set-cookie" not in reply.headers
    assert cookies.split("=", 1)[1].split(";")[0] not in reply.data["found"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "{other_port}", "{https}", "", "{url}.evil.example"]
)
def test_a_page_of_another_site_reaches_nothing(site: Site, origin) -> None:
    own = site.url
    said = origin.format(
        url=own, https=own.replace("http:", "https:"), other_port=f"http://127.0.0.1:{site.address[1] + 1}"
    )
    reply = site.post(CALL, Origin=said)
    assert reply.status == 403
    assert "access-control-allow-origin" not in reply.headers
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization"}
    preflight = site.request("OPTIONS", "/mcp", Origin=said, **asked)
    assert preflight.status == 403
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert site.post(CALL, Origin=own).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a@127.0.0.1", "127.0.0.1:80:80", ""])
def test_a_host_that_is_not_served_reaches_nothing(site: Site, host) -> None:
    assert site.post(CALL, Host=host).status == 400


@pytest.mark.parametrize(
    "name", ["X_Forwarded_Host", "Forwarded", "X_Forwarded_Server", "X_Original_URL", "X_Rewrite_URL"]
)
def test_no_header_says_who_or_where_the_site_is(site: Site, name) -> None:
    value = "host=evil.example;proto=https" if name == "Forwarded" else "evil.example"
    reply = site.post(CALL, None, **{name: value})
    assert reply.status == 401
    assert "evil" not in json.dumps(reply.headers)
    assert "evil" not in site.call("list_curious", **{name: value}).data["uri"]
    # What gunicorn believes of a proxy on this machine, REST and MCP believe alike.
    by_rest = site.rest("GET", "curious/", X_Forwarded_Proto="https").json["uri"]
    assert site.call("list_curious", X_Forwarded_Proto="https").data["uri"] == by_rest
    assert site.call("list_curious", X_Forwarded_For="9.9.9.9").data["ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    "header", ["_force_auth_user", "-Force-Auth-User", "X-User", "Remote-User", "X-Remote-User", "X-Forwarded-User"]
)
def test_no_header_query_or_message_names_the_caller(site: Site, header) -> None:
    for value in ("admin", "3"):
        assert (
            site.request(
                "POST",
                "/mcp",
                json.dumps(CALL).encode(),
                **{
                    "Content_Type": "application/json",
                    header: value,
                },
            ).status
            == 401
        )
        reply = site.request(
            "POST",
            f"/mcp?{header}={value}&user={value}&_user={value}",
            json.dumps(
                {
                    **CALL,
                    "_force_auth_user": value,
                    "user": value,
                    "params": {**CALL["params"], "_meta": {"user": value, "_force_auth_user": value}},
                }
            ).encode(),
            **{
                "Content_Type": "application/json",
                "Authorization": f"Bearer {ACCESS['bob']}",
                header: value,
                "MCP_Protocol_Version": "2025-06-18",
            },
        )
        assert reply.data["user"] == "bob"


def test_nothing_inside_sees_a_credential(site: Site) -> None:
    for scheme, secret in (("Bearer", ACCESS["bob"]), ("Token", TOKENS["bob"])):
        reply = site.call("list_curious", Authorization=f"{scheme} {secret}", X_API_Key="stolen", Cookie="a=stolen")
        assert reply.data["user"] == "bob"
        assert reply.data["auth"] in ("AccessToken", "Token")
        assert "stolen" not in reply.data["found"]
        assert ACCESS["bob"] not in reply.data["found"]
        assert secret not in site.log


def test_a_token_of_the_endpoint_opens_nothing_else(site: Site) -> None:
    bearer = f"Bearer {ACCESS['admin']}"
    assert site.rest("GET", "note/", caller=None, Authorization=bearer).status in (401, 403)
    for credentials in ("MCP x", f"MCP {ACCESS['admin']}", f"Token {ACCESS['admin']}"):
        assert site.rest("GET", "note/", caller=None, Authorization=credentials).status in (401, 403)
        assert site.post(CALL, None, Authorization=credentials).status == 401


def test_a_view_with_a_policy_of_its_own_is_there_for_nobody_and_one_without_users_gets_none(site: Site) -> None:
    absent = site.call("list_guardex", {})
    hidden = site.call("list_guarded", {})
    assert hidden.content.replace(b"list_guarded", b"") == absent.content.replace(b"list_guardex", b"")
    assert "list_guarded" not in site.tools("admin")
    assert site.call("list_userless", {}, "admin").data["user"] == "AnonymousUser"


@pytest.mark.parametrize("session", ["x", "0" * 32, "../../etc", "\u00e9", "a" * 4_000, "a,b"])
def test_a_session_that_is_not_ones_own_is_none(site: Site, session) -> None:
    headers = {"Mcp_Session_Id": session.encode("latin-1").decode("latin-1")}
    for method in ("GET", "DELETE"):
        assert site.request(
            method, "/mcp", Authorization=f"Bearer {ACCESS['bob']}", MCP_Protocol_Version="2025-06-18", **headers
        ).status in (404, 405, 400)
    assert site.call("list_curious", **headers).status in (200, 404)


def test_what_a_client_leaves_out_is_left_out_and_never_brought_back(serving) -> None:
    site = serving()
    whole = set(site.tools())
    for query in ("?read_only=false&tools=*", "?read_only=0", "?tools=*&exclude_tools="[:9]):
        assert set(site.tools(path=f"/mcp{query}")) == whole
    reading = set(site.tools(path="/reading/"))
    assert reading < whole
    for query in ("?read_only=false", "?tools=create_*,*", "?read_only=0&tools=destroy_threats_note_note"):
        assert set(site.tools(path=f"/reading/{query}")) <= reading
    for name in whole - reading:
        absent = site.call(f"{name}x", path="/reading/", X_MCP_Readonly="false", X_MCP_Tools="*")
        hidden = site.call(name, path="/reading/", X_MCP_Readonly="false", X_MCP_Tools="*")
        assert hidden.content.replace(name.encode(), b"") == absent.content.replace(f"{name}x".encode(), b"")


def test_a_pattern_that_takes_long_to_match_is_refused(site: Site) -> None:
    costly = ",".join(["*a" * 60] * 10)
    for reply in (
        site.ask("tools/list", X_MCP_Tools=costly),
        site.ask("tools/list", path=f"/mcp?exclude_tools={costly}"),
    ):
        assert reply.status == 400
        assert reply.error["code"] == 400
    assert site.ask("tools/list", X_MCP_Exclude_Tools="*[a-c]*d*?e").status == 200
