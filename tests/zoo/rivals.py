"""Other schema generators, asked about the same zoo."""

from __future__ import annotations

from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry
from drf_spectacular.settings import spectacular_settings
from rest_framework import viewsets

from .case import Case
from .harness import ITEMS, Generator, make, request_for


def _component(case: Case, direction: str, *, partial: bool) -> dict:
    """What drf-spectacular puts into ``components``, with its most exact settings, as one JSON Schema document."""
    serializer = make(case, patch=partial, partial=True) if partial else make(case)
    view: Any = viewsets.GenericViewSet()
    view.serializer_class = case.serializer
    view.request = request_for(partial)
    view.format_kwarg = None
    view.action = "partial_update" if partial else "create"
    view.kwargs = {}
    schema = AutoSchema()
    schema.registry = ComponentRegistry()
    schema.view, schema.path, schema.method = view, "/", "PATCH" if partial else "POST"
    settings = {"COMPONENT_SPLIT_REQUEST": True, "COMPONENT_SPLIT_PATCH": True, "OAS_VERSION": "3.1.0"}
    spectacular_settings.apply_patches(settings)
    try:
        single = serializer.child if case.many else serializer
        with GENERATOR_STATS.silence():
            component = schema.resolve_serializer(single, direction)
        reference = component.ref if component else {"type": "object"}
        components = schema.registry.build({})
    finally:
        spectacular_settings.clear_patches()
    if case.many:
        body: dict = {"type": "array", "items": reference}
        if direction == "request":
            body = {"type": "object", "properties": {ITEMS: body}, "required": [ITEMS]}
    else:
        body = {"$ref": reference["$ref"]} if "$ref" in reference else dict(reference)
    return body | {"components": components}


SPECTACULAR = Generator(
    "drf-spectacular",
    lambda case, partial: _component(case, "request", partial=partial),
    lambda case: _component(case, "response", partial=False),
)
