"""The reference and the code say the same: settings, decorators, methods, revisions, fields, checks, steps."""

from __future__ import annotations

import ast
import inspect
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from django.core.checks.registry import registry
from django.core.management import BaseCommand, get_commands, load_command_class
from django.dispatch import Signal
from rest_framework import serializers

import drf_mcp
from drf_mcp import masking, mcp_tool, responses, signals
from drf_mcp.auth.identity import Identity
from drf_mcp.calls import FinishedCall, Outcome
from drf_mcp.catalog import get_catalog
from drf_mcp.conf import DEFAULTS
from drf_mcp.context import Context
from drf_mcp.decorators import ToolOptions, tool_options
from drf_mcp.elicitation import NoAnswer
from drf_mcp.functions import FIELDS
from drf_mcp.legacy import HANDSHAKE_METHODS
from drf_mcp.listening import LISTEN
from drf_mcp.management.commands.mcp_token import Command as MCPTokenCommand
from drf_mcp.naming import MAX_LENGTH
from drf_mcp.protocol.jsonrpc import MAX_DEPTH
from drf_mcp.protocol.levels import LOG_LEVELS
from drf_mcp.protocol.pagination import PAGE_SIZE
from drf_mcp.protocol.revisions import LATEST_HANDSHAKE, MAX_BATCH, REVISIONS, WITHOUT_HEADER
from drf_mcp.schema.fields import MAX_LABELS, property_schema
from drf_mcp.stateless import STATELESS_METHODS
from drf_mcp.views import NARROWED_BY, MCPView

from .pages import DOCS, ROOT, code, prose_of, table

REFERENCE = DOCS / "reference"
SETTINGS = DEFAULTS


# settings.md


def documented_settings() -> dict[str, Any]:
    found = re.findall(r"^## ([A-Z_]+)\n\nDefault: `(.*)`\n\n\w", prose_of(REFERENCE / "settings.md"), re.MULTILINE)
    return {name: ast.literal_eval(default) for name, default in found}


def test_each_setting_is_documented_with_its_default_in_the_order_of_the_code():
    assert documented_settings() == SETTINGS
    assert list(documented_settings()) == list(SETTINGS)


def test_each_heading_of_the_settings_is_a_setting():
    headings = re.findall(r"^## (.+)$", prose_of(REFERENCE / "settings.md"), re.MULTILINE)

    assert headings == list(SETTINGS)


def test_each_setting_that_a_page_names_in_the_dict_exists():
    for page in DOCS.rglob("*.md"):
        names = re.findall(r"DRF_MCP\[?[\" =]*\{?\"([A-Z_]+)\"", page.read_text())
        assert set(names) <= set(SETTINGS), page


def test_the_default_version_is_the_installed_one():
    assert SETTINGS["SERVER_INFO"]["version"] == drf_mcp.__version__


# decorators.md


def test_each_argument_of_mcp_tool_is_documented_in_order():
    rows = table(REFERENCE / "decorators.md", "argument", "what it says")

    assert [code(name) for name, _ in rows] == list(inspect.signature(mcp_tool).parameters)


@pytest.mark.parametrize("function", [drf_mcp.resource, drf_mcp.prompt], ids=lambda function: function.__name__)
def test_each_argument_of_resource_and_prompt_is_documented_in_order(function):
    rows = table(REFERENCE / "decorators.md", f"argument of {function.__name__}", "what it says")

    assert [code(name) for name, _ in rows] == list(inspect.signature(function).parameters)


def test_the_types_of_parameters_are_the_ones_that_are_read():
    (sentence,) = re.findall(
        r"The types of parameters are (.*?) and Django's `Choices`",
        " ".join(prose_of(REFERENCE / "decorators.md").split()),
    )

    assert {*re.findall(r"`(\w+)`", sentence)} == {cls.__name__ for cls in FIELDS} | {"Literal"}


def test_the_arguments_for_one_tool_only_are_the_ones_that_are_named():
    (sentence,) = re.findall(
        r"((?:`\w+`,? (?:and )?)+)can only belong to one tool", prose_of(REFERENCE / "decorators.md")
    )
    values: dict[str, Any] = {"actions": (), "aliases": ["a"], "headers": ["A"], "input": {}, "output": {}}
    values |= {"param_headers": {}, "requires": {}, "time_limit": 1}

    def is_refused(name: str) -> bool:
        try:
            mcp_tool(**{name: values.get(name, "x")})(type("Some", (), {}))
        except drf_mcp.decorators.ImproperlyConfigured:
            return True
        return False

    names = [name for name in inspect.signature(mcp_tool).parameters if name != "actions"]
    assert re.findall(r"`(\w+)`", sentence) == [name for name in names if is_refused(name)]


def test_a_declaration_counts_in_the_order_that_is_given():
    def act(self: Any) -> None:
        """Do it."""

    @mcp_tool("act", title="of the base's action", description="of the base's action")
    @mcp_tool(description="of the base", read_only=True)
    class Base:
        def act(self) -> None:
            """Do it."""

    class View(Base):
        pass

    View.act = mcp_tool(title="of the method")(act)  # type: ignore[attr-defined]
    View = mcp_tool(description="of the class")(View)  # noqa: N806

    assert tool_options(View, "act") == ToolOptions(
        title="of the method", description="of the base's action", read_only=True, marked=True
    )


def test_the_context_has_the_attributes_that_are_documented():
    rows = [code(name) for name, _ in table(REFERENCE / "request-mcp.md", "attribute", "what it is")]
    properties = [name for name, value in vars(Context).items() if isinstance(value, property)]

    assert rows == [*(field.name for field in fields(Context) if not field.name.startswith("_")), *properties]
    (names,) = re.findall(r"an object with `(\w+)`, `(\w+)` and `(\w+)`", prose_of(REFERENCE / "request-mcp.md"))
    assert list(names) == [field.name for field in fields(Identity)]


def test_the_context_has_the_methods_that_are_documented():
    rows = [code(name) for name, _ in table(REFERENCE / "request-mcp.md", "method", "what it does")]
    methods = {name: value for name, value in vars(Context).items() if inspect.isfunction(value) and name[0] != "_"}

    assert rows == [f"{name}({call_of(method)})" for name, method in methods.items()]
    assert all(f"`{level}`" in (REFERENCE / "request-mcp.md").read_text() for level in LOG_LEVELS)


def call_of(method: Any) -> str:
    """The parameters of a method without their types, as somebody who calls it reads them."""
    _, *parameters = inspect.signature(method).parameters.values()
    plain = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(plain))[1:-1]


def test_the_exceptions_that_are_documented_are_the_kinds_of_no_answer():
    rows = [code(name) for name, _ in table(DOCS / "how-to/ask-the-caller.md", "exception", "when")]

    assert rows == [cls.__name__ for cls in NoAnswer.__subclasses__()]


def test_the_functions_that_make_blocks_are_all_there():
    (sentence,) = re.findall(r"The functions (.*) of `drf_mcp.responses`", prose_of(REFERENCE / "decorators.md"))
    functions = [
        name for name, value in vars(responses).items() if getattr(value, "__module__", "") == responses.__name__
    ]

    assert {*re.findall(r"`(\w+)`", sentence), "ToolResponse"} == set(functions)


# view.md


def test_what_an_endpoint_may_narrow_is_documented():
    rows = table(REFERENCE / "view.md", "attribute of MCPView", "what it says")

    assert [code(name) for name, _ in rows] == list(NARROWED_BY)
    for name, text in rows:
        assert ast.literal_eval(code(text.rpartition("Default: ")[2].rstrip("."))) == getattr(MCPView, code(name))


def test_the_http_methods_of_the_view_are_documented():
    rows = [code(name) for name, _ in table(REFERENCE / "view.md", "HTTP method", "what it is for")]

    assert set(rows) == {name.upper() for name in MCPView.http_method_names if name in vars(MCPView)}


# commands.md


OWN_COMMANDS = {name for name, app in get_commands().items() if app == "drf_mcp"}


# The options of mcp_token are those of its parts, and stand in the next test.
@pytest.mark.parametrize("name", sorted(OWN_COMMANDS - {"mcp_token"}))
def test_each_option_of_a_command_is_documented(name):
    rows = [code(option) for option, _ in table(REFERENCE / "commands.md", f"option of {name}", "what it does")]
    parser, plain = (
        cls().create_parser("manage.py", name) for cls in (load_command_class("drf_mcp", name).__class__, BaseCommand)
    )
    own, inherited = ({option for action in p._actions for option in action.option_strings} for p in (parser, plain))

    assert set(rows) == own - inherited


def test_each_argument_of_the_command_for_tokens_is_documented():
    rows = [code(argument) for argument, _ in table(REFERENCE / "commands.md", "argument of create", "what it says")]
    parser = MCPTokenCommand().create_parser("manage.py", "mcp_token")
    (what,) = (action for action in parser._actions if action.dest == "what")
    arguments = what.choices["create"]._actions  # type: ignore[index,call-overload]

    assert rows == [(action.option_strings or [action.dest])[-1] for action in arguments if action.dest != "help"]
    assert {"create", "list", "revoke"} == set(what.choices or ())


# checks.md


def test_each_check_has_the_tag_that_is_documented():
    found = [check for check in registry.get_checks(include_deployment_checks=True) if "drf_mcp" in check.__module__]

    assert len(found) > 8
    assert [check for check in found if not {"drf_mcp", "mcp_api"} & set(check.tags)] == []


def test_each_check_is_documented():
    rows = table(REFERENCE / "checks.md", "id", "what it says", "only with `--deploy`")
    folder = Path(drf_mcp.__file__).parent
    source = "".join((folder / name).read_text() for name in ("checks.py", "rule_checks.py"))

    assert {code(row[0]) for row in rows} == set(re.findall(r'id="(drf_mcp\.[EWI]\d+)"', source))
    documented = "".join(f"`` {code(row[0])}" for row in rows if row[2] == "yes")
    deploy_checks = (
        drf_mcp.checks.check_catalog,
        drf_mcp.checks.check_processes,
        drf_mcp.checks.check_tokens,
        drf_mcp.checks.check_declarations,
        drf_mcp.checks.check_offers,
        drf_mcp.checks.check_calls,
        drf_mcp.rule_checks.check_rules,
    )
    deploy_only = "".join(map(inspect.getsource, deploy_checks))
    assert set(re.findall(r"drf_mcp\.[EWI]\d+", documented)) == set(re.findall(r'id="(.+?)"', deploy_only))


# signals.md and how-to/see-what-happens.md


def test_the_signals_are_the_ones_that_are_sent():
    rows = table(REFERENCE / "signals.md", "signal", "when it is sent", "`call`")

    assert [code(name) for name, _, _ in rows] == [
        name for name, value in vars(signals).items() if type(value) is Signal
    ]


def test_a_finished_call_has_the_attributes_that_are_documented():
    rows = table(REFERENCE / "signals.md", "attribute of FinishedCall", "what it is")

    assert [code(name) for name, _ in rows] == [field.name for field in fields(FinishedCall)]
    for outcome in get_args(Outcome):
        assert f"`{outcome}`" in dict(rows)["`outcome`"]


def test_what_is_masked_is_what_is_documented():
    prose = " ".join(prose_of(DOCS / "how-to/see-what-happens.md").split())
    (words,) = re.findall(r"has one of the words (.*?), as ", prose)
    (parts,) = re.findall(r"a name in which (.*?) stands anywhere", prose)

    assert set(re.findall(r"`(\w+)`", words)) == masking.WORDS
    assert set(re.findall(r"`(\w+)`", parts)) == set(masking.PARTS)


# protocol.md


def test_the_revisions_are_the_ones_that_are_served():
    page = REFERENCE / "protocol.md"
    prose = " ".join(prose_of(page).split())

    rows = table(page, "revision", "handshake", "batches", "HTTP status of errors")
    assert [(code(version), handshake, batches) for version, handshake, batches, _ in rows] == [
        (r.version, "yes" if r.has_handshake else "no", "yes" if r.has_batches else "no") for r in REVISIONS.values()
    ]
    assert f"an array of up to {MAX_BATCH} messages" in prose
    assert f"in pages of {PAGE_SIZE} items" in prose
    assert f"answers with `{LATEST_HANDSHAKE.version}` otherwise" in prose
    assert f"a message without it counts as `{WITHOUT_HEADER.version}`" in prose
    assert f"no deeper nesting than {MAX_DEPTH} levels" in prose


def test_the_methods_are_the_ones_that_are_served():
    rows = table(REFERENCE / "protocol.md", "method", "revisions", "what it does")
    served = {code(name): revisions for name, revisions, _ in rows}

    with_handshake = {name for name, revisions in served.items() if revisions in ("all", "with a handshake")}
    stateless = {name for name, revisions in served.items() if revisions in ("all", "2026-07-28")}
    assert with_handshake == set(HANDSHAKE_METHODS)
    assert stateless == set(STATELESS_METHODS) - {"initialize"} | {LISTEN}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_http_methods_are_answered_with_405(client, method):
    assert f"{method}" in prose_of(REFERENCE / "protocol.md")
    assert client.generic(method, "/mcp").status_code == 405


def test_without_tools_that_speak_there_is_no_session_and_accept_is_not_looked_at(client):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    headers = {"Accept": "text/csv", "Mcp-Session-Id": "1"}

    answer = client.generic("POST", "/mcp", body, content_type="application/json", headers=headers)

    assert answer.status_code == 200
    assert "Mcp-Session-Id" not in answer.headers


# tool-definitions.md

DEFINITIONS = REFERENCE / "tool-definitions.md"


def test_the_names_are_the_demos():
    rows = table(DEFINITIONS, "tool", "what it calls")
    tools = {
        tool.name: f"{tool.endpoint.method.upper()} /{tool.endpoint.route}"
        for tool in get_catalog().tools
        if tool.noun.place == "users"
    }

    assert {code(name): code(call) for name, call in rows} == tools
    assert f"at most {MAX_LENGTH} characters" in prose_of(DEFINITIONS)


@pytest.mark.parametrize(("field", "schema"), table(DEFINITIONS, "field", "schema"))
def test_a_field_has_the_schema_that_is_shown(field, schema):
    bound = eval(code(field), vars(serializers).copy())
    cls = type("SomeSerializer", (serializers.Serializer,), {"some": bound})

    found = property_schema(cls().fields["some"])

    assert found.pop("description") == "Some"
    assert found == json.loads(code(schema))


def test_the_hints_are_the_ones_that_are_described():
    rows = {code(hint): text for hint, text in table(DEFINITIONS, "hint", "is true for")}
    expected = {
        "readOnlyHint": lambda tool: tool.endpoint.method == "get",
        "destructiveHint": lambda tool: tool.endpoint.method != "get" and tool.endpoint.action != "create",
        "idempotentHint": lambda tool: tool.endpoint.method != "post",
        "openWorldHint": lambda tool: False,
    }

    assert rows.keys() == expected.keys()
    for tool in get_catalog().tools:
        assert {hint: tool.annotations[hint] for hint in rows} == {hint: test(tool) for hint, test in expected.items()}
    assert f"not more than {MAX_LABELS}" in prose_of(DEFINITIONS)


# explanation/

SEVEN_STEPS = DOCS / "explanation/seven-steps.md"
STEPS = table(SEVEN_STEPS, "#", "step", "function", "file", "takes", "gives")


@pytest.mark.parametrize(("number", "step", "function", "file", "takes", "gives"), STEPS)
def test_a_step_is_the_function_in_the_file_that_is_named(number, step, function, file, takes, gives):
    name, path = code(function), code(file)
    module = __import__(path.removesuffix(".py").replace("/", "."), fromlist=["*"])
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part)

    assert Path(inspect.getsourcefile(found) or "") == ROOT / path
    for cell in (takes, gives):
        for word in re.findall(r"`(\w+)`", cell):
            signature = f"{inspect.signature(found)} {inspect.getdoc(found)}"
            assert word in signature, (word, signature)


def test_the_seven_steps_are_the_ones_of_the_docstring():
    steps = re.findall(r"(\d)\. (\w+):", inspect.getdoc(MCPView.post) or "")
    headings = re.findall(r"^## (\d)\. (\w+)$", prose_of(SEVEN_STEPS), re.MULTILINE)

    assert [(row[0], row[1]) for row in STEPS] == steps
    assert [(number, heading.lower()) for number, heading in headings] == steps


@pytest.mark.parametrize("page", sorted((DOCS / "explanation").glob("*.md")), ids=lambda page: page.stem)
def test_the_names_in_an_explanation_are_names_of_the_code(page):
    code_words = set(
        re.findall(r"\w+", " ".join(path.read_text() for path in Path(drf_mcp.__file__).parent.rglob("*.py")))
    )
    words = re.findall(r"`(\w*[a-z]_\w+|\w+[a-z][A-Z]\w*)`", prose_of(page))
    foreign = {"as_view", "perform_", "activate_users_user", "DefaultRouter", "DeprecationWarning", "from_openapi"}

    missing = {word for word in words if word not in code_words} - foreign
    assert missing == set()


@pytest.mark.parametrize(
    "page", [*(DOCS / "explanation").glob("*.md"), REFERENCE / "view.md"], ids=lambda page: page.stem
)
def test_what_a_page_says_that_the_view_has_it_has(page):
    for name in re.findall(r"`MCPView\.(\w+)`", prose_of(page)):
        assert hasattr(MCPView, name), name


def test_a_name_beside_its_file_is_in_that_file():
    """Wherever a page says "``name`` in ``drf_mcp/file.py``"."""
    pairs = [
        pair
        for page in DOCS.rglob("*.md")
        for pair in re.findall(r"`(\w+)`(?:\s\w+)?\sin\s`(drf_mcp/[\w/]+\.py)`", prose_of(page))
    ]

    assert len(pairs) > 5
    for name, path in pairs:
        assert re.search(rf"^(?:def|class) {name}\b|^{name}\b", (ROOT / path).read_text(), re.MULTILINE), (name, path)


def test_the_page_on_the_seven_steps_follows_the_call_of_the_tutorial():
    tool = get_catalog().get_tool("activate_users_user")
    assert tool is not None

    assert tool.endpoint.route.build_path({"pk": "3"}) == "/api/users/3/activate/"
    assert tool.parameters["id"].key == "pk"
