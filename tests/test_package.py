"""The wheel: what is in it, and that it works where nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import django
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PROJECT = '''
"""A whole Django project in one file."""
import json, pathlib, sys
from django.conf import settings
settings.configure(SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DRF_MCP={"ANONYMOUS": True},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "drf_mcp"])
import django; django.setup()
import drf_mcp
from django.test import Client
from django.urls import include, path
from rest_framework import response, routers, viewsets
class Bells(viewsets.ViewSet):
    def list(self, request): return response.Response(["ding"])
router = routers.SimpleRouter(); router.register("bells", Bells, basename="bell")
urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
def call(method, **params):
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Client().post("/mcp/", message, content_type="application/json").json()["result"]
print(json.dumps({"file": drf_mcp.__file__, "version": drf_mcp.__version__, "tools": call("tools/list")["tools"],
    "result": call("tools/call", name="list_bell"), "server": call("initialize")["serverInfo"]}))
'''


def run(*command: str | Path, cwd: Path) -> str:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO", "COV"))
    }
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the tools that are installed."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.partition("/")[0] for name in names}
    assert folders == {"drf_mcp", next(folder for folder in folders if folder.endswith(".dist-info"))}
    assert "drf_mcp/py.typed" in names
    assert not [name for name in names if name.endswith((".pyc", ".pyo")) or "/tests/" in name]


def test_the_wheel_carries_every_file_of_the_package(wheel: Path) -> None:
    files = [path for path in (ROOT / "drf_mcp").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in files} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_asks_for_django_and_drf_alone(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = archive.read(metadata).decode().splitlines()
    required = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert required == ["Requires-Dist: django>=5.2", "Requires-Dist: djangorestframework>=3.16"]
    assert "License-Expression: MIT" in lines


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """Django and DRF are lent through a path that cannot lend this package's sources."""
    environment = tmp_path / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=tmp_path,
    )
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    lent = tmp_path / "lent"
    lent.mkdir()
    for name in ("django", "rest_framework", "asgiref", "sqlparse"):
        (lent / name).symlink_to(Path(django.__file__).parent.parent / name)
    (site / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")
    (tmp_path / "project.py").write_text(PROJECT, encoding="utf-8")

    answer = json.loads(run(python, "-W", "error", "project.py", cwd=tmp_path))

    assert Path(answer["file"]).is_relative_to(environment)
    assert answer["version"] == wheel.name.split("-")[1]
    assert [tool["name"] for tool in answer["tools"]] == ["list_bell"]
    assert answer["result"]["structuredContent"] == {"result": ["ding"]}
    assert answer["server"] == {"name": "drf-viewset-mcp", "version": answer["version"]}
