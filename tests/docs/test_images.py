"""The pictures in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.screenshots import IMAGES
from tests.screenshots import PAGES as PICTURES

from .pages import PAGES, name_of, prose_of

SHOWN = [
    (page, alt, (page.parent / target).resolve())
    for page in PAGES
    for alt, target in re.findall(r"!\[(.*?)\]\((.*?)\)", prose_of(page), re.DOTALL)
]


def test_each_picture_that_can_be_taken_is_there_and_shown() -> None:
    taken = {IMAGES / f"{picture.name}.png" for picture in PICTURES}
    assert set(IMAGES.iterdir()) == taken
    assert {path for _page, _alt, path in SHOWN} == taken


@pytest.mark.parametrize(("page", "alt", "path"), SHOWN, ids=[path.name for _page, _alt, path in SHOWN])
def test_a_picture_is_described_and_small(page: Path, alt: str, path: Path) -> None:
    assert path.is_file(), name_of(page)
    assert len(alt) > 30
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < 200_000
