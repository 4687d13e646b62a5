"""Errors in the shape of drf-standardized-errors, understood as those of Django REST Framework are."""

from __future__ import annotations

import pytest
from django.urls import include, path
from djangorestframework_camel_case.parser import CamelCaseJSONParser
from djangorestframework_camel_case.render import CamelCaseJSONRenderer
from drf_standardized_errors.handler import exception_handler
from rest_framework import serializers, viewsets
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.routers import SimpleRouter

from drf_mcp.contrib.standardized_errors import nested_errors
from drf_mcp.test import MCPClient, ResponseError

from .models import Domain

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Line(serializers.Serializer):
    sku = serializers.CharField(max_length=3)


class OrderSerializer(serializers.ModelSerializer):
    lines = Line(many=True, write_only=True)
    tags = serializers.ListField(child=serializers.IntegerField(), write_only=True, required=False)

    class Meta:
        model = Domain
        fields = ["id", "name", "lines", "tags"]

    def validate(self, attrs):
        if attrs["name"] == "taken":
            raise ValidationError("Think of another.", code="unimaginative")
        return attrs


class OrderViewSet(viewsets.ModelViewSet):
    queryset = Domain.objects.all()
    serializer_class = OrderSerializer

    def get_exception_handler(self):
        return exception_handler

    def perform_destroy(self, instance):
        if instance.name == "busy":
            raise Throttled(wait=30)
        raise RuntimeError("secret")


router = SimpleRouter()
router.register("orders", OrderViewSet)
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


def refused(mcp_client, **arguments):
    with pytest.raises(ResponseError) as refusal:
        mcp_client.call_tool("create_guests_domain", **arguments)
    assert refusal.value.code == -32602
    return refusal.value


def test_each_error_stands_under_its_field_with_its_code(mcp_client):
    error = refused(mcp_client, lines=[{"sku": "abc"}, {"sku": "abcd"}], tags=["x"])

    assert error.data["errors"] == {
        "name": [{"message": "This field is required.", "code": "required"}],
        "lines": {
            "1": {"sku": [{"message": "Ensure this field has no more than 3 characters.", "code": "max_length"}]}
        },
        "tags": {"0": [{"message": "A valid integer is required.", "code": "invalid"}]},
    }
    assert "lines.1.sku: Ensure this field has no more than 3 characters." in error.message
    assert "type" not in error.message


def test_an_error_of_no_field_stands_where_drf_has_it(mcp_client):
    errors = refused(mcp_client, name="taken", lines=[]).data["errors"]

    assert errors == {"non_field_errors": [{"message": "Think of another.", "code": "unimaginative"}]}


def test_other_errors_are_told_by_their_sentence_and_code(mcp_client):
    missing = mcp_client.call_tool("retrieve_guests_domain", id="0")
    assert missing.is_error
    assert (missing.structured["status"], missing.structured["code"]) == (404, "not_found")
    assert missing.structured["detail"] == "Not found."

    busy = Domain.objects.create(name="busy")
    throttled = mcp_client.call_tool("destroy_guests_domain", id=str(busy.pk))
    assert (throttled.structured["code"], throttled.structured["retry_after"]) == ("throttled", "30")


def test_a_failure_stays_one_and_tells_nothing(caplog):
    row = Domain.objects.create(name="one")
    client = MCPClient(raise_request_exception=False)

    with pytest.raises(ResponseError) as failed:
        client.call_tool("destroy_guests_domain", id=str(row.pk))

    assert failed.value.code == -32603
    assert "secret" not in str(failed.value)


def test_the_separator_is_the_projects_choice(mcp_client, settings):
    settings.DRF_STANDARDIZED_ERRORS = {"NESTED_FIELD_SEPARATOR": "__"}

    assert list(refused(mcp_client, name="a", lines=[{}]).data["errors"]["lines"]["0"]) == ["sku"]


def test_with_names_in_camel_case_the_codes_stay(mcp_client, monkeypatch):
    monkeypatch.setattr(OrderViewSet, "parser_classes", [CamelCaseJSONParser])
    monkeypatch.setattr(OrderViewSet, "renderer_classes", [CamelCaseJSONRenderer])

    assert refused(mcp_client, lines=[]).data["errors"]["name"][0]["code"] == "required"


@pytest.mark.parametrize(
    "data",
    [
        {"type": "validation_error", "errors": []},
        {"type": "mine", "errors": [{"code": "a", "detail": "b", "attr": "c"}]},
        {"type": "validation_error", "errors": [{"code": "a", "detail": "b"}]},
        {"type": "validation_error", "errors": [{"code": "a", "detail": {}, "attr": "c"}]},
        ["validation_error"],
    ],
)
def test_what_only_looks_like_it_is_left_alone(data):
    assert nested_errors(data) is data


def test_a_field_with_messages_of_its_own_and_below_keeps_both():
    def errors(*attrs):
        return {"type": "validation_error", "errors": [{"code": "c", "detail": a, "attr": a} for a in attrs]}

    both = {"a": {"non_field_errors": ["a"], "b": ["a.b"]}}
    assert nested_errors(errors("a", "a.b")) == nested_errors(errors("a.b", "a")) == both
