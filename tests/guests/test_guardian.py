"""Permissions on single objects, with django-guardian and djangorestframework-guardian."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import include, path
from guardian.shortcuts import assign_perm
from rest_framework import permissions, serializers, viewsets
from rest_framework.routers import SimpleRouter
from rest_framework_guardian.filters import ObjectPermissionsFilter
from rest_framework_guardian.serializers import ObjectPermissionsAssignmentMixin

from tests.factories import TokenFactory

from .models import Profile

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class ProfileSerializer(ObjectPermissionsAssignmentMixin, serializers.ModelSerializer):
    class Meta:
        model = Profile
        fields = ["id", "nickname"]

    def get_permissions_map(self, created):
        user = self.context["request"].user
        return {"view_profile": [user], "change_profile": [user]}


class ProfileViewSet(viewsets.ModelViewSet):
    queryset = Profile.objects.order_by("pk")
    serializer_class = ProfileSerializer
    permission_classes = [permissions.DjangoObjectPermissions]
    filter_backends = [ObjectPermissionsFilter]


router = SimpleRouter()
router.register("profiles", ProfileViewSet)
urlpatterns = [*router.urls, path("mcp/", include("drf_mcp.urls"))]


@pytest.fixture(autouse=True)
def with_guardian(settings):
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "guardian.backends.ObjectPermissionBackend",
    ]


@pytest.fixture
def token(mcp_client):
    """A token of somebody who may see one profile and change it, and who may make and change profiles at all."""
    token = TokenFactory()
    token.user.user_permissions.add(*Permission.objects.filter(codename__in=["add_profile", "change_profile"]))
    mcp_client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    return token


def test_a_list_has_the_callers_own_objects(mcp_client, client, token):
    seen, changed, _ = (Profile.objects.create(nickname=name) for name in ("seen", "changed", "hidden"))
    for profile in (seen, changed):
        assign_perm("view_profile", token.user, profile)

    listed = mcp_client.call_tool("list_guests_profile").structured["result"]

    assert [profile["nickname"] for profile in listed] == ["seen", "changed"]
    assert listed == client.get("/profiles/", headers={"Authorization": f"Token {token.key}"}).json()


def test_what_is_hidden_is_not_there_and_what_may_not_be_changed_stays(mcp_client, client, token):
    seen, hidden = Profile.objects.create(nickname="seen"), Profile.objects.create(nickname="hidden")
    assign_perm("view_profile", token.user, seen)
    headers = {"Authorization": f"Token {token.key}"}

    found = mcp_client.call_tool("retrieve_guests_profile", id=str(hidden.pk))
    changed = mcp_client.call_tool("update_guests_profile", id=str(seen.pk), nickname="x")

    assert found.structured["status"] == client.get(f"/profiles/{hidden.pk}/", headers=headers).status_code == 404
    rest = client.patch(f"/profiles/{seen.pk}/", {"nickname": "x"}, "application/json", headers=headers)
    assert changed.structured["status"] == rest.status_code == 403
    assert not Profile.objects.filter(nickname="x").exists()


def test_who_makes_an_object_gets_the_permissions_that_its_serializer_assigns(mcp_client, token):
    made = mcp_client.call_tool("create_guests_profile", nickname="mine").structured

    changed = mcp_client.call_tool("update_guests_profile", id=str(made["id"]), nickname="ours").structured

    assert changed == {"id": made["id"], "nickname": "ours"}
