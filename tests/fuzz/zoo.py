"""Each serializer of the zoo behind a ``create`` of its own, so that its schema is a tool's."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.urls import include, path
from rest_framework import serializers
from rest_framework.mixins import CreateModelMixin
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import GenericViewSet

from tests.zoo import harness  # noqa: F401  (it registers the cases)
from tests.zoo.case import CASES
from tests.zoo.urls import routes


class Checked(GenericViewSet):
    """Takes what its serializer takes, and keeps nothing."""

    case: Any = None

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **self.case.context}

    def create(self, request: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"taken": True})


class Kept(CreateModelMixin, Checked):
    """Saves what its serializer takes, as far as its model takes it."""

    def perform_create(self, serializer: Any) -> None:
        try:
            with transaction.atomic():
                serializer.save()
        except (IntegrityError, AssertionError, TypeError) as error:
            raise serializers.ValidationError("The table does not take it.", code="table") from error


router = SimpleRouter()
OPAQUE: dict[str, frozenset[str]] = {}
"""By the part of the name that is the serializer's: the fields that refuse for reasons that no schema can say."""

for _case in CASES:
    _name = _case.name.lower()
    if _case.many or _case.options or _name in OPAQUE:
        continue
    _model = getattr(getattr(_case.serializer, "Meta", None), "model", None)
    _base = Kept if issubclass(_case.serializer, serializers.ModelSerializer) and _model else Checked
    _attributes = {"serializer_class": _case.serializer, "case": _case, "__module__": __name__}
    OPAQUE[_name] = _case.opaque | _case.silent | _case.hidden.keys()
    router.register(_name, type(f"{_case.name}ViewSet", (_base,), _attributes), basename=_name)

urlpatterns = [*routes, path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]
