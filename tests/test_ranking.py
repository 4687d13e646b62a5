"""Requests in words find the tools that fit them best."""

from __future__ import annotations

import pytest
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp.meanings import expanded
from drf_mcp.ranking import Index
from drf_mcp.stems import said_words, stem
from drf_mcp.thesaurus import read_entries
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
        ("paid", "payment"),
        ("stolen", "steal"),
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


def meanings(request_: str) -> dict[str, float]:
    return {name: worth for place in expanded(request_) for name, worth in place.items()}


def test_a_phrase_stands_for_a_word() -> None:
    assert "destroy" in expanded("get rid of it")[0]


def test_the_words_of_a_phrase_may_have_others_between_them_and_are_worth_less() -> None:
    together, apart = meanings("let go"), meanings("let Oliver Smith go")
    assert together[stem("terminate")] > apart[stem("terminate")] > 0
    assert stem("terminate") not in meanings("let all of our friends in Lisbon go")


@pytest.mark.parametrize("request_", ["hasn't paid", "did not pay", "haven\u2019t paid", "cannot pay"])
def test_all_ways_to_deny_are_one(request_) -> None:
    assert [stem(word) for word in said_words(request_)] == ["not", "pay"]


def test_what_people_say_means_a_name_but_a_name_does_not_mean_what_they_say() -> None:
    assert stem("vehicle") in meanings("truck")
    assert "dock" not in meanings("vehicle")


def test_what_comes_to_mind_is_worth_less_than_what_is_said() -> None:
    said, comes_to_mind = meanings("colleague"), meanings("hired")
    assert said[stem("employee")] > comes_to_mind[stem("employee")] > 0


def test_a_phrase_may_say_what_is_done_and_to_what() -> None:
    places = expanded("start to count")
    assert any("start" in place for place in places)
    assert any("stockcount" in place for place in places)


def test_each_entry_has_names_and_what_is_said_for_them_each_once() -> None:
    for entry in read_entries():
        assert all(entry.names), entry
        assert entry.said + entry.loose, entry
        for phrases in (*entry.names, entry.said + entry.loose):
            assert len(set(phrases)) == len(phrases), entry
            assert not any(set(phrase) & set(":~#") for phrase in phrases), entry
