"""What mkdocs makes of the pages: the navigation from the index pages, and titles from the marks of code blocks."""  # noqa: INP001

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

FOLDERS = {"How-to guides": "how-to", "Reference": "reference", "Explanation": "explanation"}
CHANGELOG = "changelog.md"

_GROUP_OR_PAGE = re.compile(r"^(?:## (?P<group>.+)|- \[(?P<title>[^\]]+)\]\((?P<page>[\w-]+\.md)\).*)$", re.MULTILINE)
_MARK = re.compile(r"^(```\w+) (?!title=)(\w+)(?:=.*)?$", re.MULTILINE)
_TITLES = {"settings": ' title="settings.py"'}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the navigation: each folder's is what its ``index.md`` lists."""
    docs = Path(config.docs_dir)
    folders = [{title: navigation_of(docs, folder)} for title, folder in FOLDERS.items()]
    config.nav = [{"Home": "index.md"}, {"Tutorial": "tutorial.md"}, *folders, {"Changes": CHANGELOG}]
    return config


def navigation_of(docs: Path, folder: str) -> list[Any]:
    """What the index page of a folder lists, in its groups; a page that it forgets comes last."""
    entries: list[Any] = [f"{folder}/index.md"]
    inside, listed = entries, {"index.md"}
    for found in _GROUP_OR_PAGE.finditer((docs / folder / "index.md").read_text()):
        if found["group"]:
            inside = []
            entries.append({found["group"]: inside})
        else:
            inside.append({found["title"]: f"{folder}/{found['page']}"})
            listed.add(found["page"])
    entries += [f"{folder}/{page.name}" for page in sorted((docs / folder).glob("*.md")) if page.name not in listed]
    return entries


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, which stands at the root of the repository."""
    content = (Path(config.docs_dir).parent / "CHANGELOG.md").read_text()
    files.append(File.generated(config, CHANGELOG, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **kwargs: Any) -> str:
    """Lead to the changelog's page, and take away what stands behind a block's language for the tests."""
    if page.is_homepage:
        page.meta["hide"] = ["navigation", "toc"]  # not in the page itself, where other readers of Markdown show it
    markdown = markdown.replace("../../CHANGELOG.md", f"../{CHANGELOG}")
    return _MARK.sub(lambda mark: mark[1] + _TITLES.get(mark[2], ""), markdown)
