"""The calls in Django admin: looked at, searched and exported, never changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from drf_mcp.conf import mcp_settings
from drf_mcp.models import AccessToken, Call, Overview
from drf_mcp.times import local

from .export import csv_lines, in_threads
from .guarded import GuardedMixin
from .large_tables import BoundedChangeList, BoundedPaginator, IndexedQuerySet, RecentFilter

if TYPE_CHECKING:
    AdminBase = admin.ModelAdmin[Call]
else:
    AdminBase = admin.ModelAdmin


class NameFilter(RecentFilter):
    """The calls of one tool, resource or prompt."""

    title, parameter_name, field = _("name"), "name", "name"


class ClientFilter(RecentFilter):
    """The calls of one client."""

    title, parameter_name, field = _("client"), "client", "client_name"


class UserFilter(RecentFilter):
    """The calls of one user, whether or not there still is an account."""

    title, parameter_name, field = _("user"), "username", "username"


class ObjectFilter(admin.SimpleListFilter):
    """The calls on one object, by one account or with one access token; there is no choice, a link leads here."""

    title, parameter_name = _("only"), "only"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[Any, str]]:
        """The object that was chosen, if one was."""
        kind, _sep, key = (self.value() or "").partition(":")
        if not key:
            return []
        labels = {"by": _("calls by user {key}"), "with": _("calls with access token {key}")}
        label = labels.get(kind, _("calls on {model} {key}"))
        return [(self.value(), label.format(model=kind, key=key))]

    def queryset(self, request: Any, queryset: QuerySet[Call]) -> QuerySet[Call]:
        """Its calls."""
        kind, _sep, key = (self.value() or "").partition(":")
        if not key:
            return queryset
        try:
            if kind == "with":  # through the index of the user's calls; tokens of OAuth have keys of their own
                AccessToken._meta.pk.clean(key, None)
                of_user = AccessToken.objects.filter(pk=key).values_list("user", flat=True).first()
                return queryset.filter(user=of_user, token_pk=key, oauth_client_id="")
            if kind == "by":
                return queryset.filter(user=get_user_model()._meta.pk.clean(key, None))
            return queryset.filter(object_model=kind, object_id=key)
        except (ValueError, ValidationError) as error:  # no key of a user
            raise IncorrectLookupParameters from error


@admin.register(Call)
class CallAdmin(GuardedMixin, AdminBase):
    """The calls, for reading."""

    list_display = ["when", "what", "result", "who", "time_taken"]
    list_filter = [ObjectFilter, "outcome", "is_write", "method", NameFilter, UserFilter, ClientFilter]
    search_fields = [
        *["name", "username", "token_name", "oauth_client_name", "client_name"],
        *["object_id__exact", "request_id__exact", "error_id__exact", "trace_id__exact"],
    ]
    search_help_text = _("Part of a name, or the whole id of an object, request, error or trace.")
    date_hierarchy = "at"
    ordering = ["-at", "-id"]
    sortable_by = ["when", "time_taken"]
    actions = None
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["at", "method", "name", "is_write", "object_link", "result", "time_taken", "answer_size"]}),
        (_("Who called"), {"fields": ["user_link", "token_link", "token_pk", "oauth_client", "client"]}),
        (_("Where to find more"), {"fields": ["request_id", "error_id", "trace_id"]}),
        (_("Arguments"), {"fields": ["shown_arguments"]}),
    ]

    class Media:
        """The looks of outcomes and charts."""

        css = {"all": ["drf_mcp/admin.css"]}

    # Who may

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a call is recorded."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what is recorded stays as it is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody here: ``manage.py mcp_purge`` deletes what is old."""
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who may see calls and export them."""
        return self.has_view_permission(request) and request.user.has_perm("drf_mcp.export_call")

    # The list

    def get_queryset(self, request: HttpRequest) -> Any:
        """The calls, whose days are found through the index."""
        return IndexedQuerySet(self.model).order_by(*self.ordering)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The list that spares the database."""
        return BoundedChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with a link to its export and a word on what is recorded."""
        more: dict[str, Any] = {"recorded": mcp_settings.RECORD, "retain_days": mcp_settings.RETAIN_DAYS}
        if self.admin_site.is_registered(Overview):
            more["overview_url"] = reverse("admin:drf_mcp_overview_changelist", current_app=self.admin_site.name)
        if self.has_export_permission(request):
            url = reverse("admin:drf_mcp_call_export", current_app=self.admin_site.name)
            more["export_url"] = f"{url}?{request.GET.urlencode()}"
        return super().changelist_view(request, {**more, **(extra_context or {})})

    @admin.display(description=_("time"), ordering="at")
    def when(self, call: Call) -> str:
        """When it began, in the current time zone."""
        return date_format(local(call.at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("what"))
    def what(self, call: Call) -> Any:
        """The name, and the object."""
        shown = self.object_link(call) if call.object_id else ""
        return format_html('{}<div class="mcp-detail">{}</div>', call.name, shown)

    @admin.display(description=_("who"))
    def who(self, call: Call) -> Any:
        """The user, and what they called with."""
        through = [call.token_name or call.oauth_client_name, f"{call.client_name} {call.client_version}".strip()]
        shown = ", ".join(filter(None, through))
        return format_html('{}<div class="mcp-detail">{}</div>', self.user_link(call), shown)

    @admin.display(description=_("user"))
    def user_link(self, call: Call) -> Any:
        """The user's name, which leads to the account where that is in this admin."""
        if call.user_id is None:
            return call.username or _("anonymous")
        return self._link(get_user_model(), call.user_id, call.username or f"{call.user_id}")

    @admin.display(description=_("token"))
    def token_link(self, call: Call) -> Any:
        """The token's name, which leads to its page where it surely is one of this package's."""
        name = call.token_name
        if not call.token_pk.isdecimal() or call.oauth_client_id or not call.user_id:
            return name or self.get_empty_value_display()
        is_own = AccessToken.objects.filter(pk=call.token_pk, user=call.user_id, name=name).exists()
        return self._link(AccessToken, call.token_pk, name) if is_own else name

    @admin.display(description=_("object"))
    def object_link(self, call: Call) -> Any:
        """The object, which leads to its page where that is in this admin."""
        if not call.object_model:
            return call.object_id or self.get_empty_value_display()
        try:
            model = apps.get_model(call.object_model)
        except (LookupError, ValueError):  # it was taken out of the project
            return f"{call.object_model} {call.object_id}"
        return self._link(model, call.object_id, f"{model._meta.verbose_name} {call.object_id}")

    def _link(self, model: type[Model], pk: Any, text: str) -> Any:
        if not self.admin_site.is_registered(model):
            return text
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        return format_html('<a href="{}">{}</a>', reverse(name, args=[pk], current_app=self.admin_site.name), text)

    @admin.display(description=_("outcome"))
    def result(self, call: Call) -> Any:
        """How it ended, with the number that tells more."""
        number = call.error_code if call.error_code is not None else call.status
        shown = "" if number is None else number
        label = call.get_outcome_display()
        return format_html(
            '<span class="mcp-outcome mcp-{}">{}</span> <span class="mcp-detail">{}</span>', call.outcome, label, shown
        )

    @admin.display(description=_("time taken"), ordering="duration_ms")
    def time_taken(self, call: Call) -> str:
        """In milliseconds."""
        return _("{number} ms").format(number=number_format(call.duration_ms, 1 if call.duration_ms < 100 else 0))

    @admin.display(description=_("size of the answer"))
    def answer_size(self, call: Call) -> str:
        """In bytes or more."""
        return self.get_empty_value_display() if call.size is None else filesizeformat(call.size)

    @admin.display(description=_("client"))
    def client(self, call: Call) -> str:
        """The client's name and version."""
        return f"{call.client_name} {call.client_version}".strip() or self.get_empty_value_display()

    @admin.display(description=_("OAuth client"))
    def oauth_client(self, call: Call) -> str:
        """The OAuth client's name and id."""
        found = [part for part in (call.oauth_client_name, call.oauth_client_id) if part]
        return ", ".join(found) or self.get_empty_value_display()

    @admin.display(description=_("arguments"))
    def shown_arguments(self, call: Call) -> Any:
        """The arguments, in lines where they are whole."""
        if not call.arguments:
            return _("They were not recorded.")
        try:
            text = json.dumps(json.loads(call.arguments), ensure_ascii=False, indent=2)
        except ValueError:  # cut off, since they were too long
            text = f"{call.arguments}..."
        return format_html('<pre class="mcp-json">{}</pre>', text)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """A call, with links to the others of its user and on its object."""
        call = self.get_object(request, object_id)
        if call is not None:
            url = reverse("admin:drf_mcp_call_changelist", current_app=self.admin_site.name)
            links = [(_("Calls of this name"), {"name": call.name})]
            if call.user_id is not None:
                links.append((_("Calls by this user"), {"only": f"by:{call.user_id}"}))
            if call.object_model:
                links.append((_("Calls on this object"), {"only": f"{call.object_model}:{call.object_id}"}))
            shown = [(label, f"{url}?{urlencode(filters)}") for label, filters in links]
            kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), "mcp_links": shown}
        return super().change_view(request, object_id, *args, **kwargs)

    # The export

    def get_urls(self) -> Any:
        """With the address of the export."""
        export = path("export/", self.admin_site.admin_view(self.export_view), name="drf_mcp_call_export")
        return [export, *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The calls of the list, as its filters, search and dates leave them, as CSV.

        Raises:
            PermissionDenied: For who may not export.
        """
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            calls = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:drf_mcp_call_changelist", current_app=self.admin_site.name))
        lines = csv_lines(calls)
        response = StreamingHttpResponse(
            in_threads(lines) if isinstance(request, ASGIRequest) else lines, content_type="text/csv; charset=utf-8"
        )
        name = f"calls-{local(timezone.now()):%Y-%m-%d}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


class CallsMixin:
    """For the ``ModelAdmin`` of any model: its pages link to what agents did with the object.

    A user's page links to what was called in the user's name, too.
    """

    change_form_template: Any = "admin/drf_mcp/change_form_with_calls.html"

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The page of an object, with the links for those who may see calls."""
        site: Any = self.admin_site  # type: ignore[attr-defined]  # it is mixed into a ModelAdmin
        original = context.get("original")
        if original is not None and site.is_registered(Call) and request.user.has_perm("drf_mcp.view_call"):
            url = reverse("admin:drf_mcp_call_changelist", current_app=site.name)
            links = [(_("Calls on it"), f"{original._meta.label_lower}:{original.pk}")]
            if isinstance(original, get_user_model()):
                links.append((_("Calls by this user"), f"by:{original.pk}"))
            context["mcp_links"] = [(label, f"{url}?{urlencode({'only': only})}") for label, only in links]
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
