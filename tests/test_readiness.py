"""What makes an API hard to use for a model is found, with its place and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import FileResponse
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_exclude, mcp_tool, readiness
from drf_mcp.catalog import get_catalog
from drf_mcp.readiness import RULES, Finding, read_api
from tests.factories import mcp_urls, routed
from users.models import User


class Pages(PageNumberPagination):
    page_size = 10


class Address(serializers.Serializer[Any]):
    street = serializers.CharField()
    city = serializers.CharField(help_text="The city, without its postal code.")


class UserSerializer(serializers.ModelSerializer[User]):
    about = serializers.JSONField(help_text="Anything.", write_only=True)
    tags = serializers.ListField(help_text="Words.", write_only=True)
    sizes = serializers.DictField(child=serializers.IntegerField(), help_text="By name.", write_only=True)
    address = Address(write_only=True)
    age = serializers.SerializerMethodField(help_text="In years.")
    score = serializers.SerializerMethodField(help_text="From 0 to 1.")

    class Meta:
        model = User
        fields = ["id", "username", "about", "tags", "sizes", "address", "age", "score"]
        extra_kwargs = {"username": {"help_text": "How they log in."}}

    def get_age(self, user: User):
        return 1

    def get_score(self, user: User) -> float:
        return 0.5


class Silent(ModelViewSet[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer


@mcp_exclude("destroy", "update", "partial_update", "create", "retrieve")
class Speaking(ModelViewSet[User]):
    """People who may log in; look here before you mention anybody."""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    pagination_class = Pages

    @action(detail=False, methods=["post"])
    def recompute(self, request: Request) -> Response:
        return Response(dict(request.data.items()))

    @mcp_tool(input=Address, output=Address)
    @action(detail=False, methods=["post"])
    def move(self, request: Request) -> Response:
        """Move everybody to one address."""
        return Response(request.data)

    @action(detail=False)
    def picture(self, request: Request) -> FileResponse:
        """Their picture."""
        return FileResponse(b"")

    @mcp_tool(output=Address)
    @action(detail=False)
    def a_very_long_name_that_no_client_would_ever_take_in_full(self, request: Request) -> Response:
        """Where most of them live."""
        return Response({})


urlpatterns = [*routed(Silent), *routed(Speaking, prefix="people", basename="person"), *mcp_urls()]
pytestmark = pytest.mark.urls(__name__)


def found(number: int) -> list[Finding]:
    return [finding for finding in read_api(get_catalog()) if finding.id == f"drf_mcp.W{number:03}"]


def test_fields_without_help_text_are_named_with_their_serializer() -> None:
    by_class = {finding.where.rpartition(".")[2]: finding for finding in found(30)}

    assert by_class["Address"].message == "1 field has no help_text: street."
    assert by_class["Address"].line == f"tests/test_readiness.py:{line_of('class Address')}"
    # What a nested serializer is for, its own fields say.
    assert "address" not in str(by_class.get("UserSerializer"))


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(Path(__file__).read_text().splitlines(), 1) if text in line)


def test_fields_of_any_content_are_named() -> None:
    (finding,) = found(31)

    assert finding.message == "3 fields say nothing of what is in them: about, tags, age."


def test_a_list_without_pages_is_named() -> None:
    (finding,) = found(32)

    assert finding.where == f"{__name__}.Silent.list"
    assert "pagination_class" in finding.fix


@pytest.mark.parametrize("paginator", [PageNumberPagination, LimitOffsetPagination])
def test_a_paginator_without_a_size_makes_no_pages(monkeypatch: pytest.MonkeyPatch, paginator: Any) -> None:
    monkeypatch.setattr(Speaking, "pagination_class", paginator)

    assert [finding.where.rpartition(".")[0] for finding in found(32)] == [f"{__name__}.Silent", f"{__name__}.Speaking"]


def test_an_action_that_takes_what_it_does_not_name_is_named() -> None:
    (finding,) = found(33)

    assert finding.where == f"{__name__}.Speaking.recompute"
    assert finding.line == f"tests/test_readiness.py:{line_of('def recompute') - 1}"


def test_an_action_that_does_not_say_what_it_answers_is_named() -> None:
    assert [finding.where for finding in found(34)] == [f"{__name__}.Speaking.recompute"]


def test_a_name_that_was_cut_is_named() -> None:
    (finding,) = found(35)

    assert finding.where.endswith("in_full")


def test_descriptions_that_repeat_the_name_are_named_once_for_a_viewset() -> None:
    viewset, extra = found(36)

    assert viewset.where == f"{__name__}.Silent"
    assert viewset.message.startswith("5 tools say no more than the name: list_users_user_thing, ")
    assert extra.where == f"{__name__}.Speaking.recompute"


def test_definitions_over_a_size_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(37) == found(38) == []
    monkeypatch.setattr(readiness, "MAX_TOOL_BYTES", 100)
    monkeypatch.setattr(readiness, "MAX_LIST_TOKENS", 100)

    assert len(found(37)) == len(get_catalog().tools)
    (finding,) = found(38)
    assert "tokens" in finding.message


def test_each_rule_finds_under_an_id_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "MAX_TOOL_BYTES", 100)
    monkeypatch.setattr(readiness, "MAX_LIST_TOKENS", 100)
    api = readiness.API(get_catalog())

    ids = [{finding.id for finding in rule(api)} for rule in RULES]

    assert ids == [{f"drf_mcp.W{number:03}"} for number in range(30, 30 + len(RULES))]


@pytest.mark.django_db
def test_they_are_checks_that_run_only_when_they_are_asked_for() -> None:
    ids = {finding.id for finding in read_api(get_catalog())}

    assert {message.id for message in run_checks(tags=["mcp_api"])} == ids
    assert ids & {message.id for message in run_checks()} == set()
    assert ids & {message.id for message in run_checks(include_deployment_checks=True)} == set()
    assert ids & {message.id for message in run_checks(tags=["security"])} == set()


def test_a_check_can_be_silenced(settings: Any) -> None:
    with pytest.raises(SystemCheckError, match=r"drf_mcp\.W030"):
        call_command("check", "--tag", "mcp_api", "--fail-level", "WARNING")
    settings.SILENCED_SYSTEM_CHECKS = [f"drf_mcp.W{number:03}" for number in range(30, 39)]
    call_command("check", "--tag", "mcp_api", "--fail-level", "WARNING")


def test_a_serializer_that_cannot_be_read_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> Any:
        raise RuntimeError

    catalog = get_catalog()  # it is there before anything fails
    monkeypatch.setattr(Address, "get_fields", fail)

    findings = [finding for finding in read_api(catalog) if finding.id == "drf_mcp.W031"]
    assert [finding.where for finding in findings] == [f"{__name__}.UserSerializer"]
