"""The guide names the releases that these tests run with."""

from __future__ import annotations

from importlib.metadata import version

from tests.docs.pages import DOCS, table


def test_the_releases_in_the_guide_are_those_that_are_installed():
    rows = table(DOCS / "how-to/use-with-other-libraries.md", "library", "tested release", "what a tool gets from it")

    assert len(rows) == 11
    for names, releases, _ in rows:
        assert [version(name) for name in names.split(", ")] == releases.split(", ")
