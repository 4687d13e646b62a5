"""The overview in Django admin: what agents did in the last day, week or month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from drf_mcp.conf import mcp_settings
from drf_mcp.models import Call, Overview
from drf_mcp.statistics import PERIODS, Group, statistics_of

from .charts import chart_of
from .guarded import GuardedMixin
from .single_page import SinglePageAdmin


@admin.register(Overview)
class OverviewAdmin(GuardedMixin, SinglePageAdmin):
    """One page, for those who may see the calls."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may see the calls may see them counted."""
        return request.user.has_perm("drf_mcp.view_call")

    def get_urls(self) -> Any:
        """The page, where Django admin expects a list."""
        return [path("", self.admin_site.admin_view(self.overview_view), name="drf_mcp_overview_changelist")]

    def overview_view(self, request: HttpRequest) -> TemplateResponse:
        """The page.

        Raises:
            PermissionDenied: For who may not see the calls.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        period = PERIODS.get(request.GET.get("period", ""), PERIODS["week"])
        found = statistics_of(period)
        chart = chart_of(found.steps)
        has_calls = self.admin_site.is_registered(Call)
        calls_url = reverse("admin:drf_mcp_call_changelist", current_app=self.admin_site.name) if has_calls else ""

        def link(**filters: Any) -> str:
            return calls_url and f"{calls_url}?{urlencode({**filters, 'at__gte': chart.start.isoformat()})}"

        context = {
            **self.admin_site.each_context(request),
            "title": _("Overview"),
            "opts": self.opts,
            "media": self.media,
            "recorded": mcp_settings.RECORD,
            "retain_days": mcp_settings.RETAIN_DAYS,
            "periods": PERIODS.values(),
            "period": period,
            "statistics": found,
            "chart": chart,
            "calls_url": link(),
            "failures_url": link(outcome__in="refused,error"),
            "rankings": [
                ranking("most-called", _("Most called tools"), found.most_called, lambda tool: link(name=tool.key)),
                ranking("users", _("By user"), found.users, lambda user: link(username=user.label)),
                ranking("failing", _("Most failures"), found.most_failing, lambda tool: link(name=tool.key)),
                ranking("slowest", _("Slowest tools"), found.slowest, lambda tool: link(name=tool.key)),
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/drf_mcp/overview.html", context)


def ranking(name: str, title: Any, groups: Sequence[Group], link: Callable[[Group], str]) -> dict[str, Any]:
    """A table of tools or users, each with a bar.

    Args:
        name: Which table it is.
        title: What stands above it.
        groups: The rows.
        link: Gives the address of a row's calls.
    """
    measure = attrgetter({"failing": "failures", "slowest": "mean_ms"}.get(name, "total"))
    greatest = max(map(measure, groups), default=0) or 1
    rows = [
        {
            "group": group,
            "url": link(group) if group.label else "",
            "width": round(100 * measure(group) / greatest, 1),
            "failed_width": round(100 * group.failures / greatest, 1) if name in ("most-called", "users") else 0,
            "failed_percent": round(100 * group.failures / group.total),
        }
        for group in groups
    ]
    return {"name": name, "title": title, "rows": rows}
