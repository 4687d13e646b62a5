"""Serializers as JSON Schema 2020-12, in the narrow dialect that every MCP client takes.

Knows Django REST Framework and has never heard of MCP. The root is always an object; there is no
``$ref``, no ``$defs`` and no combinator at the root; arrays have ``items`` and enums a type.
"""

from .fields import field_schema, file_schema, is_file_schema
from .output import leans_on_models, list_schema, output_schema, printed_schema
from .parameters import Folded, backend_parameters, filter_parameters, page_parameters, path_parameter_schema
from .serializers import as_items, input_schema

__all__ = [
    "Folded",
    "as_items",
    "backend_parameters",
    "field_schema",
    "file_schema",
    "filter_parameters",
    "input_schema",
    "is_file_schema",
    "leans_on_models",
    "list_schema",
    "output_schema",
    "page_parameters",
    "path_parameter_schema",
    "printed_schema",
]
