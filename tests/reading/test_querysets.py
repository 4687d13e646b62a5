"""Whose rows a ``get_queryset`` returns, as far as its source shows it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.http import Http404
from rest_framework.viewsets import ModelViewSet

from drf_mcp.reading.querysets import model_of_rows


def hidden() -> Any:
    """Anything that a project may do on the way."""
    raise Http404


class Base(ModelViewSet):
    queryset = Group.objects.all()


class Narrows(Base):
    def get_queryset(self):
        return self.queryset.filter(pk__gt=0).order_by("name")


class NarrowsForSome(Narrows):
    def get_queryset(self):
        """The rows of the caller."""
        rows = super().get_queryset()
        if self.action == "list" and not self.request.user.is_staff:
            rows = rows.filter(Q(user=self.request.user) | Q(pk=1)).distinct()
        return rows


class ByName(ModelViewSet):
    def get_queryset(self):
        rows = Permission.objects.filter(name=self.request.query_params.get("name"), pk=self.kwargs["pk"])
        if self.request.user.is_staff:
            return rows
        return Permission.objects.none()


class OnOtherRows(NarrowsForSome):
    queryset = Permission.objects.all()


class OfTwo(Base):
    def get_queryset(self):
        return Permission.objects.all() if self.action == "list" else super().get_queryset()


class OfEither(Base):
    def get_queryset(self):
        if self.action == "list":
            return Permission.objects.all()
        return super().get_queryset()


class AsksItself(Base):
    def get_queryset(self):
        return self.queryset.filter(pk=self.tenant.pk)

    @property
    def tenant(self):
        raise Http404


class CallsItsOwn(Base):
    def get_queryset(self):
        return self.queryset.filter(pk=hidden())


class MayRefuse(Base):
    def get_queryset(self):
        if self.request.user.is_anonymous:
            raise Http404
        return super().get_queryset()


class ReturnsNothing(Base):
    def get_queryset(self):
        if self.action != "list":
            return None
        return super().get_queryset()


class Changes(Base):
    def get_queryset(self):
        return self.queryset.aggregate(Q())


class Unseen(Base):
    get_queryset = hidden


class OnTheUnseen(Unseen):
    def get_queryset(self):
        return super().get_queryset().all()


@pytest.mark.parametrize(
    ("viewset", "model"),
    [
        (Base, Group),
        (Narrows, Group),
        (NarrowsForSome, Group),
        (OnOtherRows, Permission),
        (ByName, Permission),
        *((each, None) for each in (OfTwo, OfEither, AsksItself, CallsItsOwn, MayRefuse, ReturnsNothing, Changes)),
        *((each, None) for each in (Unseen, OnTheUnseen)),
    ],
    ids=lambda value: getattr(value, "__name__", "nothing"),
)
def test_rows_have_a_model_where_every_way_through_the_code_only_narrows_them(viewset: Any, model: Any) -> None:
    assert model_of_rows(viewset, viewset.queryset) is model
