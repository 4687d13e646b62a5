"""Routes below routes, with drf-nested-routers."""

from __future__ import annotations

import pytest
from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework_nested.routers import NestedSimpleRouter, SimpleRouter
from rest_framework_nested.viewsets import NestedViewSetMixin

from .models import Domain, Nameserver, Record

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class DomainSerializer(serializers.ModelSerializer):
    class Meta:
        model = Domain
        fields = ["id", "name"]


class NameserverSerializer(serializers.ModelSerializer):
    class Meta:
        model = Nameserver
        fields = ["id", "ip", "domain"]


class RecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = Record
        fields = ["id", "text"]


class DomainViewSet(viewsets.ModelViewSet):
    queryset = Domain.objects.all()
    serializer_class = DomainSerializer


class NameserverViewSet(NestedViewSetMixin, viewsets.ModelViewSet):
    queryset = Nameserver.objects.order_by("pk")
    serializer_class = NameserverSerializer
    parent_lookup_kwargs = {"domain_pk": "domain__pk"}


class RecordViewSet(viewsets.ModelViewSet):
    serializer_class = RecordSerializer

    def get_queryset(self):
        ours = {"nameserver": self.kwargs["nameserver_pk"], "nameserver__domain": self.kwargs["domain_pk"]}
        return Record.objects.filter(**ours)


router = SimpleRouter()
router.register("domains", DomainViewSet)
nameservers = NestedSimpleRouter(router, "domains", lookup="domain")
nameservers.register("nameservers", NameserverViewSet, basename="nameserver")
records = NestedSimpleRouter(nameservers, "nameservers", lookup="nameserver")
records.register("records", RecordViewSet, basename="record")
urlpatterns = [*router.urls, *nameservers.urls, *records.urls, path("mcp/", include("drf_mcp.urls"))]


@pytest.fixture
def domains():
    return [Domain.objects.create(name="one.example"), Domain.objects.create(name="two.example")]


def test_each_part_of_the_route_is_an_argument(mcp_client):
    tools = mcp_client.list_tools()

    assert tools["list_guests_nameserver"]["inputSchema"] == {
        "type": "object",
        "properties": {"domain_pk": {"type": "string", "description": "Domain ID"}},
        "required": ["domain_pk"],
        "additionalProperties": False,
    }
    assert tools["retrieve_guests_record"]["inputSchema"]["required"] == ["domain_pk", "nameserver_pk", "id"]


def test_what_the_mixin_takes_from_the_url_is_not_asked_for_again(mcp_client, client, domains):
    first, second = domains
    schema = mcp_client.list_tools()["create_guests_nameserver"]["inputSchema"]
    assert (list(schema["properties"]), schema["required"]) == (["domain_pk", "ip"], ["domain_pk", "ip"])

    made = mcp_client.call_tool("create_guests_nameserver", domain_pk=str(first.pk), ip="192.0.2.1").structured

    assert made["domain"] == first.pk
    rest = client.post(f"/domains/{first.pk}/nameservers/", {"ip": "192.0.2.2", "domain": second.pk}).json()
    assert rest["domain"] == first.pk


def test_a_tool_finds_what_is_below_its_parents_and_nothing_else(mcp_client, client, domains):
    first, second = domains
    server = Nameserver.objects.create(ip="192.0.2.1", domain=first)
    record = Record.objects.create(text="A", nameserver=server)
    where = {"domain_pk": str(first.pk), "nameserver_pk": str(server.pk), "id": str(record.pk)}

    found = mcp_client.call_tool("retrieve_guests_record", **where).structured
    elsewhere = mcp_client.call_tool("retrieve_guests_record", **{**where, "domain_pk": str(second.pk)})

    assert found == client.get(f"/domains/{first.pk}/nameservers/{server.pk}/records/{record.pk}/").json()
    assert elsewhere.is_error
    assert mcp_client.call_tool("list_guests_nameserver", domain_pk=str(second.pk)).structured == {"result": []}
