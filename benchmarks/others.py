"""Other packages that give MCP clients the actions of a project's ViewSets, set up as their own pages say.

``beside`` measures them. Each is installed into an environment of its own, and serves the project of ``project``.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

TOKEN = "b" * 40
"""The credentials of the one user; one package wants them in its settings."""

BASE = ("django", "djangorestframework", "gunicorn", "uvicorn")
"""What every environment has in the version of this one."""


@dataclass(frozen=True)
class Package:
    """A package beside which this one is measured.

    Args:
        name: As PyPI has it.
        requirements: What is installed, with versions.
        apps: What ``INSTALLED_APPS`` gets.
        urls: Makes the URL patterns, given the router of the REST API and the classes of its ViewSets.
        calls: Tool and arguments for each operation that it has.
        path: Where its endpoint is.
        settings: More settings.
    """

    name: str
    requirements: tuple[str, ...]
    apps: tuple[str, ...]
    urls: Callable[[Any, list[Any]], list[Any]]
    calls: Mapping[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]]
    path: str = "/mcp/"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def python(self) -> str:
        """The interpreter of its environment, which is made where it is not there yet."""
        wanted = [*(f"{name}=={version(name)}" for name in BASE), *self.requirements]
        digest = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / "drf-mcp-benchmarks" / f"{self.name}-{digest}"
        python = folder / "bin" / "python"
        if not (folder / "complete").exists():
            print(f"Installing {self.name} into {folder} ...", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
            (folder / "complete").touch()
        return str(python)


def _included(module: str, path: str = "mcp/") -> Callable[[Any, list[Any]], list[Any]]:
    def urls(_router: Any, _viewsets: list[Any]) -> list[Any]:
        from django.urls import include, re_path

        return [re_path(f"^{path}", include(module))]

    return urls


def _django_mcp_server(_router: Any, viewsets: list[Any]) -> list[Any]:
    """Its tools break the REST API of the class that they are made of, so each gets a class of its own."""
    import mcp_server
    from django.urls import include, path

    for viewset in viewsets:
        name = viewset.queryset.model.__name__.lower()
        own = type(viewset.__name__, (viewset,), {"__doc__": f"Each {name} of the shop."})
        mcp_server.drf_publish_list_mcp_tool(own, name=f"list_{name}", actions={"get": "list"})
        mcp_server.drf_publish_create_mcp_tool(own, name=f"create_{name}", actions={"post": "create"})
        mcp_server.drf_publish_update_mcp_tool(own, name=f"update_{name}", actions={"put": "update"})
        mcp_server.drf_publish_destroy_mcp_tool(own, name=f"destroy_{name}", actions={"delete": "destroy"})
    return [path("", include("mcp_server.urls"))]


def _drf_mcp_alpha(_router: Any, viewsets: list[Any]) -> list[Any]:
    from django.urls import include, path
    from djangorestframework_mcp.decorators import mcp_viewset

    for viewset in viewsets:
        mcp_viewset()(viewset)
    return [path("mcp/", include("djangorestframework_mcp.urls"))]


PACKAGES = {
    package.name: package
    for package in (
        Package(
            "django-mcp-server",
            ("django-mcp-server==0.5.7", "mcp<2"),
            ("mcp_server",),
            _django_mcp_server,
            {
                "list": lambda _: ("list_product", {}),
                "create": lambda body: ("create_product", {"body": body}),
            },
            "/mcp",
            {"DJANGO_MCP_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]},
        ),
        Package(
            "django-rest-framework-mcp",
            ("django-rest-framework-mcp==0.1.0a4",),
            ("djangorestframework_mcp",),
            _drf_mcp_alpha,
            {
                "list": lambda _: ("list_products", {}),
                "retrieve": lambda _: ("retrieve_products", {"kwargs": {"pk": "50"}}),
                "failing create": lambda body: ("create_products", {"body": body}),
                "create": lambda body: ("create_products", {"body": body}),
            },
        ),
        Package(
            "frisian-mcp",
            ("frisian-mcp==1.1.1",),
            ("frisian_mcp",),
            _included("frisian_mcp.urls", "mcp/?"),
            {
                "list": lambda _: ("product_list", {}),
                "retrieve": lambda _: ("product_retrieve", {"id": "50"}),
                "failing create": lambda body: ("product_create", body),
                "create": lambda body: ("product_create", {**body, "price": float(body["price"])}),
            },
            settings={
                "FRISIAN_MCP_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
                "FRISIAN_MCP_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
                "FRISIAN_MCP_TOKEN_TIER_MAP": {"default": "admin"},
                "FRISIAN_MCP_MAX_TIER": "admin",
            },
        ),
        Package(
            "django-drf-mcp",
            ("django-drf-mcp==0.3.1", "httpx<1"),
            ("django_drf_mcp",),
            _included("django_drf_mcp.urls", ""),
            {
                "list": lambda _: ("api_products_list", {}),
                "retrieve": lambda _: ("api_products_retrieve", {"id": 50}),
                "failing create": lambda body: ("api_products_create", body),
                "create": lambda body: ("api_products_create", body),
            },
            settings={
                "DJANGO_MCP": {
                    "BASE_URL": f"http://127.0.0.1:{os.environ.get('BENCHMARK_PORT', '')}",
                    "HEADERS": {"Authorization": f"Token {TOKEN}"},
                },
            },
        ),
    )
}
"""The packages by name; ``site-packages`` of another version may have other names for their tools."""
