"""Every fenced block of every page: Python compiles, JSON parses, commands exist, links lead somewhere."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
import uvicorn
from django.core.management import get_commands, load_command_class
from django.utils.module_loading import import_string
from gunicorn.config import Config as GunicornConfig
from gunicorn.util import load_class
from uvicorn.importer import import_from_string

from .pages import PAGES, ROOT, Block, all_blocks, commands_of, name_of, prose_of

LANGUAGES = {"python", "json", "sh", "text"}
KINDS = {"", "settings", "title", "client", "signature", "fragment"}

EVERYWHERE = {"cd", "mkdir", "python3", ".", "django-admin", "claude"}
"""Commands of others that take what the tutorial or a guide gives them; ``test_tutorial`` runs most of them."""


def each(*languages: str) -> Any:
    return pytest.mark.parametrize("block", all_blocks(*languages), ids=str)


def test_there_are_pages_and_blocks():
    assert len(PAGES) > 15
    assert {block.language for block in all_blocks()} == LANGUAGES


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_fences_are_closed_and_lines_are_short(page):
    text = page.read_text()

    assert text.count("\n```") % 2 == 0
    long = [line for line in prose_of(page).splitlines() if len(line) > 120 and not line.startswith("|")]
    assert long == []


@each("python")
def test_python_compiles_and_says_what_it_is(block):
    assert block.kind in KINDS

    compile(block.text, str(block), "exec")


@each("json")
def test_json_parses(block):
    assert json.loads(block.text)


@each("sh")
def test_commands_exist(block):
    for words in commands_of(block):
        check_command(block, words)


def check_command(block: Block, words: list[str]) -> None:
    name, *rest = words
    if name == "make":
        assert_make_targets(rest)
    elif name == "python" and rest[0] == "manage.py":
        assert_manage_command(rest[1], rest[2:])
    elif name == "python" and rest[:2] == ["-m", "pip"]:
        assert rest[2] == "install"
    elif name == "python":
        assert any(other.value == rest[0] for other in all_blocks("python") if other.page == block.page)
    elif name == "gunicorn":
        arguments = GunicornConfig().parser().parse_args(rest)
        assert load_class(arguments.worker_class or "sync")
        module, _, name = arguments.args[0].partition(":")
        assert callable(import_string(f"{module}.{name or 'application'}"))
    elif name == "uvicorn":
        uvicorn.main.make_context("uvicorn", list(rest))
        assert callable(import_from_string(rest[-1]))
    else:
        assert name in {*EVERYWHERE, "curl"}, words


def assert_make_targets(targets: list[str]) -> None:
    known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(targets) <= set(known)


def assert_manage_command(name: str, arguments: list[str]) -> None:
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    if not arguments and name == "mcp_token":
        return  # a page that speaks of the whole command
    command.create_parser("manage.py", name).parse_args(arguments)


def test_the_options_of_a_server_are_looked_at():
    with pytest.raises(click.exceptions.UsageError):
        uvicorn.main.make_context("uvicorn", ["--no-such-option", "config.asgi:application"])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_prose_exist(page):
    prose = prose_of(page)

    assert_make_targets(re.findall(r"`make ([a-z-]+)`", prose))
    for line in re.findall(r"`(?:python )?manage\.py ([^`]+)`", prose):
        name, *arguments = line.split()
        assert_manage_command(name, arguments)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        assert not target.startswith(("/", "http")), target
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.is_file(), target
        assert not anchor or anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_and_names_in_prose_exist(page):
    prose = prose_of(page)

    for path in re.findall(r"`((?:drf_mcp|users|config|docs|benchmarks)/[\w/.-]+)`", prose):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`(drf_mcp(?:\.\w+)+)`", prose):
        assert name == "drf_mcp.urls" or re.search(r"\.[EWI]\d{3}$", name) or resolve(name) is not None, name


def resolve(name: str) -> Any:
    """A module, or what a module has."""
    module, _, attribute = name.rpartition(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("block", [b for b in all_blocks("python") if b.kind == "signature"], ids=str)
def test_a_signature_is_the_functions_own(block):
    namespace: dict[str, Any] = {}
    exec(f"from __future__ import annotations\n{block.text}", namespace)
    real = resolve(block.value)

    assert str(inspect.signature(namespace[real.__name__])) == str(inspect.signature(real))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_name_no_machine(page):
    assert not re.search(r"/(work|home|root|tmp|opt)/|pypi-more|session [0-9]", page.read_text())
