"""django-rest-polymorphic: a shape for each type of object, told apart by ``resourcetype``, in and out.

Active when the library is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_polymorphic.serializers import PolymorphicSerializer

from drf_mcp.schema import field_schema, output_schema, printed_schema
from drf_mcp.schema.alternatives import branch
from drf_mcp.schema.serializers import is_cut

Schema = dict[str, Any]


@field_schema.register(PolymorphicSerializer)
def _(serializer: Any) -> Schema:
    """What each type takes; a partial update goes by the type that the object has."""
    if is_cut(serializer):
        return {"type": "object"}
    key, is_partial = serializer.resource_type_field_name, serializer.partial and serializer.parent is None
    return {
        "anyOf": [
            branch(field_schema(serializer.model_serializer_mapping[model]), key, [name], is_required=not is_partial)
            for name, model in serializer.resource_type_model_mapping.items()
        ]
    }


@printed_schema.register(PolymorphicSerializer)
def _(serializer: Any) -> Schema:
    """What each type prints; an object of a type without a serializer is printed as the nearest one above it."""
    if is_cut(serializer):
        return {"type": "object"}
    kinds: dict[Any, list[str]] = {model: [] for model in serializer.model_serializer_mapping}
    for model in dict.fromkeys(found for mapped in kinds for found in _with_descendants(mapped)):
        nearest = next(cls for cls in model.__mro__ if cls in kinds)
        kinds[nearest].append(serializer.to_resource_type(model))
    shapes = [(output_schema(serializer.model_serializer_mapping[model]), names) for model, names in kinds.items()]
    if not all("properties" in shape for shape, _ in shapes):
        return {}
    return {"anyOf": [branch(shape, serializer.resource_type_field_name, names) for shape, names in shapes if names]}


def _with_descendants(model: Any) -> Iterator[Any]:
    if not model._meta.abstract:
        yield model
    for cls in model.__subclasses__():
        yield from _with_descendants(cls)
