"""``manage.py mcp_doctor``."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.viewsets import ModelViewSet

from drf_mcp import mcp_exclude
from drf_mcp.diagnosis import SECTIONS
from drf_mcp.management.printing import BROKEN_PIPE
from tests.factories import mcp_urls, routed
from tests.servers import ROOT
from users.models import User
from users.serializers import UserSerializer


@mcp_exclude("destroy")
class Users(ModelViewSet[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer


urlpatterns = [*routed(Users), *mcp_urls()]
pytestmark = pytest.mark.django_db  # a check may look whether a table is there


def mcp_doctor(*options: str) -> str:
    printed = io.StringIO()
    call_command("mcp_doctor", *options, stdout=printed)
    return printed.getvalue()


def symptoms(*options: str) -> list[dict[str, Any]]:
    printed = io.StringIO()
    with contextlib.suppress(CommandError):
        call_command("mcp_doctor", "--json", *options, stdout=printed)
    return list(json.loads(printed.getvalue()))


@pytest.mark.urls(__name__)
def test_each_part_of_the_set_up_is_reported() -> None:
    report = mcp_doctor()

    assert [line for line in report.splitlines() if line and line[0].isalpha()][: len(SECTIONS)] == [*SECTIONS]
    assert "The endpoint is at /mcp/." in report
    assert re.search(r"Callers are proved by .*\bTokenAuthentication\.", " ".join(report.split()))
    assert "4 tools: 2 only read, 2 may write." in report
    assert "/things/{pk}/ is no tool." in report
    assert "(drf_mcp.I001)" in report
    assert report.splitlines()[-1].endswith("infos.")


@pytest.mark.urls(__name__)
def test_lines_fit_into_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    for report in (mcp_doctor(), mcp_doctor("--api")):
        assert max(map(len, report.splitlines())) <= 80


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("setting", "value", "message", "fix"),
    [
        ("DRF_MCP", {"ANONIMOUS": True}, "ANONYMOUS", "reference of the settings"),
        ("DRF_MCP", {}, "introduces itself by the package's own name", "SERVER_INFO"),
        ("DRF_MCP", {"ANONYMOUS": True}, "serves callers without credentials", "permissions of every ViewSet"),
        ("ROOT_URLCONF", "django.contrib.auth.urls", "No route leads to the MCP endpoint", 'include("drf_mcp.urls")'),
    ],
)
def test_what_is_wrong_comes_with_what_to_do(settings: Any, setting: str, value: Any, message: str, fix: str) -> None:
    setattr(settings, setting, value)

    (symptom,) = [symptom for symptom in symptoms() if message in symptom["message"]]

    assert fix in symptom["fix"]


@pytest.mark.urls(__name__)
def test_an_error_ends_with_1_and_so_does_less_where_it_is_asked_for(settings: Any) -> None:
    mcp_doctor("--api")
    with pytest.raises(CommandError, match="need your attention") as failed:
        mcp_doctor("--api", "--fail-level", "WARNING")
    assert failed.value.returncode == 1

    settings.DRF_MCP = {"AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}
    with pytest.raises(CommandError):
        mcp_doctor()


@pytest.mark.urls(__name__)
def test_the_api_is_read_as_a_model_reads_it(settings: Any) -> None:
    report = mcp_doctor("--api")

    assert "tools/list costs a model about" in report
    assert "5 fields have no help_text" in report
    assert "users/serializers.py:" in report
    assert "(drf_mcp.W032)" in report
    settings.SILENCED_SYSTEM_CHECKS = ["drf_mcp.W032"]
    assert "(drf_mcp.W032)" not in mcp_doctor("--api")


@pytest.mark.urls("drf_mcp.urls")
def test_a_project_without_tools_is_told_so() -> None:
    assert "There are no tools." in mcp_doctor()
    assert "0 tools" in mcp_doctor("--api")


def test_a_reader_who_has_read_enough_ends_it_quietly() -> None:
    command = [sys.executable, "manage.py", "mcp_doctor"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == BROKEN_PIPE
