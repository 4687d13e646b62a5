"""What a class leaves as a library wrote it, is as harmless as the library's."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.mixins import ListModelMixin, UpdateModelMixin
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

from drf_mcp.catalog import get_catalog
from drf_mcp.reading import effects
from drf_mcp.reading.library import led_to, library_of

HARMLESS: Any = effects.is_harmless.__wrapped__  # type: ignore[attr-defined]  # what it finds out, not remembered


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["config.urls", *(f"tests.shop.urls.{n}" for n in ("bodies", "choosy", "hooks", "odd_routes"))]
)
@pytest.mark.parametrize("is_strict", [True, False])
def test_what_is_told_of_the_library_is_what_a_walk_through_the_class_says(name, is_strict, monkeypatch) -> None:
    shortened = 0
    for endpoint in {tool.endpoint for tool in get_catalog(name).tools}:
        for method in ("dispatch", endpoint.action):
            told = HARMLESS(endpoint.viewset, method, is_strict=is_strict)
            with monkeypatch.context() as whole:
                whole.setattr(effects, "library_of", lambda cls: None)
                assert told is HARMLESS(endpoint.viewset, method, is_strict=is_strict), (endpoint, method)
            library = library_of(endpoint.viewset)
            shortened += library not in (None, endpoint.viewset)
    assert shortened


class Saving(ReadOnlyModelViewSet):
    def filter_queryset(self, queryset: Any) -> Any:
        queryset.model().save()
        return queryset


class Stock(ReadOnlyModelViewSet):
    pass


def test_code_of_the_project_on_the_way_is_looked_at() -> None:
    assert "filter_queryset" in (led_to(library_of(Saving), "list") or ())
    assert not effects.is_harmless(Saving, "list", is_strict=False)
    assert effects.is_harmless(Stock, "list", is_strict=False)


def test_a_library_whose_code_somebody_changed_is_walked_through_again(monkeypatch) -> None:
    def list_and_save(self: Any, request: Any) -> Any:
        self.queryset.model().save()

    monkeypatch.setattr(ListModelMixin, "list", list_and_save)
    assert led_to.__wrapped__(ModelViewSet, "list") is None  # type: ignore[attr-defined]


def test_a_class_between_two_of_libraries_adds_to_none() -> None:
    class Between(UpdateModelMixin, Stock):
        pass

    assert library_of(Between) is None
    assert library_of(Stock) is ReadOnlyModelViewSet
