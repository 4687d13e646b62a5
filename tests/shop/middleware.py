"""Middleware of the kinds that an API needs in order to work."""

from __future__ import annotations

import asyncio
import re

from asgiref.sync import markcoroutinefunction
from django.http import HttpResponseForbidden, HttpResponseRedirect, JsonResponse

from .models import Tenant
from .scope import scope

seen: list[tuple[str, str]] = []
"""What ``Recorder`` saw: the path, and which of its methods ran."""


class TenantFromPath:
    """Sets the tenant from ``/t/<slug>/...`` and opens its scope for as long as the view runs."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.tenant = None
        found = re.match(r"/t/([\w-]+)/", request.path_info)
        if not found:
            return self.get_response(request)
        tenant = Tenant.objects.filter(slug=found[1]).first()
        if tenant is None:
            return JsonResponse({"detail": "There is no such tenant."}, status=404)
        request.tenant = tenant
        with scope(tenant):
            return self.get_response(request)


class KeepOut:
    """Refuses some paths before any view: with a page, a redirect to the login, or JSON."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "/closed/" in request.path_info:
            return HttpResponseForbidden("<html><body><h1>Keep out</h1><p>internal-host-17</p></body></html>")
        if "/login-first/" in request.path_info:
            return HttpResponseRedirect(f"/login/?next={request.path_info}")
        if "/no-json/" in request.path_info:
            return JsonResponse({"detail": "Not from here."}, status=403)
        return self.get_response(request)


class Recorder:
    """Notes each of its hooks that ran."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        seen.append((request.path_info, "middleware in"))
        response = self.get_response(request)
        seen.append((request.path_info, f"middleware out {response.status_code}"))
        response["X-Measured"] = "1"
        return response

    def process_view(self, request, view_func, view_args, view_kwargs):
        name = request.resolver_match.view_name
        seen.append((request.path_info, f"process_view {name} {sorted(view_kwargs.items())}"))

    def process_exception(self, request, exception):
        seen.append((request.path_info, f"process_exception {type(exception).__name__}"))

    def process_template_response(self, request, response):
        seen.append((request.path_info, "process_template_response"))
        return response


class AsyncOnly:
    """Middleware that runs under an event loop or not at all."""

    async_capable = True
    sync_capable = False

    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request):
        await asyncio.sleep(0)
        request.waited = True
        response = await self.get_response(request)
        response["X-Waited"] = "1"
        return response


class UrlconfByHost:
    """Serves another URLconf under another host name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.get_host().startswith("partner."):
            request.urlconf = "tests.shop.urls.partner"
        return self.get_response(request)


class UserAttributes:
    """Puts on the user what the views of a project expect there."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.organization = "acme"
        return self.get_response(request)
