"""As who: what the agents of one user get, and why not the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from drf_mcp.auth.scopes import READING_TOOLS
from drf_mcp.conf import mcp_settings
from drf_mcp.local import find_mount, find_mounts
from drf_mcp.models import AccessToken, AsWho

from .explaining import Explanation
from .guarded import GuardedMixin
from .single_page import SinglePageAdmin
from .tokens import STATES

MAX_FOUND = 20
"""How many users a search names."""


@admin.register(AsWho)
class AsWhoAdmin(GuardedMixin, SinglePageAdmin):
    """One page, for those who may see what others get."""

    class Media:
        """The looks of these pages."""

        css = {"all": ["drf_mcp/tools.css"]}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has the permission for it: it tells what somebody else may do."""
        return request.user.has_perm("drf_mcp.view_as_user")

    def get_urls(self) -> Any:
        """The page, where Django admin expects a list."""
        return [path("", self.admin_site.admin_view(self.as_who_view), name="drf_mcp_aswho_changelist")]

    def as_who_view(self, request: HttpRequest) -> HttpResponse:
        """The page.

        Raises:
            PermissionDenied: For who may not see what others get.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        typed, mounts = request.GET.get("user", "").strip(), find_mounts() or [find_mount()]
        user, found = find_user(typed)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("As who: what the agents of a user get"),
            "opts": self.opts,
            "media": self.media,
            "typed": typed,
            "found": found,
            "chosen": user,
            "mounts": mounts,
            "mount": next((each for each in mounts if each.path == request.GET.get("endpoint")), mounts[0]),
            "anonymous": mcp_settings.ANONYMOUS,
            "as_nobody": "nobody" in request.GET and mcp_settings.ANONYMOUS,
        }
        if user is not None:
            context["tokens"] = list(AccessToken.objects.filter(user=user))
            wanted = request.GET.get("token", "")
            context["signs_in"] = bool(mcp_settings.AUTHORIZATION_SERVERS)
            context["token"] = next((token for token in context["tokens"] if str(token.pk) == wanted), None)
            if context["signs_in"] and wanted == READING_TOOLS:
                context["token"] = SignedIn()
        context["refused"] = _why_nobody(user, context.get("token"))
        if (user is not None or context["as_nobody"]) and not context["refused"]:
            context["kinds"] = Explanation(user, context.get("token"), context["mount"]).kinds
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/drf_mcp/tools/as_who.html", context)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What stands for a sign-in with OAuth that leaves only what reads; one for all tools takes nothing away."""

    scope: str = READING_TOOLS
    state: str = "valid"


def find_user(typed: str) -> tuple[Any, list[Any]]:
    """The user of a name, and, where there is none of exactly this name, the first that have it in theirs.

    Args:
        typed: The name that users log in with, or a part of it.
    """
    model: Any = get_user_model()
    if not typed or "\x00" in typed:
        return None, []
    users = model._default_manager.order_by(model.USERNAME_FIELD)
    user = users.filter(**{model.USERNAME_FIELD: typed}).first()
    if user is not None:
        return user, []
    return None, list(users.filter(**{f"{model.USERNAME_FIELD}__icontains": typed})[:MAX_FOUND])


def _why_nobody(user: Any, token: Any) -> str:
    """Why nobody is let in at all, empty where somebody is."""
    if user is not None and not getattr(user, "is_active", True):
        return _("The account is not active, so the endpoint lets nobody in.")
    if token is not None and token.state != "valid":
        return _("The token lets nobody in: it is {state}.").format(state=STATES[token.state][0])
    return ""
