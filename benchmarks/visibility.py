"""What it costs to filter 1,000 tools for one caller: ``python -m benchmarks.visibility``.

Each table row is a project of 200 ViewSets with five tools each, over 40 models. What is timed is what
``tools/list`` does beyond joining what was encoded before, with the process's own clock; the caller has no
permissions but those of a group, as most have.
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
    print(f"| permissions | tools seen | ms, median of {ROUNDS} | least | queries |\n|---|---:|---:|---:|---:|")
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
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from drf_mcp.visibility import Viewer
    from tests.factories import UserFactory, make_context
    from users.models import User

    user = UserFactory()
    group = Group.objects.create(name=name)
    group.permissions.set(Permission.objects.all()[:20])
    user.groups.add(group)

    def look() -> list[Any]:
        viewer = Viewer(make_context(User.objects.get(pk=user.pk)))  # with nothing known of its permissions
        return [tool for tool in catalog.tools if viewer.sees(tool)]

    assert len(catalog.tools) == 1000
    with CaptureQueriesContext(
        connection,
    ) as captured:
        seen = look()
    times = sorted(_timed(look) for _ in range(ROUNDS))
    queries = len(captured) - 1  # the user's own
    return f"| {name} | {len(seen)} | {statistics.median(times):.2f} | {times[0]:.2f} | {queries} |"


def _timed(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


if __name__ == "__main__":
    main()
