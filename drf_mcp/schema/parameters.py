"""What an endpoint takes besides its body: the kwargs of its URL and the parameters of its query."""

from __future__ import annotations

from typing import Any

from .fields import Schema


def path_parameter_schema(description: str) -> Schema:
    """A URL kwarg: always a string, since a URL holds nothing else."""
    return {"type": "string", "description": description}


def query_parameters(view: Any) -> dict[str, Schema]:
    """The query parameters of a list: those of its filter backends and of its paginator.

    Args:
        view: A view instance with the attributes of a generic view.

    Returns:
        A schema for each parameter, by name, in the order in which DRF applies them.
    """
    backends = [backend() for backend in getattr(view, "filter_backends", ())]
    paginator = getattr(view, "paginator", None)
    parameters: dict[str, Schema] = {}
    for source in (*backends, paginator):
        if not hasattr(source, "get_schema_operation_parameters"):
            continue
        for parameter in source.get_schema_operation_parameters(view):
            schema = dict(parameter.get("schema") or {"type": "string"})
            if parameter.get("description"):
                schema["description"] = str(parameter["description"])
            parameters[parameter["name"]] = schema
    return parameters
