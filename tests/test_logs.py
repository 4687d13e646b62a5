"""What logs hold of calls, and what they never do."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool
from drf_mcp.logs import CallFilter
from drf_mcp.masking import is_sensitive, masked
from tests.factories import MCPClient, StatelessClient, TokenFactory, mcp_urls, routed
from tests.protocol import JSON, steady
from tests.servers import ROOT

own = logging.getLogger("tests.own")
SECRET = "s3cr3t-of-ann"


class Line(serializers.Serializer):
    sku = serializers.CharField()
    gate = serializers.CharField(write_only=True)


class Purchase(serializers.Serializer):
    note = serializers.CharField(required=False)
    phrase = serializers.CharField(write_only=True)
    pin = serializers.ChoiceField(["1111"], required=False, write_only=True)
    lines = Line(many=True, required=False)


class Purchases(ViewSet):
    serializer_class = Purchase

    @mcp_tool(name="buy", input=Purchase)
    @action(detail=False, methods=["post"])
    def buy(self, request):
        data = Purchase(data=request.data)
        data.is_valid(raise_exception=True)
        own.warning("Bought")
        return Response({"note": SECRET, "access_token": SECRET})


urlpatterns = [*routed(Purchases), *mcp_urls()]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def written(caplog: Any, name: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == name]


# One line a call


def test_each_call_is_one_line_with_who_what_and_how_it_ended(caplog) -> None:
    caplog.set_level(logging.INFO, "drf_mcp.calls")
    token = TokenFactory()
    StatelessClient(token.user).ask(
        "tools/call",
        {"name": "buy", "arguments": {"phrase": SECRET}},
        meta={"io.modelcontextprotocol/clientInfo": {"name": "annie", "version": "2"}},
    )

    (record,) = written(caplog, "drf_mcp.calls")
    assert record.getMessage().startswith("tools/call buy: ok in ")
    assert record.levelno == logging.INFO
    told = {name: value for name, value in vars(record).items() if name.startswith("mcp_")}
    assert told.pop("mcp_duration_ms") > 0
    assert len(told.pop("mcp_token_pk")) == 12
    assert told == {
        "mcp_method": "tools/call",
        "mcp_name": "buy",
        "mcp_outcome": "ok",
        "mcp_status": 200,
        "mcp_error_code": None,
        "mcp_error_id": "",
        "mcp_request_id": 1,
        "mcp_session_id": "",
        "mcp_revision": "2026-07-28",
        "mcp_user_pk": token.user.pk,
        "mcp_client_name": "annie",
        "mcp_client_version": "2",
        "mcp_trace_id": "",
    }
    assert SECRET not in str(vars(record))


def test_a_line_that_a_client_would_forge_stays_one_line(caplog) -> None:
    caplog.set_level(logging.INFO, "drf_mcp.calls")
    caplog.set_level(logging.DEBUG, "drf_mcp.trace")
    MCPClient().send("tools/call\nINFO all is well", {"name": "x\u2028y"})

    assert len(caplog.records) >= 3
    assert all(record.getMessage().isprintable() for record in caplog.records if record.name.startswith("drf_mcp."))


def test_of_a_resource_the_template_is_told_and_nothing_of_its_address(caplog) -> None:
    caplog.set_level(logging.INFO, "drf_mcp.calls")
    with override_settings(ROOT_URLCONF="config.urls"):
        user = TokenFactory().user
        answer = MCPClient(user).send("resources/read", {"uri": f"drf:///api/users/{user.pk}/"})
        MCPClient(user).send("resources/read", {"uri": f"drf:///{SECRET}?{SECRET}"})

    assert "result" in answer
    found, unknown = written(caplog, "drf_mcp.calls")
    assert (found.mcp_name, found.mcp_outcome, found.mcp_status) == ("drf:///api/users/{id}/", "ok", 200)
    assert (unknown.mcp_name, unknown.mcp_outcome) == ("", "error")


# Arguments, where the project wants them


def test_arguments_are_told_where_the_project_says_so_and_masked_even_then(caplog) -> None:
    caplog.set_level(logging.INFO, "drf_mcp.calls")
    arguments = {"phrase": SECRET, "note": "n" * 300, "lines": [{"sku": "a", "gate": SECRET}]}
    with override_settings(DRF_MCP={"ANONYMOUS": True, "LOG_ARGUMENTS": True}):
        MCPClient().call("buy", **arguments)

    (record,) = written(caplog, "drf_mcp.calls")
    assert record.mcp_arguments == {
        "phrase": "***",
        "note": "(300 characters)",
        "lines": [{"sku": "a", "gate": "***"}],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("password", "new_password", "newPassword2", "PASSWORD", "clientSecret", "access_token", "tokens", "X-Auth"),
        *("api_key", "apiKey", "APIKey", "apikey", "Authorization", "cookie", "otp_code", "userPin", "pin", "ssn"),
        *("card_number", "cvv", "credentials", "sessionCookies", "requestState", "private-key"),
    ],
)
def test_what_a_name_says_is_secret_is_masked(name) -> None:
    assert masked({"a": [{name: {"x": SECRET}}]}) == {"a": [{name: "***"}]}


@pytest.mark.parametrize(
    "name",
    ["username", "shipping", "monkey", "author", "discard", "passenger", "progressToken", "maxTokens", "spin", ""],
)
def test_a_name_that_only_looks_like_it_is_not(name) -> None:
    assert not is_sensitive(name)


def test_an_object_in_a_text_is_masked_as_an_object() -> None:
    value = {"data": json.dumps({"password": SECRET, "a": 1}), "other": "{not json", "list": '[{"pin": 1}]'}
    assert masked(value) == {"data": '{"password": "***", "a": 1}', "other": "{not json", "list": '[{"pin": "***"}]'}


def test_a_project_adds_names() -> None:
    assert not is_sensitive("blood_group")
    with override_settings(DRF_MCP={"SENSITIVE_NAMES": ["blood-group", "salary"]}):
        assert is_sensitive("bloodGroup")
        assert is_sensitive("base_salary")


@steady
@given(JSON)
def test_any_value_can_be_masked_and_stays_json(value) -> None:
    json.dumps(masked(value))


# Other records


def test_what_is_logged_while_a_call_runs_names_the_call(caplog) -> None:
    caplog.set_level(logging.INFO, "drf_mcp.calls")
    caplog.handler.addFilter(added := CallFilter())
    try:
        parent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"
        arguments = {"name": "buy", "arguments": {"phrase": "x"}}
        StatelessClient().ask("tools/call", arguments, meta={"traceparent": parent})
        own.warning("Outside")
    finally:
        caplog.handler.removeFilter(added)

    inside, outside = written(caplog, "tests.own")
    (line,) = written(caplog, "drf_mcp.calls")
    for record in (inside, line):
        assert (record.mcp_method, record.mcp_name, record.mcp_request_id) == ("tools/call", "buy", 1)
        assert record.mcp_trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert (outside.mcp_method, outside.mcp_name, outside.mcp_request_id, outside.mcp_trace_id) == ("", "", "", "")


def test_the_filter_can_stand_in_the_settings_of_logging() -> None:
    code = """
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "drf_mcp"],
    LOGGING={"version": 1, "filters": {"calls": {"()": "drf_mcp.logs.CallFilter"}},
    "formatters": {"f": {"format": "%(mcp_method)s|%(message)s"}},
    "handlers": {"h": {"class": "logging.StreamHandler", "filters": ["calls"], "formatter": "f"}},
    "root": {"handlers": ["h"]}})
import django, logging
django.setup()
logging.getLogger("x").warning("hello")
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stderr == "|hello\n"


# The transcript


def test_nothing_is_transcribed_unless_it_is_asked_for(caplog) -> None:
    MCPClient().call("buy", phrase="x")

    assert not written(caplog, "drf_mcp.trace")


def test_each_message_is_transcribed_and_masked(caplog) -> None:
    caplog.set_level(logging.DEBUG, "drf_mcp.trace")
    MCPClient().call("buy", phrase="x", pin="1111", note="kept")

    asked, answered = written(caplog, "drf_mcp.trace")
    assert (asked.levelno, asked.mcp_direction, answered.mcp_direction) == (logging.DEBUG, "in", "out")
    assert (asked.mcp_message_type, asked.mcp_kind) == ("tools/call", "request")
    message = asked.getMessage()
    assert message.startswith("MCP tools/call request: {")
    assert json.loads(message.partition(": ")[2])["params"]["arguments"] == {
        "phrase": "x", "pin": "***", "note": "kept",
    }  # fmt: skip
    assert answered.getMessage().startswith("MCP tools/call response: {")
    result = json.loads(answered.getMessage().partition(": ")[2])["result"]
    assert result["structuredContent"] == {"note": SECRET, "access_token": "***"}
    assert result["content"][0]["text"].endswith(" characters)")


def test_a_transcribed_error_does_not_repeat_in_prose_what_is_masked_below_it(caplog) -> None:
    caplog.set_level(logging.DEBUG, "drf_mcp.trace")
    MCPClient().fail("buy", phrase="x", pin="987654")

    answered = written(caplog, "drf_mcp.trace")[-1]
    assert "987654" not in caplog.text
    assert json.loads(answered.getMessage().partition(": ")[2])["error"]["data"] == {"errors": {"pin": "***"}}


def test_a_transcribed_list_is_told_by_its_length(caplog) -> None:
    caplog.set_level(logging.DEBUG, "drf_mcp.trace")
    MCPClient().list_tools()

    answered = written(caplog, "drf_mcp.trace")[-1]
    assert json.loads(answered.getMessage().partition(": ")[2])["result"]["tools"] == "(1 entries)"


def test_what_is_refused_before_it_has_a_method_is_transcribed(caplog) -> None:
    caplog.set_level(logging.DEBUG, "drf_mcp.trace")
    MCPClient().post(b"{")
    MCPClient().post({"jsonrpc": "2.0", "id": 1})
    MCPClient().post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    messages = [record.getMessage() for record in written(caplog, "drf_mcp.trace")]
    kinds = [message.partition(":")[0] for message in messages]
    assert kinds == ["MCP response", "MCP response", "MCP response", "MCP notifications/initialized notification"]
    assert '"code": -32700' in messages[0]


@steady
@given(JSON)
def test_whatever_is_sent_can_be_transcribed(caplog, value) -> None:
    with caplog.at_level(logging.DEBUG, "drf_mcp.trace"):
        assert MCPClient().post(value).status_code in (200, 202, 400, 401)
