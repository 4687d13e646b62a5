"""The page in Django admin that says how clients connect, and its self-test."""

from __future__ import annotations

import asyncio
import html
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.core.checks import register
from django.core.checks.registry import registry
from django.db import connection, connections
from django.test import AsyncClient, Client
from django.urls import include, path

from drf_mcp import diagnosis
from drf_mcp.admin import AccessTokenAdmin, CallAdmin, ConnectionAdmin, PromptAdmin
from drf_mcp.admin.connect import is_public
from drf_mcp.contrib.oauth_toolkit.settings import sign_in
from drf_mcp.models import AccessToken, Call, Connection, Prompt
from drf_mcp.views import MCPView
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("config.urls")]

URL = "/admin/drf_mcp/connection/"


def logged_in(*permissions: str, **values: Any) -> Client:
    user = UserFactory(is_staff=True, **values)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin() -> Client:
    return logged_in(is_superuser=True)


def problems(admin: Client, url: str = URL, **extra: Any) -> list[str]:
    answer = admin.get(url, **extra)
    assert answer.status_code == 200
    found = [*answer.context["problems"], *answer.context["notes"]]
    return [f"{symptom.level}: {symptom.message}" for symptom in found]


def clients(answer: Any) -> dict[str, Any]:
    return {client["name"]: client for client in answer.context["clients"]}


# Who may


def test_the_page_has_a_permission_of_its_own() -> None:
    assert logged_in("view_call", "add_accesstoken").get(URL).status_code == 403
    viewer = logged_in("view_connection")
    assert viewer.get(URL).status_code == 200
    assert URL in viewer.get("/admin/").content.decode()
    assert Client().get(URL).headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_page_is_only_read(admin, method) -> None:
    assert getattr(admin, method)(URL).status_code == 405
    assert admin.get(f"{URL}add/").status_code == 404


def test_who_may_make_no_token_is_not_led_to_it(settings) -> None:
    settings.DRF_MCP = {}
    assert (
        "/accesstoken/add/" not in logged_in("view_connection").get(URL).content.decode().partition("content-main")[2]
    )
    page = logged_in("view_connection", "add_accesstoken").get(URL).content.decode()
    assert "/admin/drf_mcp/accesstoken/add/" in page.partition("content-main")[2]


# The endpoint and the clients


def test_the_address_is_the_public_one_else_the_one_of_the_request(admin, settings) -> None:
    settings.DRF_MCP = {}
    assert admin.get(URL).context["endpoints"][0]["url"] == "http://testserver/mcp"
    settings.DRF_MCP = {"PUBLIC_URL": "https://shop.example.com"}
    answer = admin.get(URL)
    assert answer.context["endpoints"][0]["url"] == "https://shop.example.com/mcp"
    assert "https://shop.example.com/mcp" in clients(answer)["claude-code"]["configs"][0]["text"]


def test_clients_need_what_the_endpoint_wants(admin, settings) -> None:
    settings.DRF_MCP = {}
    found = clients(admin.get(URL))
    assert len(found["claude-ai"]["lacking"]) == 2
    assert found["claude-ai"]["configs"][0]["text"] == "http://testserver/mcp"
    assert str(found["cursor"]["needs"]) == "A token"

    settings.DRF_MCP = {"ANONYMOUS": True, "PUBLIC_URL": "https://example.com"}
    found = clients(admin.get(URL))
    assert found["chatgpt"]["lacking"] == []
    assert str(found["cursor"]["needs"]) == "Nothing but the address"
    assert "Authorization" not in found["cursor"]["configs"][0]["text"]

    issuer = {"AUTHORIZATION_SERVERS": ["https://login.example.org"], "PUBLIC_URL": "https://example.com"}
    settings.DRF_MCP = issuer
    found = clients(admin.get(URL))
    assert found["claude-ai"]["lacking"] == []
    both = found["claude-code"]["configs"]
    assert [str(config["how"]) for config in both] == ["Signing in", "With a token"]
    assert ["Authorization" in config["text"] for config in both] == [False, True]

    settings.DRF_MCP = {**issuer, "AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"]}
    found = clients(admin.get(URL))
    assert str(found["cursor"]["needs"]) == "Sign-in (OAuth)"
    assert len(found["cursor"]["configs"]) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/mcp", True),
        ("http://example.com/mcp", False),
        ("https://localhost/mcp", False),
        ("https://127.0.0.1/mcp", False),
        ("https://10.1.2.3/mcp", False),
        ("https://[::1]/mcp", False),
        ("https://8.8.8.8/mcp", True),
        ("https://intranet/mcp", False),
        ("https://shop.internal/mcp", False),
    ],
)
def test_an_address_is_public_or_not(url, expected) -> None:
    assert is_public(url) == expected


several = [path("mcp/", include("drf_mcp.urls")), path("reads/", MCPView.as_view(read_only=True))]


class OtherSite(AdminSite):
    site_header = "Another admin"


other = OtherSite(name="other")
for model, cls in [
    (AccessToken, AccessTokenAdmin),
    (Call, CallAdmin),
    (Connection, ConnectionAdmin),
    (Prompt, PromptAdmin),
]:
    other.register(model, cls)  # type: ignore[type-var, arg-type]
urlpatterns = [path("other/", other.urls), *several]


@pytest.mark.urls(__name__)
def test_another_admin_site_has_its_own_links_and_every_endpoint_is_shown(admin, settings) -> None:
    settings.DRF_MCP = {}
    answer = admin.get("/other/drf_mcp/connection/")
    page = answer.content.decode()
    assert [endpoint["url"] for endpoint in answer.context["endpoints"]] == [
        "http://testserver/mcp",
        "http://testserver/reads",
    ]
    assert "it leaves only the tools that read" in page
    assert "/other/drf_mcp/accesstoken/add/" in page
    token = {"user": UserFactory().pk, "name": "x", "expires_0": "", "expires_1": "", "tools": ""}
    made = admin.post("/other/drf_mcp/accesstoken/add/", token).content.decode()
    assert "/other/drf_mcp/connection/" in made
    pk = AccessToken.objects.get().pk
    changed = admin.get(f"/other/drf_mcp/accesstoken/{pk}/change/").content.decode()
    assert f'formaction="/other/drf_mcp/accesstoken/{pk}/revoke/"' in changed
    assert f"/other/drf_mcp/call/?only=with%3A{pk}" in changed
    written = admin.get("/other/drf_mcp/prompt/add/").content.decode()
    assert 'formaction="/other/drf_mcp/prompt/preview/"' in written
    for text in (page, made, changed, written, admin.get("/other/drf_mcp/").content.decode()):
        assert "Another admin" in text
        assert 'href="/admin/' not in text


# The self-test


def test_a_set_up_without_a_route_is_told_what_to_add(admin, settings) -> None:
    settings.ROOT_URLCONF = "tests.admin.no_endpoint"
    assert "ERROR: No route leads to the MCP endpoint." in problems(admin)
    assert "the self-test below says what to add" in admin.get(URL).content.decode()


def test_a_wrong_address_is_found_by_where_the_page_is_read(admin, settings) -> None:
    settings.DRF_MCP = {"PUBLIC_URL": "https://example.com"}
    settings.ALLOWED_HOSTS = ["*"]
    (found,) = [text for text in problems(admin) if "you read this at" in text]
    assert found == 'WARNING: DRF_MCP["PUBLIC_URL"] says https://example.com, and you read this at http://testserver.'
    secure = {"HTTP_HOST": "example.com", "wsgi.url_scheme": "https"}
    assert not [text for text in problems(admin, **secure) if "you read this at" in text]
    answer = admin.get(URL, HTTP_HOST="example.com")
    fixes = [found.fix for found in answer.context["problems"] if "you read this at" in found.message]
    assert fixes[0].startswith("Only the scheme differs.")


def test_the_server_is_known_by_this_request(admin) -> None:
    no_threads = (
        "WARNING: This is a WSGI server without threads: no answer can be a stream, and one call blocks the process."
    )
    assert no_threads in problems(admin, **{"wsgi.multithread": False})
    threads = problems(admin, **{"wsgi.multithread": True})
    assert (
        "INFO: This is a WSGI server with threads: tools report while they run. Clients cannot listen to changes."
        in threads
    )
    assert no_threads not in threads


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_is_known_too(settings) -> None:
    user = UserFactory(is_staff=True, is_superuser=True)

    async def ask() -> Any:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.get(URL)
        await sync_to_async(connections.close_all)()  # those of the thread that the view ran in
        return answer

    settings.DRF_MCP = {"REDIS_URL": "redis://127.0.0.1:1/0"}
    page = html.unescape(asyncio.run(ask()).content.decode())
    assert "This is an ASGI server: tools report while they run, and clients listen." in page


def test_a_missing_table_is_named(admin) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE drf_mcp_promptargument RENAME TO elsewhere")
    assert "ERROR: Tables are missing: drf_mcp_promptargument." in problems(admin)


def test_system_checks_are_part_of_it(admin, settings) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]}
    settings.DRF_MCP = {"ANONYMOUS": True}
    found = problems(admin)
    assert any("Callers without credentials may use tools that change something" in text for text in found)
    settings.SILENCED_SYSTEM_CHECKS = ["drf_mcp.W010"]
    assert not any("Callers without credentials may use tools" in text for text in problems(admin))


def test_a_check_that_cannot_look_costs_no_other(admin, caplog) -> None:
    def check_nothing(app_configs: Any, **kwargs: Any) -> list[Any]:
        raise RuntimeError("the password is hunter2")

    check_nothing.__module__ = "drf_mcp.checks"
    register(check_nothing)
    try:
        answer = admin.get(URL)
        assert "The check check_nothing could not look." in answer.content.decode()
        assert "hunter2" not in answer.content.decode()
        assert any(found.message.startswith("Callers are proved by") for found in diagnosis.symptoms_of_set_up())
    finally:
        registry.registered_checks = {check for check in registry.registered_checks if check is not check_nothing}
    assert "hunter2" in caplog.text


# Signing in


@pytest.fixture
def signing_in(settings) -> None:
    settings.DRF_MCP = sign_in("https://example.com")
    settings.ALLOWED_HOSTS = ["*"]
    settings.ROOT_URLCONF = "config.oauth_urls"
    settings.LOGIN_URL = "login"


def test_the_documents_are_asked_for_in_this_process(admin, signing_in) -> None:
    secure = {"HTTP_HOST": "example.com", "wsgi.url_scheme": "https"}
    facts = [found.message for found in admin.get(URL, **secure).context["facts"]]
    assert "/.well-known/oauth-protected-resource/mcp says where to sign in." in facts
    assert "/.well-known/oauth-authorization-server describes a server that clients can use." in facts
    assert not [text for text in problems(admin, **secure) if text.startswith("ERROR")]


def test_a_document_without_a_route_is_missed(admin, signing_in, settings) -> None:
    settings.ROOT_URLCONF = "config.urls"
    found = problems(admin)
    assert "ERROR: /.well-known/oauth-protected-resource/mcp is not served: no route leads there." in found
    assert "ERROR: /.well-known/oauth-authorization-server is not served: no route leads there." in found


def test_a_document_sees_nothing_of_the_administrator(admin, signing_in, settings) -> None:
    settings.ROOT_URLCONF = "tests.admin.wrong_documents"
    found = problems(admin)
    assert "ERROR: /.well-known/oauth-authorization-server is not served: it answers with status 418." not in found
    assert "ERROR: The authorization server calls itself nobody, and clients were told https://example.com." in found
    assert "ERROR: The authorization server does not tell its authorization_endpoint, token_endpoint." in found
    assert "ERROR: The authorization server does not announce PKCE with S256." in found
    assert "ERROR: The authorization server lets no unknown client in." in found
    assert (
        "ERROR: /.well-known/oauth-protected-resource/mcp is not served: it fails, and the log of the server says why."
        in found
    )


def test_another_sites_server_is_not_asked(admin, settings) -> None:
    settings.DRF_MCP = {
        "AUTHORIZATION_SERVERS": ["https://login.example.org/realm"],
        "PUBLIC_URL": "https://example.com",
    }
    answer = admin.get(URL)
    (found,) = [found for found in answer.context["notes"] if "another site" in found.message]
    assert "https://login.example.org/.well-known/oauth-authorization-server/realm" in found.fix


def test_the_pages_can_be_translated(admin, settings) -> None:
    settings.LANGUAGE_CODE = "de"
    prompt = Prompt.objects.create(name="greet", template="{{ nme }}")
    token = {"user": UserFactory().pk, "name": "x", "expires_0": "", "expires_1": "", "tools": ""}
    made = admin.post("/admin/drf_mcp/accesstoken/add/", token)
    pages = [admin.get(url) for url in (URL, "/admin/drf_mcp/", f"/admin/drf_mcp/prompt/{prompt.pk}/change/")]
    assert [page.status_code for page in (made, *pages)] == [200] * 4
    assert "The template uses nme" in pages[-1].content.decode()
