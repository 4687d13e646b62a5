"""Servers whose faults are looked for: each kind once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.threats.conftest import Site, start_sites


@pytest.fixture(scope="package")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Start a server, once for each kind and environment."""
    yield from start_sites(tmp_path_factory, "tests.faults.settings", "tests.faults")


@pytest.fixture(params=["gthread", "uvicorn-workers"])
def site(request: pytest.FixtureRequest, serving: Callable[..., Site]) -> Site:
    """Two processes."""
    return serving(request.param)
