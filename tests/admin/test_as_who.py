"""What one user's agents get: exactly what these are told, and a reason for each thing that they are not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from rest_framework.permissions import DjangoModelPermissions, IsAdminUser

from drf_mcp.decisions import decide
from drf_mcp.models import Call, Prompt
from tests.auth.test_tokens import caller, make_token
from tests.factories import MCPClient, UserFactory, mcp_urls, routed
from users.models import User
from users.views import UserViewSet

from .test_calls import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls"), pytest.mark.usefixtures("rules_are_read")]

URL = "/admin/drf_mcp/aswho/"


@pytest.fixture
def admin() -> Client:
    return logged_in(username="root", is_superuser=True)


def kinds(client: Client, query: str) -> list[Any]:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200
    return list(answer.context.get("kinds", []))


def reasons(client: Client, query: str) -> dict[str, str]:
    return {entry.name: entry.reason for kind in kinds(client, query) for entry in kind.missing}


def test_the_permission_decides_who_looks() -> None:
    assert logged_in("view_toolrule", "change_toolrule").get(URL).status_code == 403
    assert logged_in("view_as_user").get(URL).status_code == 200
    assert Client().get(URL).headers["Location"].startswith("/admin/login/")


def test_it_shows_exactly_what_a_client_of_the_user_is_told(admin) -> None:
    editors = Group.objects.create(name="Editors")
    ada = UserFactory(username="ada")
    ada.user_permissions.set(Permission.objects.filter(codename="view_user"))

    class Guarded(UserViewSet):
        permission_classes = (DjangoModelPermissions,)

    class ForStaff(UserViewSet):
        permission_classes = (IsAdminUser,)

    views = routed(UserViewSet, Guarded, ForStaff, prefix="users", basename="user")
    with override_settings(ROOT_URLCONF=(*views, *mcp_urls(), path("admin/", site.urls))):
        root, client = User.objects.get(username="root"), MCPClient(ada)
        names = sorted(client.list_tools())
        decide("tool", names[0], root, is_enabled=False)
        decide("tool", names[1], root, is_limited=True, groups=[editors])
        decide("tool", next(name for name in names if name.startswith("retrieve_")), root, asks=True)
        Prompt.objects.create(name="off", template="x", is_enabled=False)
        Prompt.objects.create(name="other", template="x").groups.add(editors)
        Prompt.objects.create(name="mine", template="x")

        tools, resources, prompts = kinds(admin, "user=ada")
        assert {entry.name for entry in tools.there} == {*client.list_tools()}
        listed = client.send("resources/list")["result"]["resources"]
        templates = client.send("resources/templates/list")["result"]["resourceTemplates"]
        uris = {each["uri"] for each in listed} | {each["uriTemplate"] for each in templates}
        assert {entry.name for entry in resources.there} == uris
        told = client.send("prompts/list")["result"]["prompts"]
        assert {entry.name for entry in prompts.there} == {each["name"] for each in told}

        why = reasons(admin, "user=ada")
        assert why[names[0]] == f"Switched off by the rule for: tool {names[0]}."
        assert why[names[1]] == f"The rule for tool {names[1]} limits it to members of: Editors."
        refused = " ".join(why.values())
        assert "permission class DjangoModelPermissions. It is for: users with users.add_user." in refused
        assert "permission class IsAdminUser. It is for: staff." in refused
        assert "Its tool asks for confirmation, which reading a resource cannot." in why.values()
        assert why["off"] == "It is not enabled."
        assert why["other"] == "It is for other groups."
        assert all(why.values())
    assert not Call.objects.exists()


def test_a_token_and_the_settings_narrow(admin, settings) -> None:
    token, value = make_token(is_read_only=True, tools="list_*")
    query = f"user={token.user.get_username()}&token={token.pk}"

    assert {entry.name for entry in kinds(admin, query)[0].there} == {*caller(value).list_tools()}
    assert reasons(admin, query)["create_users_user"] == "Left out by the token."
    settings.DRF_MCP = {**settings.DRF_MCP, "EXCLUDE": ["app:users"]}
    assert reasons(admin, query)["list_users_user"] == "Left out by the settings."
    token.revoke()
    answer = admin.get(f"{URL}?{query}")
    assert "kinds" not in answer.context
    assert answer.context["refused"] == "The token lets nobody in: it is revoked."
    other, _value = make_token(expires=timezone.now() - timedelta(days=1))
    answer = admin.get(f"{URL}?user={token.user.get_username()}&token={other.pk}")
    assert (answer.context["token"] is None) == (other.user != token.user)


def test_a_sign_in_for_reading_alone_narrows(admin, settings) -> None:
    UserFactory(username="ada")
    query = "user=ada&token=mcp:read"
    assert "create_users_user" not in reasons(admin, query)
    settings.DRF_MCP = {**settings.DRF_MCP, "AUTHORIZATION_SERVERS": ["https://login.example.com"]}
    assert "mcp:read" in admin.get(f"{URL}?{query}").content.decode()
    assert reasons(admin, query)["create_users_user"] == "Left out by the token."
    assert "list_users_user" not in reasons(admin, query)


def test_somebody_without_credentials_is_shown_where_they_are_served(admin, settings) -> None:
    assert {entry.name for entry in kinds(admin, "nobody=1")[0].there} == {*MCPClient().list_tools()}
    settings.DRF_MCP = {**settings.DRF_MCP, "ANONYMOUS": False}
    assert kinds(admin, "nobody=1") == []


def test_users_are_found_by_part_of_their_name(admin) -> None:
    UserFactory(username="ada")
    UserFactory(username="adam", is_active=False)
    UserFactory(username="<b>x</b>")

    assert [user.username for user in admin.get(f"{URL}?user=AD").context["found"]] == ["ada", "adam"]
    assert "lets nobody in" in admin.get(f"{URL}?user=adam").content.decode()
    assert "<b>x</b>" not in admin.get(f"{URL}?user=x").content.decode()
    for nonsense in ("user=%00", "user=nobody-has-this", f"user={'x' * 10000}", "user=ada&token=x&endpoint=/no/"):
        assert admin.get(f"{URL}?{nonsense}").status_code == 200
