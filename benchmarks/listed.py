"""How many tokens ``tools/list`` has, beside other packages on the demo: ``python -m benchmarks.listed``.

Each package has an environment of its own under ``--environments``, made where it is missing, and lists the demo's
tools to a superuser, with no setting but what it needs to offer them all.
"""

import argparse
import json
import os
import subprocess
import sys
import types
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMON = ["django==5.2.19", "djangorestframework==3.18.3"]
PACKAGES = {
    "drf-viewset-mcp": [],
    "frisian-mcp": ["frisian-mcp==1.1.1"],
    "django-rest-framework-mcp": ["django-rest-framework-mcp==0.1.0a4"],
    "fastmcp": ["fastmcp==4.1.2", "drf-spectacular==0.30.0"],
}
READ = ("name", "description", "inputSchema")
"""What clients hand to a model of a definition; the rest they keep for themselves."""
LIMITS = ('"maxLength"', '"pattern"', '"format"', '"enum"', '"minimum"', '"maximum"', '"exclusiveMaximum"')
SAYS = {
    "arguments": lambda tool: bool(tool["inputSchema"].get("properties")),
    "limits": lambda tool: any(limit in json.dumps(tool["inputSchema"]) for limit in LIMITS),
    "output": lambda tool: bool(tool.get("outputSchema")),
    "hints": lambda tool: "readOnlyHint" in (tool.get("annotations") or {}),
    "title": lambda tool: bool(tool.get("title")),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=Path, default=ROOT / ".bench")
    parser.add_argument("--package", choices=PACKAGES, help="print what this one lists, as JSON, and end")
    options = parser.parse_args()
    if options.package:
        json.dump(LISTS[options.package](), sys.stdout)
        return
    from benchmarks.tokens import count

    print("| package | tools | tokens | a tool | of it read by models | with arguments, limits, output, hints, title |")
    print("|---|---:|---:|---:|---:|---|")
    for package, pins in PACKAGES.items():
        command = [_python(options.environments / package, pins), "-m", "benchmarks.listed", "--package", package]
        printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        tools = json.loads(printed.splitlines()[-1])
        tokens, read = (sum(count(_encoded(tool, only)) for tool in tools) for only in (None, READ))
        told = ", ".join(str(sum(map(tells, tools))) for tells in SAYS.values())
        name = " ".join([package, *pins[:1]]).replace(f"{package} {package}==", f"{package} ")
        print(f"| {name} | {len(tools)} | {tokens:,} | {tokens / len(tools):.0f} | {read / len(tools):.0f} | {told} |")


def _python(environment, pins):
    if not pins:
        return sys.executable
    python = environment / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *COMMON, *pins], check=True)
    return python


def _encoded(tool, only=None):
    kept = {key: value for key, value in tool.items() if value is not None and (only is None or key in only)}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


# In the environment of one package


def _set_up(apps, urls=(), **settings):
    """The demo with more apps, in a database in memory, and a superuser's token; what nobody routes lists nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.listed_settings")
    from config import settings as demo

    module = types.ModuleType("benchmarks.listed_settings")
    vars(module).update({key: value for key, value in vars(demo).items() if key.isupper()})
    module.INSTALLED_APPS = [*demo.INSTALLED_APPS, *apps]
    module.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    module.ALLOWED_HOSTS, module.ROOT_URLCONF = ["*"], "benchmarks.listed_urls"
    vars(module).update(settings)
    sys.modules[module.__name__] = module
    routes = sys.modules["benchmarks.listed_urls"] = types.ModuleType("benchmarks.listed_urls")
    routes.urlpatterns = []
    import django

    django.setup()
    from django.core.management import call_command
    from django.urls import include, path

    from config.urls import router

    routes.urlpatterns += [path("api/", include(router.urls)), *(path("mcp/", include(name)) for name in urls)]
    call_command("migrate", run_syncdb=True, verbosity=0)
    from django.contrib.auth import get_user_model
    from rest_framework.authtoken.models import Token

    user = get_user_model().objects.create_superuser("root", "root@example.com", "password123")
    return Token.objects.create(user=user).key


def _post(token):
    """The tools that an endpoint at ``/mcp/`` lists."""
    from django.test import Client

    client = Client(headers={"Authorization": f"Token {token}", "Accept": "application/json, text/event-stream"})

    def send(method, params):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        response = client.post("/mcp/", message, content_type="application/json", **session)
        if "Mcp-Session-Id" in response.headers:
            session["HTTP_MCP_SESSION_ID"] = response.headers["Mcp-Session-Id"]
        answer = json.loads(response.content)
        assert "result" in answer, answer
        return answer["result"]

    session = {}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    send("initialize", hello)
    return send("tools/list", {})["tools"]


def list_ours():
    return _post(_set_up([], ["drf_mcp.urls"]))


def list_frisian():
    classes = {
        "FRISIAN_MCP_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
        "FRISIAN_MCP_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "FRISIAN_MCP_TOKEN_TIER_MAP": {"default": "admin"},
        "FRISIAN_MCP_MAX_TIER": "admin",
    }
    return _post(_set_up(["frisian_mcp"], ["frisian_mcp.urls"], **classes))


def list_rest_framework_mcp():
    token = _set_up(["djangorestframework_mcp"], ["djangorestframework_mcp.urls"])
    from djangorestframework_mcp.decorators import mcp_viewset

    from config.urls import router

    for prefix, viewset, _basename in router.registry:
        if prefix != "attachments":  # it knows no FileField, and then lists nothing at all
            mcp_viewset()(viewset)
    return _post(token)


def list_fastmcp():
    import asyncio

    from config.settings import REST_FRAMEWORK

    schema = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    _set_up(["drf_spectacular"], REST_FRAMEWORK={**REST_FRAMEWORK, **schema})
    import httpx
    from drf_spectacular.generators import SchemaGenerator
    from fastmcp import FastMCP

    spec = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    server = FastMCP.from_openapi(spec, client=httpx.AsyncClient(base_url="http://127.0.0.1"), name="demo")
    tools = asyncio.run(server.list_tools())
    return [tool.to_mcp_tool().model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


LISTS = {
    "drf-viewset-mcp": list_ours,
    "frisian-mcp": list_frisian,
    "django-rest-framework-mcp": list_rest_framework_mcp,
    "fastmcp": list_fastmcp,
}

if __name__ == "__main__":
    main()
