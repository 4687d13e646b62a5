"""The pages of the documentation, their fenced blocks, and their tables.

What a block is tested as follows from its info string:

- ``python``: runs; on a page of ``how-to/`` and ``reference/`` all of them together are one module.
- ``python settings``: runs at the end of a settings module; what it sets holds for the rest of the page.
- ``python title="PATH"``: a file of the tutorial; ``(at the end)`` and ``(in place of NAME)`` say how it gets there.
- ``python client``: a program that talks to the server; the ``text`` block after it is what it prints.
- ``python signature=DOTTED.NAME``: the signature of that function.
- ``python fragment``: is compiled and no more.
- ``sh``: commands, each of them known; ``curl`` is replayed, and the ``json`` block after it is the answer.
- ``json``: parses; ``json tool=NAME [KEY]`` is the definition of that tool.

In the expected answers ``...`` stands for anything.
"""

from __future__ import annotations

import json
import re
import shlex
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]

_FENCE = re.compile(r"^```(\S*)[ ]*(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced code block.

    Args:
        page: The file that has it.
        line: Where it starts.
        language: The first word of its info string.
        info: The rest of the info string.
        text: What is in it.
    """

    page: Path
    line: int
    language: str
    info: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"

    @property
    def kind(self) -> str:
        """The info string without what follows ``=``."""
        return self.info.partition("=")[0].strip()

    @property
    def value(self) -> str:
        """What follows ``=`` in the info string."""
        return self.info.partition("=")[2].strip().strip('"')


def name_of(page: Path) -> str:
    """A page's path from the root of the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page, in order; all or those of some languages."""
    text = page.read_text()
    found = [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2].strip(), match[3])
        for match in _FENCE.finditer(text)
    ]
    return [block for block in found if not languages or block.language in languages]


def all_blocks(*languages: str) -> list[Block]:
    """The fenced blocks of all pages."""
    return [block for page in PAGES for block in blocks_of(page, *languages)]


def prose_of(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def table(page: Path, *header: str) -> list[list[str]]:
    """The rows of all tables of a page with this header, cells stripped."""
    rows, inside = [], False
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            inside = False
        elif inside and not set(cells[0]) <= {"-"}:
            rows.append(cells)
        elif cells == list(header):
            inside = True
    return rows


def code(cell: str) -> str:
    """What stands in the backticks of a cell that has nothing else."""
    match = re.fullmatch(r"`([^`]+)`", cell)
    assert match, cell
    return match[1]


def commands_of(block: Block) -> list[list[str]]:
    """The commands of a shell block as words; variables before a command are left out."""
    words = [shlex.split(line) for line in block.text.splitlines() if line.strip()]
    return [line[next(i for i, word in enumerate(line) if not re.match(r"[A-Z]+=", word)) :] for line in words]


@dataclass(frozen=True)
class Curl:
    """A request as a curl command has it."""

    url: str
    headers: dict[str, str]
    body: str | None

    @classmethod
    def read(cls, words: list[str]) -> Curl:
        """Read a command; an option that curl may have and this does not is an error."""
        url, headers, body, rest = "", {}, None, iter(words[1:])
        for word in rest:
            if word in ("-H", "--header"):
                name, _, value = next(rest).partition(":")
                headers[name] = value.strip()
            elif word in ("-d", "--data"):
                body = next(rest)
            else:
                assert word.startswith("http"), word
                url = word
        return cls(url, headers, body)

    def over(self, client: Any) -> Any:
        """Send it through Django's test client."""
        headers = {**self.headers}
        content_type = headers.pop("Content-Type", "application/x-www-form-urlencoded")
        path = urlsplit(self.url).path
        assert self.body is not None
        return client.generic("POST", path, self.body, content_type=content_type, headers=headers)

    def to(self, origin: str) -> tuple[int, Any]:
        """Send it to a server; gives status and parsed answer."""
        assert self.body is not None
        request = urllib.request.Request(
            origin + urlsplit(self.url).path, self.body.encode(), {"Connection": "close", **self.headers}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def curls_with_answers(page: Path) -> list[tuple[Block, Curl, Any]]:
    """Each curl command of a page with the JSON that follows it in the text, None where there is none."""
    blocks = blocks_of(page)
    found = []
    for i, block in enumerate(blocks):
        for words in commands_of(block) if block.language == "sh" else ():
            if words[0] == "curl":
                following = blocks[i + 1] if i + 1 < len(blocks) else None
                is_answer = following is not None and following.language == "json" and not following.info
                found.append((block, Curl.read(words), json.loads(following.text) if is_answer else None))
    return found


def is_like(found: Any, expected: Any) -> bool:
    """Whether two JSON values are the same, with ``...`` in an expected string for any text."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(is_like(found[key], value) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(is_like, found, expected))
    if isinstance(expected, str) and isinstance(found, str):
        return text_is_like(found, expected)
    return bool(found == expected) and type(found) is type(expected)


def text_is_like(found: str, expected: str) -> bool:
    """The same for text; a line with nothing but ``...`` stands for any lines."""
    pattern = re.escape(expected).replace(re.escape("..."), "(?:.|\n)*?")
    return re.fullmatch(pattern, found) is not None
