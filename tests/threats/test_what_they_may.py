"""What bob may not do through REST he may not do through a tool, in the same words and with the same rows."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import pytest

from .conftest import Site
from .fill import ACCESS

pytestmark = pytest.mark.live


def notes(site: Site) -> list:
    return site.rows("SELECT id, owner_id, text, secret, size, is_official FROM threats_note ORDER BY id")


def note_of(site: Site, owner: str) -> str:
    name = {"alice": 1, "bob": 2, "admin": 3}[owner]
    return str(site.rows(f"SELECT min(id) FROM threats_note WHERE owner_id = {name}")[0][0])


HIDDEN = [
    "list_threats_report_vault",
    "retrieve_threats_report_vault",
    "destroy_threats_report",
    "audit_threats_report",
]


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_tool_is_byte_for_byte_one_that_never_was(site: Site, name, version) -> None:
    assert name not in site.tools("bob")
    assert name in site.tools("admin")
    meta, headers = {}, {}
    if version == "2026-07-28":
        prefix = "io.modelcontextprotocol/"
        meta = {"_meta": {f"{prefix}protocolVersion": version, f"{prefix}clientCapabilities": {}}}
    for arguments in ({}, {"id": "1"}, {"id": "../1"}, {"nonsense": 1}, {"id": {}}):
        answers = []
        for asked in (name, f"{name[:-1]}#"):
            if meta:
                headers = {"Mcp_Method": "tools/call", "Mcp_Name": asked}
            reply = site.ask(
                "tools/call",
                {"name": asked, "arguments": arguments, **meta},
                MCP_Protocol_Version=version,
                **headers,
            )
            kept = {k: v for k, v in reply.headers.items() if k not in ("date", "content-length")}
            answers.append((reply.status, reply.content.replace(asked.encode(), b""), kept))
        assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("resources/read", {"uri": "drf:///api/VAULT/"}),
        ("resources/read", {"uri": "drf:///api/VAULT/1/"}),
        ("resources/read", {"uri": "drf:///api/VAULT/?page=x"}),
        (
            "completion/complete",
            {"ref": {"type": "ref/resource", "uri": "drf:///api/VAULT/{id}/"}, "argument": {"name": "id", "value": ""}},
        ),
        (
            "completion/complete",
            {"ref": {"type": "ref/resource", "uri": "drf:///api/VAULT/{id}/"}, "argument": {"name": "no", "value": ""}},
        ),
    ],
)
def test_a_hidden_resource_is_byte_for_byte_one_that_never_was(site: Site, method, params) -> None:
    replies = []
    for prefix in ("vault", "vaulx"):
        reply = site.ask(method, json.loads(json.dumps(params).replace("VAULT", prefix)))
        assert "error" in reply.json
        replies.append((reply.status, reply.content.replace(prefix.encode(), b"")))
    assert replies[0] == replies[1]
    assert "vault" not in json.dumps(site.ask("resources/list").json)
    assert "vault" not in json.dumps(site.ask("resources/templates/list").json)
    assert "vault" in json.dumps(site.ask("resources/list", {}, "admin").json)


def test_a_tool_is_hidden_at_once_from_who_has_used_it(site: Site) -> None:
    name, absent = "list_threats_report_vault", "list_threats_report_vaulx"

    def is_hidden() -> bool:
        replies = [(site.call(asked, {}, "admin"), asked) for asked in (name, absent) for _ in range(8)]
        told = {(reply.status, reply.content.replace(asked.encode(), b"")) for reply, asked in replies}
        return len(told) == 1

    def becomes(*, hidden: bool) -> None:
        until = time.monotonic() + 20  # a process looks for rules once a second, when it is asked something
        while is_hidden() != hidden:
            assert time.monotonic() < until

    for _ in range(8):  # both processes know it, and who used it
        assert site.call(name, {}, "admin").result["isError"] is False
    site.execute("UPDATE users_user SET is_staff = false WHERE username = 'admin'")
    try:
        assert is_hidden()
    finally:
        site.execute("UPDATE users_user SET is_staff = true WHERE username = 'admin'")
    assert not is_hidden()
    columns = "kind, key, is_enabled, is_limited, asks, title, description"
    site.execute(f"INSERT INTO drf_mcp_toolrule ({columns}) VALUES ('tool', '{name}', false, false, false, '', '')")
    try:
        becomes(hidden=True)
        assert name not in site.tools("admin")
    finally:
        site.execute(f"DELETE FROM drf_mcp_toolrule WHERE key = '{name}'")
        becomes(hidden=False)


def test_a_permission_that_differs_by_action_does_so_here(site: Site) -> None:
    (before,) = site.rows("SELECT count(*) FROM threats_report")[0]
    pk = str(site.call("create_threats_report", {"title": "Doomed"}).data["id"])
    assert site.rest("DELETE", f"report/{pk}/").status == 403
    assert site.call("destroy_threats_report", {"id": pk}).error["code"] == -32602
    assert site.rows("SELECT count(*) FROM threats_report")[0][0] == before + 1
    assert site.call("destroy_threats_report", {"id": pk}, "admin").result["isError"] is False
    assert site.rows("SELECT count(*) FROM threats_report")[0][0] == before


@pytest.mark.parametrize("prefix", ["note", "shared"])
def test_somebody_elses_object_stays_as_it_is(site: Site, prefix) -> None:
    pk, before = note_of(site, "alice"), notes(site)
    calls = [
        ("GET", "", f"retrieve_threats_note_{prefix}", {}),
        ("PATCH", "", f"update_threats_note_{prefix}", {"text": "stolen"}),
        ("DELETE", "", f"destroy_threats_note_{prefix}", {}),
    ]
    if prefix == "note":
        calls.append(("POST", "shout/", "shout_threats_note", {}))
    for verb, tail, tool, data in calls:
        by_rest = site.rest(verb, f"{prefix}/{pk}/{tail}", data or None)
        by_tool = site.call(tool, {"id": pk, **data})
        assert by_tool.result["isError"] is True
        told = by_tool.result["structuredContent"]
        assert (told["status"], told["detail"]) == (by_rest.status, by_rest.json["detail"])
        nobodys = site.call(tool, {"id": "999999", **data}).result["structuredContent"]
        if prefix == "note":
            assert told == nobodys
    assert notes(site) == before


PAGES = [
    {}, {"page": 1}, {"page": 2}, {"page": 99}, {"page": -1}, {"page": 0}, {"page_size": 10**9}, {"page_size": -5},
    {"page_size": 0}, {"page": 1, "page_size": 3}, {"search": "%"}, {"search": "alice"}, {"search": "_"},
    {"search": "\\"}, {"search": "note 1"}, {"search": "' OR 1=1 --"}, {"ordering": "-id"}, {"ordering": "text"},
]  # fmt: skip


@pytest.mark.parametrize("query", PAGES)
def test_a_list_has_the_rows_that_rest_has_and_no_more(site: Site, query) -> None:
    by_rest = site.rest("GET", f"note/?{urlencode(query)}")
    by_tool = site.call("list_threats_note_note", query).json
    if by_rest.status == 200 and "result" in by_tool and not by_tool["result"].get("isError"):
        assert by_tool["result"]["structuredContent"] == by_rest.json
        assert len(by_rest.json["results"]) <= 3
        assert {row["owner"] for row in by_rest.json["results"]} <= {2}
    elif by_rest.status != 200:
        assert by_tool["result"]["structuredContent"]["status"] == by_rest.status
    else:
        assert by_tool["error"]["code"] == -32602  # the schema knows better than a page size that REST passes over
    exported = site.call("export_threats_note", {}).data["result"]
    assert exported == site.rest("GET", "note/export/").json
    assert {row["owner"] for row in exported} == {2}


@pytest.mark.parametrize("value", ["x", "1e3", [], {}, True, 10**30, "1 OR 1=1", None, "\x00", "\uff19\uff19"])
def test_a_page_that_is_none_is_refused_or_what_rest_answers(site: Site, value) -> None:
    for name in ("page", "page_size"):
        reply = site.call("list_threats_note_note", {name: value})
        assert reply.status == 200
        answer = reply.json
        assert answer.get("error", {}).get("code") != -32603
        if "result" in answer and not answer["result"].get("isError"):
            assert {row["owner"] for row in answer["result"]["structuredContent"]["results"]} <= {2}


@pytest.mark.parametrize(
    "more",
    [
        {"id": 999}, {"pk": 999}, {"owner": 1}, {"owner_id": 1}, {"is_official": True}, {"secret": "x"},
        {"is_staff": True}, {"__class__": "x"}, {"__init__": {}}, {"_state": {}}, {"owner__is_staff": True},
        {"owner": {"id": 1, "is_staff": True}}, {"text ": "x"}, {"Text": "x"}, {"data": {"owner": 1}},
    ],
)  # fmt: skip
def test_nobody_writes_what_they_may_not(site: Site, more) -> None:
    pk, before = note_of(site, "bob"), notes(site)
    reply = site.call("update_threats_note_note", {"id": pk, **more} if "id" not in more else {"pk": pk, **more})
    assert reply.error["code"] == -32602
    assert notes(site) == before
    (count,) = site.rows("SELECT count(*) FROM threats_note")[0]
    site.call("create_threats_note_note", {"text": "mine", **more})
    after = notes(site)
    assert len(after) in (count, count + 1)
    for row in after[count:]:
        assert (row[1], row[3], bool(row[5])) == (2, "never shown", False)
        site.execute(f"DELETE FROM threats_note WHERE id = {row[0]}")
    assert notes(site) == before


@pytest.mark.parametrize(
    "query",
    [
        {"password__startswith": "m"}, {"owner__email": "a"}, {"owner__password__regex": "^m"}, {"id__in": "1,2"},
        {"secret": "never"}, {"secret__contains": "n"}, {"ordering": "secret"}, {"ordering": "owner__password"},
        {"ordering": "-owner__email,id"}, {"ordering": "?"}, {"ordering": "id;drop table"}, {"q": "x"},
        {"format": "api"}, {"_method": "DELETE"}, {"search__in": "x"}, {"owner": 1},
    ],
)  # fmt: skip
def test_no_look_up_that_rest_does_not_know_tells_anything(site: Site, query) -> None:
    tools = {"list_threats_note_note": "note/", "export_threats_note": "note/export/"}
    for tool, path in {**tools, "list_threats_report_report": "report/"}.items():
        reply = site.call(tool, query)
        for word in ("FieldError", "Choices are", "Traceback", "SELECT", "OperationalError", "never shown"):
            assert word not in reply.content.decode()
        if "result" in reply.json:  # passed over, as by REST
            found = site.rest("GET", f"{path}?{urlencode(query)}").json
            assert reply.data == (found if isinstance(found, dict) else {"result": found})
            plain = site.call(tool, {}).data
            assert plain.get("results", plain.get("result")) == reply.data.get("results", reply.data.get("result"))
        else:
            assert reply.error["code"] == -32602


@pytest.mark.parametrize(
    "pk",
    [
        "../../admin", "..", ".", "../report/1", "1/2", "1/", "1?x=2", "1#x", "%2e%2e", "%2F", "1\n", "\n", "\x00",
        "1\x00", {"a": 1}, [1], "", " ", 10**400, True, 1.5, "\uff11", "1;2", "shout", "export", "1.json",
        "\u202e1", "x" * 10_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("tool", ["retrieve_threats_note_note", "destroy_threats_note_note", "shout_threats_note"])
def test_a_key_names_an_object_and_never_a_path(site: Site, tool, pk) -> None:
    before = notes(site)
    body = (
        json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"id": pk}}}
        )
        if pk != 10**400
        else (
            '{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{}","arguments":{{"id":1{}}}}}}}'.format(
                tool, "0" * 400
            )
        )
    )
    reply = site.post(body.encode())
    answer = reply.json
    if "error" in answer:
        assert answer["error"]["code"] == -32602
        assert "id" in answer["error"]["message"]
    else:
        assert answer["result"]["isError"] is True
        assert answer["result"]["structuredContent"]["status"] == 404
    assert notes(site) == before


def test_a_read_only_token_has_nothing_that_writes(site: Site) -> None:
    site.execute("UPDATE drf_mcp_accesstoken SET is_read_only = true, tools = '*note*' WHERE user_id = 2")
    try:
        assert site.tools("bob")
        assert all(tool["annotations"]["readOnlyHint"] for tool in site.tools("bob").values())
        assert all("note" in name for name in site.tools("bob"))
        for name in ("create_threats_note_note", "list_bell"):
            absent = site.call(f"{name}x")
            for query in ("/mcp", "/mcp?read_only=false&tools=*"):
                assert site.call(name, path=query).content.replace(name.encode(), b"") == absent.content.replace(
                    f"{name}x".encode(), b""
                )
    finally:
        site.execute("UPDATE drf_mcp_accesstoken SET is_read_only = false, tools = '' WHERE user_id = 2")
    assert ACCESS["bob"]
