"""What it costs to filter 1,000 tools for one caller: ``python -m benchmarks.visibility``.

Each table row is a project of 200 ViewSets with five tools each, over 40 models. What is timed is what
``tools/list`` does beyond joining what was encoded before, with the process's own clock; the caller has no
permissions but those of a group, as most have. The floor beside it is a bare loop that asks the same permission
classes about views that DRF made before.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 50


def main() -> None:
    """Set a project up, time each kind of permission, and print the table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.creation.create_test_db(verbosity=0)  # in memory
    call_command("migrate", verbosity=0)
    print(f"| permissions | tools seen | ms, median of {ROUNDS} | least | floor, median | queries | of the floor |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, attributes in _kinds().items():
        print(_row(name, _catalog(attributes)))


def _kinds() -> dict[str, dict[str, Any]]:
    from rest_framework import permissions

    class Own(permissions.BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return request.user.is_authenticated and view.action != "destroy"

    def get_permissions(self: Any) -> list[Any]:
        return [permissions.IsAdminUser() if self.action == "destroy" else permissions.IsAuthenticated()]

    def get_queryset(self: Any) -> Any:
        return self.queryset.filter(pk__gt=0)

    return {
        "AllowAny": {"permission_classes": [permissions.AllowAny]},
        "IsAuthenticated": {"permission_classes": [permissions.IsAuthenticated]},
        "DjangoModelPermissions": {"permission_classes": [permissions.DjangoModelPermissions]},
        "DjangoModelPermissions, own get_queryset": {
            "permission_classes": [permissions.DjangoModelPermissions],
            "get_queryset": get_queryset,
        },
        "a class of the project's own": {"permission_classes": [Own]},
        "own get_permissions": {"get_permissions": get_permissions},
    }


def _catalog(attributes: dict[str, Any]) -> Any:
    from django.db import models
    from rest_framework import serializers
    from rest_framework.routers import SimpleRouter
    from rest_framework.viewsets import ModelViewSet

    from drf_mcp.catalog import build_catalog

    router = SimpleRouter()
    for number in range(200):
        kind = number % 40
        if number == kind:
            meta = type("Meta", (), {"app_label": "users", "managed": False})
            namespace = {"__module__": __name__, "Meta": meta, "name": models.CharField(max_length=10)}
            _models[kind] = _models.get(kind) or type(f"Thing{kind}", (models.Model,), namespace)
        meta = type("Meta", (), {"model": _models[kind], "fields": ["name"]})
        serializer = type(f"Serializer{number}", (serializers.ModelSerializer,), {"Meta": meta})
        own = {"queryset": _models[kind].objects.all(), "serializer_class": serializer, **attributes}
        router.register(f"things{number}", type(f"ViewSet{number}", (ModelViewSet,), own), f"thing{number}")
    return build_catalog(tuple(router.urls))


_models: dict[int, Any] = {}


def _row(name: str, catalog: Any) -> str:
    from django.contrib.auth.models import Group, Permission

    from drf_mcp.visibility import Viewer
    from tests.factories import UserFactory, make_context
    from users.models import User

    user = UserFactory()
    group = Group.objects.create(name=name)
    group.permissions.set(Permission.objects.all()[:20])
    user.groups.add(group)

    def caller() -> Any:
        return User.objects.get(pk=user.pk)  # with nothing known of its permissions

    def look(caller: Any) -> list[Any]:
        viewer = Viewer(make_context(caller))
        return [tool for tool in catalog.tools if viewer.sees(tool)]

    def loop(views: list[Any]) -> list[Any]:
        return [view for view in views if all(p.has_permission(view.request, view) for p in view.get_permissions())]

    assert len(catalog.tools) == 1000
    seen, queries = _counted(lambda: look(caller()))
    allowed, least_queries = _counted(lambda: loop(_views(catalog, caller())))
    assert len(seen) == len(allowed)
    times = [_timed(look, caller()) for _ in range(ROUNDS)]
    floor = [_timed(loop, views) for views in (_views(catalog, caller()) for _ in range(ROUNDS))]
    medians = f"{statistics.median(times):.2f} | {min(times):.2f} | {statistics.median(floor):.2f}"
    return f"| {name} | {len(seen)} | {medians} | {queries} | {least_queries} |"


def _views(catalog: Any, user: Any) -> list[Any]:
    """The views as DRF makes them of a request."""
    from rest_framework.test import APIRequestFactory, force_authenticate

    views = []
    for tool in catalog.tools:
        endpoint = tool.endpoint
        view = endpoint.viewset(**endpoint.initkwargs)
        view.action_map, view.action = dict(endpoint.actions), endpoint.action
        request = APIRequestFactory().generic(endpoint.method.upper(), "/")
        force_authenticate(request, user)
        view.setup(request)
        view.request = view.initialize_request(request)
        view.perform_authentication(view.request)
        views.append(view)
    return views


def _counted(work: Callable[[], Any]) -> tuple[Any, int]:
    """What something gives, and how many queries it makes beside the one for the user."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from drf_mcp.rules import snapshot

    snapshot.current()  # a process reads them once in a while, whoever asks
    with CaptureQueriesContext(connection) as captured:
        found = work()
    return found, len(captured) - 1


def _timed(work: Callable[[Any], Any], subject: Any) -> float:
    begin = time.process_time()
    work(subject)
    return (time.process_time() - begin) * 1000


if __name__ == "__main__":
    main()
