"""How clients connect, in Django admin: the endpoints, what each client needs, and what is wrong with the set-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.auth.tokens import AccessTokenAuthentication
from drf_mcp.client_configs import CLIENTS, Server, endpoint_address, server_name, token_scheme
from drf_mcp.conf import mcp_settings
from drf_mcp.local import find_mounts
from drf_mcp.models import AccessToken, Connection
from drf_mcp.views import NARROWED_BY

from .self_test import self_test
from .single_page import SinglePageAdmin
from .tokens import site_address


@dataclass(frozen=True, slots=True)
class HostedClient:
    """A client that runs elsewhere, where its user pastes the endpoint's address.

    Args:
        title: Its name.
        where: Where in it the address goes.
    """

    title: str
    where: str | Promise


HOSTED: Mapping[str, HostedClient] = {
    "claude-ai": HostedClient("Claude.ai", _("Settings, Connectors, Add custom connector: paste the address.")),
    "chatgpt": HostedClient(
        "ChatGPT", _("Settings, Apps, Advanced settings, developer mode, Create: paste the address.")
    ),
}
"""The clients that call from machines of their own, and have no place for a token."""

AFTER_SIGN_IN = {
    "claude-code": _("Then sign in: /mcp, the server's name, Authenticate."),
    "codex": _("Then sign in: codex mcp login, and the server's name."),
    "inspector": _("Without --cli and what follows, it opens in a browser, where you sign in."),
}
"""What is left to do where the client does not open a browser by itself."""


@admin.register(Connection)
class ConnectionAdmin(SinglePageAdmin):
    """One page, for those who have the permission to see it."""

    class Media:
        """The buttons that copy."""

        js = ["drf_mcp/copy.js"]

    def get_urls(self) -> Any:
        """The page, where Django admin expects a list."""
        return [path("", self.admin_site.admin_view(self.connect_view), name="drf_mcp_connection_changelist")]

    @method_decorator(require_safe)
    def connect_view(self, request: HttpRequest) -> HttpResponse:
        """The page.

        Raises:
            PermissionDenied: For who may not see it.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        symptoms = self_test(request)
        site = site_address(request)
        endpoints = endpoints_of(site)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Connect a client"),
            "opts": self.opts,
            "media": self.media,
            "endpoints": endpoints,
            "has_public_url": bool(mcp_settings.PUBLIC_URL),
            "ways": ways_in(),
            "clients": clients_of(endpoints[0]["url"] if endpoints else endpoint_address(site, "/mcp")),
            "problems": [symptom for symptom in symptoms if symptom.level in ("ERROR", "WARNING")],
            "notes": [symptom for symptom in symptoms if symptom.level == "INFO"],
            "facts": [symptom for symptom in symptoms if symptom.level == "OK"],
        }
        is_offered = self.admin_site.is_registered(AccessToken) and request.user.has_perm("drf_mcp.add_accesstoken")
        if is_offered and context["ways"]["takes_tokens"]:
            context["token_url"] = reverse("admin:drf_mcp_accesstoken_add", current_app=self.admin_site.name)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/drf_mcp/connect.html", context)


def endpoints_of(site: str) -> list[dict[str, Any]]:
    """The endpoints, each with its address and what it leaves of the tools.

    Args:
        site: The site's address.
    """
    found = []
    for mount in find_mounts():
        options = getattr(mount.view, "initkwargs", {})
        cls = mount.view.cls  # type: ignore[attr-defined]
        narrowed = {name: options.get(name, getattr(cls, name)) for name in NARROWED_BY}
        found.append({"url": endpoint_address(site, mount.path), **narrowed})
    return found


def ways_in() -> dict[str, Any]:
    """How callers prove who they are, as far as the settings say."""
    classes = endpoint_authentication_classes()
    return {
        "takes_tokens": AccessTokenAuthentication in classes,
        "others": [cls.__name__ for cls in classes if cls is not AccessTokenAuthentication],
        "issuers": list(mcp_settings.AUTHORIZATION_SERVERS),
        "is_anonymous": mcp_settings.ANONYMOUS,
    }


def clients_of(url: str) -> list[dict[str, Any]]:
    """Each client with what it needs, what of that is missing here, and what to paste.

    Args:
        url: The endpoint's address.
    """
    ways = ways_in()
    lacking = []
    if not (ways["issuers"] or ways["is_anonymous"]):
        lacking.append(_('Nobody can sign in here yet: DRF_MCP["AUTHORIZATION_SERVERS"] is empty.'))
    if not is_public(url):
        lacking.append(_("It calls from machines of its own, and this address is not one that they can reach."))
    needs = _("Sign-in (OAuth), and a public address with https")
    return [
        {
            "name": name,
            "title": hosted.title,
            "needs": needs,
            "lacking": lacking,
            "configs": [{"where": hosted.where, "text": url}],
        }
        for name, hosted in HOSTED.items()
    ] + [_configured(name, url, ways) for name in CLIENTS]


def _configured(name: str, url: str, ways: Mapping[str, Any]) -> dict[str, Any]:
    kind, scheme = CLIENTS[name], token_scheme()
    signs_in, takes_tokens = bool(ways["issuers"]), bool(scheme) and (ways["takes_tokens"] or not ways["issuers"])
    both = signs_in and takes_tokens
    configs: list[dict[str, Any]] = []
    if signs_in or not takes_tokens:
        text = kind.write(Server(server_name(), url))
        after = AFTER_SIGN_IN.get(name, "") if signs_in else ""
        configs.append({"how": _("Signing in") if both else "", "where": kind.where, "text": text, "after": after})
    if takes_tokens:
        text = kind.write(Server(server_name(), url, scheme))
        configs.append({"how": _("With a token") if both else "", "where": kind.where, "text": text})
    if both:
        needs = _("A token, or sign-in (OAuth)")
    elif signs_in:
        needs = _("Sign-in (OAuth)")
    else:
        needs = _("A token") if takes_tokens else _("Nothing but the address")
    return {"name": name, "title": kind.title, "needs": needs, "configs": configs}


def is_public(url: str) -> bool:
    """Whether services elsewhere can reach an address, as far as it shows: https, and no name of a private network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_global = ip_address(host).is_global
    except ValueError:
        is_global = "." in host and not host.endswith((".local", ".internal", ".localhost", ".test"))
    return parts.scheme == "https" and is_global
