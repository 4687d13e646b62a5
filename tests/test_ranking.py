"""Requests in words find the tools that fit them best."""

from __future__ import annotations

import pytest
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp.ranking import Index, expanded, stem
from drf_mcp.thesaurus import read_groups
from tests.factories import catalog_of, routed
from users.models import User
from users.serializers import UserSerializer


class TaxReturnViewSet(ModelViewSet):
    """Sent to the office every quarter."""

    queryset = User.objects.all()
    serializer_class = UserSerializer

    @action(detail=True, methods=["post"], serializer_class=serializers.Serializer)
    def hand_over(self, request, pk=None):
        return Response({})


class Remark(serializers.Serializer):
    text = serializers.CharField(help_text="Seen by the gardener")


class RemarkViewSet(ModelViewSet):
    queryset = User.objects.all()
    serializer_class = Remark


@pytest.fixture(scope="module")
def tools():
    return catalog_of(
        *routed(TaxReturnViewSet, prefix="tax", basename="tax-return"),
        *routed(RemarkViewSet, prefix="remarks", basename="remark"),
    ).tools


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("invoices", "invoicing"),
        ("cancelled", "cancels"),
        ("approval", "approve"),
        ("payments", "pay"),
        ("stopped", "stop"),
        ("billing", "bill"),
        ("categories", "category"),
        ("boxes", "box"),
    ],
)
def test_forms_of_one_word_are_one(first, second) -> None:
    assert stem(first) == stem(second)


@pytest.mark.parametrize("word", ["status", "address", "bus", "is"])
def test_what_only_looks_like_a_plural_stays(word) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ("add a remark", "create_users_user_remark"),
        ("hand over", "hand_over_users_user"),
        ("gardener", "create_users_user_remark"),
        ("please get rid of this remark", "destroy_users_user_remark"),
        ("list all that go to the office", "list_users_user_tax-return"),
    ],
)
def test_the_best_tool_is_first(tools, request_, name) -> None:
    assert Index(tools).ranked(request_, tools)[0].name == name


def test_the_order_depends_on_nothing_but_the_tools_that_are_asked_for(tools) -> None:
    few = tools[::2]
    assert Index(tools).ranked("change a remark of the office", few) == Index(few).ranked(
        "change a remark of the office", few
    )


def test_words_without_a_meaning_and_without_a_tool_find_nothing(tools) -> None:
    assert Index(tools).ranked("xylophone", tools) == []
    assert Index(tools).ranked("", tools) == []


def test_a_phrase_stands_for_a_word() -> None:
    assert "destroy" in expanded("get rid of it")[0]


def test_each_group_has_at_least_two_phrases_and_none_twice() -> None:
    groups = read_groups()
    assert all(len(set(group)) == len(group) >= 2 for group in groups)
