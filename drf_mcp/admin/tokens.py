"""Access tokens in Django admin: made, shown once, and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.timezone import now

from drf_mcp.auth.tokens import setup_command
from drf_mcp.models import AccessToken

if TYPE_CHECKING:
    AdminBase = admin.ModelAdmin[AccessToken]
else:
    AdminBase = admin.ModelAdmin


@admin.register(AccessToken)
class AccessTokenAdmin(AdminBase):
    """The access tokens.

    Who may make or change tokens may so for themselves; only superusers may for others, because a token
    is as good as its user.
    """

    list_display = ["name", "user", "hint", "state", "expires", "last_used", "is_read_only"]
    list_filter = ["is_read_only", "revoked", "expires", "last_used"]
    list_select_related = ["user"]
    search_fields = ["name", f"user__{get_user_model().USERNAME_FIELD}"]
    raw_id_fields = ["user"]
    fields = ["user", "name", "expires", "is_read_only", "tools"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> Any:
        """What can be chosen for a new one, and also what is known of one that there is."""
        return self.fields if obj is None else [*self.fields, "hint", "state", "created", "last_used"]

    def get_readonly_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> Any:
        """A token stays its user's."""
        return [] if obj is None else ["user", "hint", "state", "created", "last_used"]

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

    def save_model(self, request: HttpRequest, obj: AccessToken, form: Any, change: bool) -> None:
        """Make the value of a new one; this request's answer shows it, and nothing keeps it."""
        if not change:
            request._mcp_token_value = obj.make_value()  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: AccessToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the value in the answer itself: a redirect would have to keep it until the next request."""
        value = request._mcp_token_value  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": "The access token is made",
            "opts": self.opts,
            "token": obj,
            "value": value,
            "command": setup_command(value),
        }
        return TemplateResponse(request, "admin/drf_mcp/accesstoken/made.html", context)

    @admin.action(description="Revoke the selected access tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """End tokens, at once and for good."""
        count = queryset.filter(revoked=None).update(revoked=now())
        self.message_user(request, f"Access tokens that were revoked: {count}.", messages.SUCCESS)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
