"""Pages of Django admin that say in words what keeps them from being shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import connections, router
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    AdminBase = admin.ModelAdmin[Any]
else:
    AdminBase = admin.ModelAdmin


class GuardedMixin(AdminBase):
    """For each page of a ``ModelAdmin`` here: no error of the database for what an address or a missing table does."""

    @property
    def urls(self) -> Any:
        """The pages, each behind the guard."""
        urls = self.get_urls()
        for url in urls:
            url.callback = self._guarded(url.callback)
        return urls

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, unless it is asked for what some databases cannot hold, and fail over."""
        if any("\0" in value for _name, values in request.GET.lists() for value in values):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

    def _guarded(self, view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if any("\0" in str(value) for value in kwargs.values()):
                raise Http404(_("No address has a NUL in it."))
            if self.admin_site.has_permission(request) and (missing := tables.missing()):
                context = {
                    **self.admin_site.each_context(request),
                    "title": _("The tables are missing"),
                    "opts": self.opts,
                    "missing": missing,
                }
                return TemplateResponse(request, "admin/drf_mcp/no_tables.html", context, status=503)
            return view(request, *args, **kwargs)

        return guarded


class Tables:
    """Whether ``manage.py migrate`` was run; asked until it was."""

    def __init__(self) -> None:
        self.are_there = False

    def missing(self) -> list[str]:
        """The names of the tables that are not there."""
        if self.are_there:
            return []
        wanted: dict[str, set[str]] = {}
        for model in apps.get_app_config("drf_mcp").get_models(include_auto_created=True):
            wanted.setdefault(router.db_for_write(model), set()).add(model._meta.db_table)
        found = {alias: {*connections[alias].introspection.table_names()} for alias in wanted}
        missing = sorted(name for alias, names in wanted.items() for name in names - found[alias])
        self.are_there = not missing
        return missing


tables = Tables()
