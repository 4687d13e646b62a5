"""Access tokens in Django admin: made, shown once with what to paste into clients, and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from drf_mcp.auth.identity import endpoint_authentication_classes
from drf_mcp.auth.tokens import AccessTokenAuthentication
from drf_mcp.catalog import get_catalog
from drf_mcp.client_configs import CLIENTS, Server, endpoint_address, server_name
from drf_mcp.conf import mcp_settings
from drf_mcp.local import find_mounts
from drf_mcp.models import AccessToken, Call, Connection
from drf_mcp.narrowing import vain_patterns

from .guarded import GuardedMixin

if TYPE_CHECKING:
    AdminBase = admin.ModelAdmin[AccessToken]
else:
    AdminBase = admin.ModelAdmin

STATES = {
    "valid": (_("valid"), "ok"),
    "expired": (_("expired"), "refused"),
    "revoked": (_("revoked"), "cancelled"),
    "account off": (_("account off"), "refused"),
}
"""What a token's state is called, and the outcome that looks like it."""


class StateFilter(admin.SimpleListFilter):
    """The tokens that work, or those that are over."""

    title, parameter_name = _("state"), "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The states that the table knows; whether an account is off is its user's."""
        return [(state, STATES[state][0]) for state in ("valid", "expired", "revoked")]

    def queryset(self, request: Any, queryset: QuerySet[AccessToken]) -> QuerySet[AccessToken]:
        """The tokens in that state."""
        is_over = Q(expires__lte=now())
        match self.value():
            case "valid":
                return queryset.filter(~is_over | Q(expires=None), revoked=None)
            case "expired":
                return queryset.filter(is_over, revoked=None)
            case "revoked":
                return queryset.exclude(revoked=None)
        return queryset


@admin.register(AccessToken)
class AccessTokenAdmin(GuardedMixin, AdminBase):
    """The access tokens.

    Who may make or change tokens may so for themselves; only superusers may for others, because a token
    is as good as its user.
    """

    list_display = ["name", "user", "ending", "shown_state", "expires", "last_used", "is_read_only"]
    list_filter = [StateFilter, "is_read_only", "expires", "last_used"]
    list_select_related = ["user"]
    search_fields = ["name", "hint__exact", f"user__{get_user_model().USERNAME_FIELD}"]
    search_help_text = _("Part of the token's or the user's name, or the last four characters of a token.")
    raw_id_fields = ["user"]
    fields = ["user", "name", "expires", "is_read_only", "tools"]
    known_fields = ["ending", "shown_state", "created", "last_used"]
    actions = ["revoke"]
    change_form_template = "admin/drf_mcp/accesstoken/change_form.html"

    class Media:
        """The looks of states."""

        css = {"all": ["drf_mcp/admin.css"]}

    def get_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> Any:
        """What can be chosen for a new one, and also what is known of one that there is."""
        return self.fields if obj is None else [*self.fields, *self.known_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> Any:
        """A token stays its user's."""
        return [] if obj is None else ["user", *self.known_fields]

    @admin.display(description=_("ends in"), ordering="hint")
    def ending(self, token: AccessToken) -> Any:
        """The last characters of the value, by which its owner knows it again."""
        return format_html("<code>…{}</code>", token.hint)

    @admin.display(description=_("state"))
    def shown_state(self, token: AccessToken) -> Any:
        """Whether it lets its user in, or why not."""
        label, looks = STATES[token.state]
        return format_html('<span class="mcp-outcome mcp-{}">{}</span>', looks, label)

    # Who may

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave the choice of the user to superusers."""
        if not _is_superuser(request):
            kwargs["queryset"] = db_field.remote_field.model._default_manager.filter(pk=request.user.pk)
            kwargs["initial"] = request.user.pk
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        """Whether somebody may change this one, for example let a token that only reads do more."""
        is_own = obj is None or obj.user_id == request.user.pk or _is_superuser(request)
        return is_own and super().has_change_permission(request, obj)

    # A new one

    def save_model(self, request: HttpRequest, obj: AccessToken, form: Any, change: bool) -> None:
        """Make the value of a new one; this request's answer shows it, and nothing keeps it."""
        if not change:
            request._mcp_token_value = obj.make_value()  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)
        if vain := vain_patterns(obj.tools.split(), get_catalog().tools):
            message = _("No tool is like this now, so it leaves nothing: {patterns}")
            self.message_user(request, message.format(patterns=", ".join(vain)), messages.WARNING)

    def response_add(
        self, request: HttpRequest, obj: AccessToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the value in the answer itself: a redirect would have to keep it until the next request."""
        value = request._mcp_token_value  # type: ignore[attr-defined]
        mounts = find_mounts()
        shown: dict[str, Any] = {}
        if mounts:
            url = endpoint_address(site_address(request), mounts[0].path)
            server = Server(server_name(), url, "Bearer", token=value)
            kinds = [(name, CLIENTS[name]) for name in CLIENTS if name != "claude-desktop"]
            shown = {"url": url, "configs": [(name, kind, kind.write(server)) for name, kind in kinds]}
        if self.admin_site.is_registered(Connection) and request.user.has_perm("drf_mcp.view_connection"):
            shown["connect_url"] = reverse("admin:drf_mcp_connection_changelist", current_app=self.admin_site.name)
        context = {
            **self.admin_site.each_context(request),
            "title": _("The access token is made"),
            "opts": self.opts,
            "media": self.media,
            "token": obj,
            "value": value,
            "is_taken": AccessTokenAuthentication in endpoint_authentication_classes(),
            "has_public_url": bool(mcp_settings.PUBLIC_URL),
            **shown,
        }
        request.current_app = self.admin_site.name
        # Django admin has no page kept by a browser or a proxy: "no-store" is in the headers.
        return TemplateResponse(request, "admin/drf_mcp/accesstoken/made.html", context)

    # One that there is

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The page of a token, with a way to its calls and a button to end it."""
        token = context.get("original")
        site = self.admin_site
        if token is not None and site.is_registered(Call) and request.user.has_perm("drf_mcp.view_call"):
            url = reverse("admin:drf_mcp_call_changelist", current_app=site.name)
            context["mcp_links"] = [(_("Calls with this token"), f"{url}?{urlencode({'only': f'with:{token.pk}'})}")]
        if token is not None and token.revoked is None and self.has_change_permission(request):
            context["mcp_revoke_url"] = reverse(
                "admin:drf_mcp_accesstoken_revoke", args=[token.pk], current_app=site.name
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> Any:
        """With the address that ends a token."""
        view = self.admin_site.admin_view(self.revoke_view)
        return [path("<path:object_id>/revoke/", view, name="drf_mcp_accesstoken_revoke"), *super().get_urls()]

    @method_decorator(require_POST)
    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End one token, for those who may end any in the list.

        Raises:
            PermissionDenied: For everybody else.
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        token = self.get_object(request, object_id)
        if token is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        self.revoke(request, AccessToken.objects.filter(pk=token.pk))
        url = reverse("admin:drf_mcp_accesstoken_change", args=[token.pk], current_app=self.admin_site.name)
        return HttpResponseRedirect(url)

    @admin.action(description=_("Revoke the selected access tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """End tokens, at once and for good."""
        tokens = list(queryset.filter(revoked=None))
        for token in tokens:
            token.revoke()
            self.log_change(request, token, str(_("Revoked.")))
        message = _("Access tokens that were revoked: {count}.").format(count=len(tokens))
        self.message_user(request, message, messages.SUCCESS)


def site_address(request: HttpRequest) -> str:
    """The site's address as clients see it; where nobody has told it, the one at which this page is read."""
    return mcp_settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
