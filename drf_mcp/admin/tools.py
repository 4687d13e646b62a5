"""The tools in Django admin: the live catalog, and what administrators decide of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from drf_mcp.catalog import get_catalog
from drf_mcp.conf import mcp_settings
from drf_mcp.decisions import decide, forget, history_of
from drf_mcp.models import Call, ToolRule
from drf_mcp.rules import app_labels_of, read_rules, view_path_of
from drf_mcp.tools import Tool

from .deciding import ACTIONS, BulkForm, changed_lines
from .guarded import GuardedMixin
from .tool_rows import Row, calls_of_a_week, chosen_rows, filters_of, rows_of, vanished
from .trying import TryingMixin, estimated_tokens, outside_transactions, pretty

if TYPE_CHECKING:
    AdminBase = admin.ModelAdmin[ToolRule]
    FormBase = forms.ModelForm[ToolRule]
else:
    AdminBase, FormBase = admin.ModelAdmin, forms.ModelForm

PER_PAGE = 100


_WORDS = ("title", "description")


class RuleForm(FormBase):
    """What can be decided of a tool, a ViewSet or an app; words are for a tool alone."""

    class Meta:
        """The fields of a rule, in their order."""

        model = ToolRule
        fields = ("is_enabled", "asks", "is_limited", "groups", *_WORDS)
        widgets: ClassVar[dict[str, Any]] = {
            "groups": forms.CheckboxSelectMultiple,
            "title": AdminTextInputWidget,
            "description": AdminTextareaWidget(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.kind != ToolRule.Kind.TOOL:
            for name in _WORDS:
                del self.fields[name]


@admin.register(ToolRule)
class ToolRuleAdmin(TryingMixin, GuardedMixin, AdminBase):
    """The list of the tools, and a page for each tool, ViewSet and app."""

    class Media:
        """The looks of the admin's own lists and forms, and of these pages."""

        css = {"all": ["drf_mcp/tools.css"]}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what there is to decide is what the code has."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody here: who may change rules clears them."""
        return False

    def get_urls(self) -> Any:
        """The pages, where Django admin expects those of a model."""
        pages = [
            path("", self.list_view, name="changelist"),
            path("rule/<str:kind>/<path:key>/", self.rule_view, name="rule"),
            path("clear/", self.clear_view, name="clear"),
            path("try/<path:name>/", self.try_view, name="try"),
        ]
        for page in pages:
            page.callback = outside_transactions(self.admin_site.admin_view(page.callback))
            page.name = f"drf_mcp_toolrule_{page.name}"
        return pages

    def url(self, name: str, *args: Any) -> str:
        """The address of one of these pages."""
        return reverse(f"admin:drf_mcp_toolrule_{name}", args=args, current_app=self.admin_site.name)

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """One of these pages."""
        request.current_app = self.admin_site.name  # what {% url %} goes by
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, **context}
        return TemplateResponse(request, f"admin/drf_mcp/tools/{template}.html", shown)

    # The list

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """The list, and what is done with several tools at once.

        Raises:
            PermissionDenied: For who may not see it, or may change nothing.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.bulk(request)
        rules, counts = read_rules(), request.user.has_perm("drf_mcp.view_call")
        rows = rows_of(rules, counts=counts)
        filters, query = filters_of(rows), request.GET.dict()
        found = chosen_rows(rows, filters, query)
        page = Paginator(found, PER_PAGE).get_page(query.get("p"))
        return self.page(
            request,
            "list",
            title=_("What agents may do"),
            page=page,
            rows=[(row, self.url("rule", "tool", row.tool.name)) for row in page],
            total=len(rows),
            query=query,
            filters=[(each, each.choices(query)) for each in filters],
            kept={name: value for name, value in query.items() if name not in ("q", "p")},
            counts=counts,
            recorded=mcp_settings.RECORD,
            retain_days=mcp_settings.RETAIN_DAYS,
            calls_url=self._calls_url(),
            vanished=vanished(rules),
            may_change=self.has_change_permission(request),
            actions=ACTIONS,
        )

    def _calls_url(self) -> str | None:
        if not self.admin_site.is_registered(Call):
            return None
        return reverse("admin:drf_mcp_call_changelist", current_app=self.admin_site.name)

    def bulk(self, request: HttpRequest) -> HttpResponse:
        """Ask for what exactly to do with the chosen tools, and do it.

        Raises:
            PermissionDenied: For who may not change rules.
        """
        if not self.has_change_permission(request):
            raise PermissionDenied
        chosen = {*request.POST.getlist("_selected_action")}
        tools = [tool for tool in get_catalog().tools if tool.name in chosen]
        action = ACTIONS.get(request.POST.get("action", ""))
        if not tools or action is None:
            self.message_user(request, _("Choose tools, and what to do with them."), messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        form = BulkForm(tools, action, request.POST if "apply" in request.POST else None)
        if form.is_valid():
            targets, values = form.decision()
            count = sum(decide(kind, key, request.user, **values) for kind, key in targets)
            message = ngettext("%d rule was changed.", "%d rules were changed.", count) % count
            self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        return self.page(request, "bulk", title=action.label, form=form, tools=tools, action=action)

    def clear_view(self, request: HttpRequest) -> HttpResponse:
        """Take away the rules for what the code no longer has.

        Raises:
            PermissionDenied: For who may not change rules, and for anything but POST.
        """
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        chosen = {*request.POST.getlist("rule")}
        gone = {(rule.kind, rule.key) for rule in vanished(read_rules())}
        rules = [rule for rule in ToolRule.objects.all() if (rule.kind, rule.key) in gone and str(rule) in chosen]
        for rule in rules:
            forget(rule, request.user)
        message = ngettext("%d rule was cleared.", "%d rules were cleared.", len(rules)) % len(rules)
        self.message_user(request, message, messages.SUCCESS if rules else messages.WARNING)
        return HttpResponseRedirect(self.url("changelist"))

    # One tool, ViewSet or app

    def rule_view(self, request: HttpRequest, kind: str, key: str) -> HttpResponse:
        """What is known of a tool, a ViewSet or an app, and what is decided of it.

        Raises:
            Http404: There is none of this name, and no rule for it.
            PermissionDenied: For who may not see it, or may not change it.
        """
        may_change = self.has_change_permission(request)
        if not self.has_view_permission(request) or (request.method == "POST" and not may_change):
            raise PermissionDenied
        rule = ToolRule.objects.filter(kind=kind, key=key).first()
        tools = [tool for tool in get_catalog().tools if (kind, key) in tool.targets]
        history = [(change, changed_lines(change)) for change in history_of(kind, key)[:50]]
        if kind not in ToolRule.Kind.values or not (tools or rule or history):
            raise Http404
        instance = rule or ToolRule(kind=kind, key=key)
        form = RuleForm(request.POST if request.method == "POST" else None, instance=instance)
        if form.is_valid():
            is_changed = decide(kind, key, request.user, **form.cleaned_data)
            message = _("The rule is saved and holds within two seconds.") if is_changed else _("Nothing was changed.")
            self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            "title": f"{capfirst(ToolRule.Kind(kind).label)}: {key}",
            "kind": kind,
            "key": key,
            "tools": [(tool, self.url("rule", "tool", tool.name)) for tool in tools],
            "form": self.admin_form(form, may_change),
            "errors": form.errors,
            "others": self.other_rules(tools, kind, key),
            "may_change": may_change,
            "history": history,
        }
        if kind == ToolRule.Kind.TOOL and tools:
            context.update(self.about(request, tools[0]))
        return self.page(request, "rule", **context)

    def other_rules(self, tools: list[Tool], kind: str, key: str) -> list[tuple[str, str]]:
        """The other rules that hold for one tool, with their addresses."""
        if kind != ToolRule.Kind.TOOL or not tools:
            return []
        rules = [rule for rule in read_rules().rules_for(tools[0]) if (rule.kind, rule.key) != (kind, key)]
        return [(rule.label, self.url("rule", rule.kind, rule.key)) for rule in rules]

    def admin_form(self, form: Any, may_change: bool) -> AdminForm:
        """A form as the admin shows it; for reading alone, where nothing may be changed."""
        for field in form.fields.values():
            field.disabled = not may_change
        described = [name for name in _WORDS if name in form.fields]
        fieldsets: list[Any] = [(_("Decide"), {"fields": ["is_enabled", "asks", "is_limited", "groups"]})]
        if described:
            fieldsets.append((_("Other words"), {"fields": described}))
        return AdminForm(form, fieldsets, {}, model_admin=self)

    def about(self, request: HttpRequest, tool: Tool) -> dict[str, Any]:
        """What is shown of one tool."""
        rules = read_rules()
        counts = request.user.has_perm("drf_mcp.view_call")
        keys = {pk for rule in rules.rules_for(tool) for pk in rule.groups or ()}
        names = dict(Group.objects.filter(pk__in=keys).values_list("pk", "name"))
        counted = calls_of_a_week(tool.name).get(tool.name, (0, 0)) if counts else (0, 0)
        offered = rules.changed(tool)
        return {
            "row": Row(tool, rules.rules_for(tool), *counted, names),
            "offered": offered,
            "code": tool,
            "tokens": estimated_tokens(offered),
            "input_schema": pretty(offered.input_schema),
            "output_schema": None if offered.output_schema is None else pretty(offered.output_schema),
            "counts": counts,
            "calls_url": self._calls_url(),
            "view_url": self.url("rule", "view", view_path_of(tool)),
            "app_urls": [(label, self.url("rule", "app", label)) for label in app_labels_of(tool)],
            "try_url": self.url("try", tool.name) if self.has_run_permission(request, tool) else None,
        }
