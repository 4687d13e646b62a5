"""Each input of the corpus once through its target, which is what the coverage-guided fuzzer begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from .targets import TARGETS, _endpoint

CORPUS = Path(__file__).parent / "corpus"


def test_the_corpus_is_small_and_of_the_targets_that_there_are() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert len(files) < 300
    assert sum(path.stat().st_size for path in files) < 300_000


@pytest.mark.django_db
def test_every_input_of_the_corpus_is_dealt_with() -> None:
    with _endpoint().open():
        for name, (target, _) in TARGETS.items():
            for path in sorted((CORPUS / name).iterdir()):
                try:
                    target(path.read_bytes())
                except Exception as error:
                    raise AssertionError(f"{name}/{path.name}: {error!r}") from error
