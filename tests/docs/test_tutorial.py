"""The tutorial, followed from its first block to its last."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from users.management.commands.demo import Command as DemoCommand

from .conftest import run_program
from .pages import DOCS, Block, Curl, blocks_of, commands_of, is_like, text_is_like

pytestmark = pytest.mark.live

TUTORIAL = DOCS / "tutorial.md"
SECOND_STEP = TUTORIAL.read_text().partition("\n## 2.")[0].count("\n") + 1
NOT_HERE = {"mkdir", "cd", "python3", "."}
"""What makes the folder and its environment; the tests have both."""


def blocks(*, of_the_demo: bool) -> list[Block]:
    return [block for block in blocks_of(TUTORIAL) if (block.line < SECOND_STEP) == of_the_demo]


@pytest.mark.django_db(transaction=True)
def test_the_demo_shows_and_answers_what_the_tutorial_shows(demo_data, live_server):
    printed = io.StringIO()
    DemoCommand(stdout=printed).introduce(live_server.url)
    _, shown, *rest = blocks(of_the_demo=True)

    found = printed.getvalue().replace(live_server.url, "http://127.0.0.1:8000")
    found = "".join(f"{line.rstrip()}\n" for line in found.splitlines())
    assert text_is_like(found, f"\n{shown.text}"), found
    for call, expected in zip(rest[::2], rest[1::2], strict=True):
        ((_, *words),) = commands_of(call)
        status, answer = Curl.read(["curl", *words]).to(live_server.url)
        assert status == 200
        assert is_like(answer, json.loads(expected.text)), answer


class Newcomer:
    """Somebody who does what the tutorial says, in an empty folder.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.origin = ""
        self.answer: Any = None
        self.files: dict[str, Block] = {}
        self.token = ""

    def follow(self, block: Block) -> None:
        if block.kind == "title":
            self.write(block)
        elif block.language == "sh":
            for words in commands_of(block):
                self.run(words)
        elif block.language == "json":
            assert is_like(self.answer, json.loads(block.text)), (str(block), self.answer)
        elif block.language == "text":
            assert self.answer == block.text, str(block)
        else:
            raise AssertionError(str(block))

    def write(self, block: Block) -> None:
        match = re.fullmatch(r"([\w/.]+)(?: \((at the end|in place of (\w+))\))?", block.value)
        assert match, block.value
        path = self.folder / match[1]
        text = path.read_text() if match[2] else ""
        if match[3]:
            text, changes = re.subn(rf"^{match[3]} = .*\n", "", text, flags=re.MULTILINE)
            assert changes == 1
        path.write_text(f"{text}\n{block.text}" if text else block.text)
        self.files[match[1]] = block
        if self.origin and match[2]:
            # ``runserver`` notices a change of the settings by itself.
            self.stop()
            self.run(["python", "manage.py", "runserver"])

    def run(self, words: list[str]) -> None:
        name, *rest = words
        if name in NOT_HERE or rest[:2] == ["-m", "pip"]:
            return
        if name == "curl":
            _, self.answer = Curl.read(words).to(self.origin)
        elif name == "django-admin":
            call_command(rest[0], rest[1], str(self.folder))
        elif rest[:2] == ["manage.py", "startapp"]:
            (self.folder / rest[2]).mkdir()
            call_command("startapp", rest[2], str(self.folder / rest[2]))
        elif rest[0] == "manage.py":
            self.manage(rest[1:])
        else:
            self.answer = run_program(self.files[rest[0]], self.origin, TOKEN=self.token)

    def manage(self, words: list[str]) -> None:
        if words == ["runserver"]:
            self.origin = f"http://127.0.0.1:{self.ask('serve')['answer']}"
            return
        if words[0] == "createsuperuser":
            words = [*words, "--noinput"]
        printed = self.ask(words)["printed"]
        if words[0] == "mcp_token":
            (self.token,) = re.findall(r"mcp_\w+", printed)

    def ask(self, wish: Any) -> Any:
        if self.process is None:
            with (self.folder / "log").open("a") as log:
                self.process = subprocess.Popen(
                    [sys.executable, str(Path(__file__).with_name("newcomer.py"))],
                    cwd=self.folder,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(wish)}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, (self.folder / "log").read_text()
        return json.loads(answer)

    def stop(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=10)
        self.process = None


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    somebody = Newcomer(tmp_path)
    yield somebody
    somebody.stop()


def test_a_newcomer_gets_from_an_empty_folder_to_a_real_client(newcomer):
    first_call = None
    for block in blocks(of_the_demo=False):
        newcomer.follow(block)
        first_call = first_call or (block if block.text.startswith("curl") else None)
        if '"ANONYMOUS": DEBUG' in block.text:
            assert first_call is not None
            newcomer.follow(first_call)
            tools = [tool["name"] for tool in newcomer.answer["result"]["tools"]]
            assert (len(tools), tools[0], tools[-1]) == (6, "list_books_book", "lend_books_book")

    # "Run `python ask.py` again": the door is closed now.
    with pytest.raises(ExceptionGroup, match="unhandled errors in a TaskGroup") as raised:
        newcomer.run(["python", "ask.py"])
    error: Any = raised.value
    while isinstance(error, ExceptionGroup):
        (error,) = error.exceptions
    assert str(error).startswith("This server wants to know who calls.")
    # The client never had to ask in another revision.
    assert '"POST /mcp HTTP/1.1" 400' not in (newcomer.folder / "log").read_text()
