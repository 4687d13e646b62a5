"""The site that `make docs` builds: no page is forgotten, and none asks another site for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from .pages import DOCS, ROOT, name_of

FOLDERS = ("how-to", "reference", "explanation")


@pytest.mark.parametrize("page", [page for folder in FOLDERS for page in (DOCS / folder).glob("*.md")], ids=name_of)
def test_the_index_of_a_folder_lists_each_of_its_pages(page: Path) -> None:
    index = page.with_name("index.md")

    assert page == index or f"]({page.name})" in index.read_text(), f"Add {page.name} to {name_of(index)}."


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is installed by `make check` only")
def test_a_page_asks_no_other_site_for_anything(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    pages, styles = list(tmp_path.rglob("*.html")), list(tmp_path.rglob("*.css"))
    assert len(pages) > 40
    for page in pages:
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?([^\s\">]+)", page.read_text())
        loaded += re.findall(r"<link\b(?![^>]*rel=\"?canonical)[^>]*\bhref=\"?([^\s\">]+)", page.read_text())
        assert [url for url in loaded if re.match(r"(https?:)?//", url)] == [], page
    for style in styles:
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", style.read_text()), style
