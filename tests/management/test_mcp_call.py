"""``manage.py mcp_call``."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import ModelViewSet

from tests.factories import UserFactory, mcp_urls, routed
from users.models import User
from users.serializers import UserSerializer


class Users(ModelViewSet[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    permission_classes = [IsAuthenticated]


class Device(TokenAuthentication):
    """A proof that no token is."""


class OfDevices(Users):
    """What only another class proves is not handed over to these."""

    authentication_classes = [Device]


urlpatterns = [*routed(Users), *routed(OfDevices, prefix="devices", basename="device"), *mcp_urls()]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def ann() -> Any:
    return UserFactory(username="ann", pk=1000)


def mcp_call(*options: str) -> str:
    printed = io.StringIO()
    call_command("mcp_call", *options, stdout=printed)
    return printed.getvalue()


def refusal(*options: str) -> tuple[str, int]:
    with pytest.raises(CommandError) as refused:
        mcp_call(*options)
    return str(refused.value), refused.value.returncode


def test_the_text_that_a_model_reads_is_printed() -> None:
    printed = mcp_call("retrieve_users_user_thing", '{"id": 1000}', "--as", "ann")

    assert printed.startswith("User ID: 1000\n- Username: ann\n")


def test_json_is_the_structured_content() -> None:
    printed = mcp_call("retrieve_users_user_thing", '{"id": 1000}', "--as", "ann", "--json")

    assert json.loads(printed)["username"] == "ann"


def test_arguments_are_read_from_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id": 1000}'))

    assert "ann" in mcp_call("retrieve_users_user_thing", "-", "--as", "ann")


def test_a_tool_that_refuses_ends_with_1_after_its_answer() -> None:
    printed = io.StringIO()
    with pytest.raises(CommandError, match="refused the call") as refused:
        call_command("mcp_call", "retrieve_users_user_thing", '{"id": 1}', "--as", "ann", stdout=printed)

    assert refused.value.returncode == 1
    assert "Not found" in printed.getvalue()


def test_arguments_that_do_not_fit_end_with_1_and_say_which() -> None:
    message, code = refusal("create_users_user_thing", '{"username": "b"}', "--as", "ann")

    assert "email: This field is required." in message
    assert code == 1


def test_an_error_is_json_for_scripts() -> None:
    printed = io.StringIO()
    with pytest.raises(CommandError):
        call_command("mcp_call", "create_users_user_thing", "{}", "--as", "ann", "--json", stdout=printed)

    error = json.loads(printed.getvalue())["error"]
    assert error["code"] == -32602
    assert set(error["data"]["errors"]) == {"username", "email", "password"}


def test_nobody_meets_the_views_own_permissions() -> None:
    message, code = refusal("retrieve_users_user_thing", '{"id": 1000}')

    assert message == "This tool needs a signed-in caller: say who calls with --as USER."
    assert code == 1


def test_nobody_is_asked_for_a_user_where_the_endpoint_serves_no_nobodies(settings: Any) -> None:
    settings.DRF_MCP = {"ANONYMOUS": False}

    message, code = refusal("retrieve_users_user_thing", '{"id": 1000}')

    assert message == 'Say who calls with --as USER: DRF_MCP["ANONYMOUS"] is off, so somebody has to call.'
    assert code == 2


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["retrieve_users_user_thing", "{}", "--as", "anne"], "Did you mean ann?"),
        (["retrieve_users_thing", "{}", "--as", "ann"], "Did you mean retrieve_users_user_thing"),
        (["x", "{}", "--as", "ann"], "manage.py mcp_tools lists"),
        (["retrieve_users_user_thing", "{id: 1}", "--as", "ann"], "are no JSON"),
        (["retrieve_users_user_thing", "[]", "--as", "ann"], "JSON object"),
        (["retrieve_users_user_thing", "{}", "--as", "ann", "--path", "/else/"], "/mcp/"),
    ],
)
def test_what_was_called_wrongly_ends_with_2_and_a_hint(options: list[str], hint: str) -> None:
    message, code = refusal(*options)

    assert hint in message
    assert code == 2


def test_somebody_who_may_not_log_in_does_not_call() -> None:
    UserFactory(username="gone", is_active=False)

    message, code = refusal("retrieve_users_user_thing", '{"id": 1000}', "--as", "gone")

    assert "not active" in message
    assert code == 2


def test_a_view_that_insists_on_another_proof_refuses_a_user_without_any() -> None:
    printed = io.StringIO()

    with pytest.raises(CommandError):
        call_command("mcp_call", "retrieve_users_user_device", '{"id": 1000}', "--as", "ann", stdout=printed)

    assert "ann@example.com" not in printed.getvalue()


@pytest.mark.parametrize(
    ("public_url", "hosts"), [("https://api.example.com", ["api.example.com"]), (None, [".example.com"]), (None, ["*"])]
)
def test_the_host_is_one_that_the_site_serves(settings: Any, public_url: str | None, hosts: list[str]) -> None:
    settings.ALLOWED_HOSTS = hosts
    settings.DRF_MCP = {"PUBLIC_URL": public_url}
    settings.SECURE_SSL_REDIRECT = True

    assert "ann" in mcp_call("retrieve_users_user_thing", '{"id": 1000}', "--as", "ann")
