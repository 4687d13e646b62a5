"""The arguments of a tool: where in the request each of them goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .naming import argument_name
from .schema import Folded

Schema = Mapping[str, Any]
Location = Literal["path", "query", "header", "accept", "body", "items", "file", "answer"]

_OBJECT = {"type": "object", "additionalProperties": True}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where an argument goes in the request.

    Args:
        name: The argument's name in the tool.
        location: The part of the request; ``items`` is a body that is an array, ``file`` an upload in
            a multipart body, ``accept`` a parameter of the ``Accept`` header, and ``answer`` none at all: what
            is said there is done to the answer.
        key: Its name there; empty for an object that holds more of the query or the body.
        schema: What it may be.
    """

    name: str
    location: Location
    key: str
    schema: Schema


@dataclass(slots=True)
class Signature:
    """The arguments of a tool.

    Args:
        parameters: By name, in the order in which they are listed.
        required: The names of those that a call cannot do without.
        open_location: Where arguments go that the tool does not name, None where there are none such.
        is_verbatim: True where the author gave the schema as a dict, which then nobody else checks.
    """

    parameters: dict[str, Parameter] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    open_location: Literal["query", "body"] | None = None
    is_verbatim: bool = False

    def add(self, location: Location, key: str, schema: Schema, *, is_required: bool = False, name: str = "") -> None:
        """Add an argument; one whose name is taken gets ``new_`` in front.

        URL kwargs come first and keep their names: what names an object must never be what changes it.
        """
        name = name or argument_name(key)
        while name in self.parameters:
            name = f"new_{name}"
        self.parameters[name] = Parameter(name, location, key, schema)
        if is_required:
            self.required.append(name)

    def keys(self, *locations: Location) -> set[str]:
        """The names of its arguments in these parts of the request."""
        return {parameter.key for parameter in self.parameters.values() if parameter.location in locations}

    def placed(self, place: Callable[[Parameter], tuple[str, Schema] | None]) -> Signature:
        """The same arguments elsewhere.

        Args:
            place: Gives the key and the schema of each, None for one that is left out.
        """
        other = Signature(open_location=self.open_location, is_verbatim=self.is_verbatim)
        for name, parameter in self.parameters.items():
            if found := place(parameter):
                key, schema = found
                kept = name if key == parameter.key else ""
                other.add(parameter.location, key, schema, is_required=name in self.required, name=kept)
        return other

    def open_body(self, method: str) -> None:
        """Take any argument into the body.

        Where the query is open, too, nothing tells where an argument is read. One that lands where nobody reads it
        may widen what the call does, so each part has a name of its own: what is not named goes where the
        method usually has it, and the other part is an object.
        """
        if self.open_location != "query":
            self.open_location = "body"
        elif method == "delete":
            self.add("body", "", {**_OBJECT, "description": "Body; all else goes into the query string"}, name="data")
        else:
            self.open_location = "body"
            schema = {**_OBJECT, "description": "Query string; all else goes into the body"}
            self.add("query", "", schema, name="query_params")

    def to_schema(self) -> dict[str, Any]:
        """The arguments as one JSON Schema object."""
        listed = {p.name: p.schema for p in self.parameters.values() if not isinstance(p.schema, Folded)}
        schema: dict[str, Any] = {"type": "object", "properties": listed}
        if self.required:
            schema["required"] = self.required
        schema["additionalProperties"] = self.open_location is not None or len(listed) < len(self.parameters)
        return schema
