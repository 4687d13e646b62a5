"""Permission classes in words: who may call a tool, as far as the classes themselves tell."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import permissions
from rest_framework.views import APIView

from drf_mcp.reading.library import overriding
from drf_mcp.tools import Tool


def who_may_call(tool: Tool) -> str:
    """Whom the view of a tool lets in, in words; a class that nobody knows stands there by its name.

    Args:
        tool: The tool.
    """
    endpoint = tool.endpoint
    if overriding(endpoint.viewset, ("get_permissions", "check_permissions"), below=APIView):
        return _("whom the ViewSet's own code lets in")
    classes = endpoint.attribute("permission_classes") or ()
    words = [_word(cls, tool) for cls in classes if cls is not permissions.AllowAny]
    return ", ".join(dict.fromkeys(words)) or _("everybody")


def _word(permission: Any, tool: Tool) -> str:
    if isinstance(permission, permissions.OperandHolder):
        operator: Any = permission.operator_class
        words = {"a": _word(permission.op1_class, tool), "b": _word(permission.op2_class, tool)}
        template = _("{a} and {b}") if operator is permissions.AND else _("{a} or {b}")
        return template.format(**words)
    if isinstance(permission, permissions.SingleOperandHolder):
        return _("not: {a}").format(a=_word(permission.op1_class, tool))
    if permission is permissions.AllowAny:
        return _("everybody")
    if permission is permissions.IsAuthenticated:
        return _("signed-in users")
    if permission is permissions.IsAdminUser:
        return _("staff")
    if permission is permissions.IsAuthenticatedOrReadOnly:
        return _("everybody") if tool.endpoint.method == "get" else _("signed-in users")
    if isinstance(permission, type) and issubclass(permission, permissions.DjangoModelPermissions):
        return _of_model(permission, tool)
    return str(getattr(permission, "__name__", permission))


def _of_model(permission: type[permissions.DjangoModelPermissions], tool: Tool) -> str:
    """The permissions of the model that the class asks for."""
    model: Any = tool.endpoint.model
    wanted = permission.perms_map.get(tool.endpoint.method.upper())
    if model is None or wanted is None:
        return permission.__name__
    names = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
    asked = [template % names for template in wanted]
    if not asked:
        return _("everybody") if not permission.authenticated_users_only else _("signed-in users")
    return _("users with {permissions}").format(permissions=", ".join(asked))
