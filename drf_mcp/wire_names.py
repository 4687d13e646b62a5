"""What fields are called in a request and in an answer, where a project's parsers and renderers rename them.

Found by trying: the renderer writes a field's name, and a parser that reads the field under that name takes it so. What
Django REST Framework's own parsers and renderers leave alone is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from .conf import mcp_settings
from .endpoints import Endpoint
from .parameters import Parameter, Signature
from .protocol.jsonrpc import dumps, loads
from .schema import is_file_schema

Schema = Mapping[str, Any]
Path = tuple[str | None, ...]
"""The names that lead to a field, None for any item of a list."""
Rename = Callable[[Path], str | None]
"""Gives the last of these names as it is on the wire, None where it has none there."""

_CAMEL_CASE = "djangorestframework_camel_case.middleware.CamelCaseMiddleWare"
_INNER = "key"
"""Stands for a key of an object whose keys nobody knows."""


def in_request(endpoint: Endpoint, signature: Signature) -> Signature:
    """The arguments under the names by which a request has them; those that no request can hold are left out.

    Args:
        endpoint: The endpoint.
        signature: Its arguments under the names of its fields and parameters, or in its author's own words, which
            stay as they are.
    """
    if signature.is_verbatim:
        return signature
    has_files = any(parameter.location == "file" for parameter in signature.parameters.values())
    parsers = _used(endpoint.attribute("parser_classes") or (), has_files=has_files)
    rename_query = _query_names()
    if rename_query is None and all(_is_drfs(parser, "parse") for parser in parsers):
        return signature
    rename = partial(_name_in_request, parsers, _writer(endpoint))

    def place(parameter: Parameter) -> tuple[str, Schema] | None:
        key, schema = parameter.key, parameter.schema
        if key and parameter.location == "query" and rename_query is not None:
            name = rename_query(key)
        elif parameter.location == "items":
            name, schema = key, renamed(schema, rename) or {}
        elif key and parameter.location in ("body", "file"):
            name, schema = rename((key,)), renamed(schema, rename, (key,)) or {}
        else:
            return key, schema
        return None if name is None else (name, schema)

    return signature.placed(place)


def in_answer(endpoint: Endpoint, schema: Schema | None) -> Schema | None:
    """What an endpoint answers under the names that its renderer writes; None where one is not certain.

    Args:
        endpoint: The endpoint, whose first renderer writes JSON.
        schema: The answer under the names of its fields.
    """
    if schema is None or _is_drfs(_writer(endpoint), "render"):
        return schema
    return renamed(schema, partial(_written, _writer(endpoint)), is_whole=True)


def printed_name(endpoint: Endpoint, name: str) -> str:
    """What an answer calls a field of the object that it is about."""
    return _written(_writer(endpoint), (name,)) or name


def renamed(schema: Schema, rename: Rename, path: Path = (), *, is_whole: bool = False) -> Schema | None:
    """A schema with other names for the properties in it.

    Args:
        schema: A schema.
        rename: Gives the new names.
        path: What leads to the value that it is about.
        is_whole: True where nothing is said if a property has no name, False where it is left out.
    """
    if is_file_schema(schema):  # its names are this package's own
        return schema
    found: dict[str, Any] = dict(schema)
    inside = partial(renamed, rename=rename, is_whole=is_whole)
    if "properties" in schema:
        names = {key: rename((*path, key)) for key in schema["properties"]}
        if is_whole and (None in names.values() or len(set(names.values())) < len(names)):
            return None
        inner = {name: inside(schema["properties"][key], path=(*path, key)) for key, name in names.items() if name}
        found["properties"] = inner
        if required := [names[key] for key in found.pop("required", ()) if names.get(key)]:
            found["required"] = required
    if "items" in schema:
        found["items"] = inside(schema["items"], path=(*path, None))
    if isinstance(schema.get("additionalProperties"), Mapping):
        found["additionalProperties"] = inside(schema["additionalProperties"], path=(*path, _INNER))
    if "anyOf" in schema:
        found["anyOf"] = [inside(part, path=path) for part in schema["anyOf"]]
    parts = [*found.get("properties", {}).values(), *found.get("anyOf", ())]
    parts += [found[key] for key in ("items", "additionalProperties") if key in found]
    return None if None in parts else found


def _name_in_request(parsers: tuple[Any, ...], writer: Any, path: Path) -> str | None:
    """The name under which all of these parsers read a field: the one that is written, else the field's own.

    A parser that makes something else of what it gets than the same under other names is not understood.
    """
    outer: Path = ()
    for at, key in enumerate(path[:-1], 1):
        outer += (None if key is None else _name_in_request(parsers, writer, path[:at]) or key,)
    is_odd = False
    for name in dict.fromkeys([_written(writer, path), path[-1]]):
        read = {_read(parser, (*outer, name)) for parser in parsers} if name else set()
        if read == {_flat(path)}:
            return name
        is_odd |= None in read
    return path[-1] if is_odd else None


@cache
def _written(writer: Any, path: Path) -> str | None:
    """What a renderer calls a field."""
    if _is_drfs(writer, "render"):
        return path[-1]
    try:
        return _path_in(loads(writer().render(_nested(path), writer.media_type, {})), path)[-1]
    except Exception:  # noqa: BLE001  (a project's own renderer may want a real answer, and may write anything)
        return None


@cache
def _read(parser: Any, sent: Path) -> str | None:
    """The name that a parser makes of one, as a form has it; None where it gives something of another shape."""
    if _is_drfs(parser, "parse"):
        return _flat(sent)
    is_form = issubclass(parser, (FormParser, MultiPartParser))
    content_type, body = _form(parser, _flat(sent)) if is_form else (parser.media_type, dumps(_nested(sent)))
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    environ |= {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)), "wsgi.url_scheme": "http"}
    try:
        read = Request(WSGIRequest({**environ, "wsgi.input": BytesIO(body)}), parsers=[parser()]).data
        found = _only_key(read) if is_form else _path_in(read, sent)
    except Exception:  # noqa: BLE001  (a project's own parser may want a view or another shape)
        return None
    return _flat(found)


def _only_key(form: Any) -> Path:
    """The one name in a form that has just an empty text.

    Raises:
        Exception: It has something else.
    """
    (name,) = form
    if form[name] != "":
        raise ValueError(form)
    return (str(name),)


def _path_in(value: Any, like: Path) -> Path:
    """The names that lead to null in a value of the shape that ``_nested`` makes.

    Raises:
        Exception: It has another shape.
    """
    found: list[str | None] = []
    for key in like:
        (name,) = value
        value = name if key is None else value[name]
        found.append(None if key is None else str(name))
    if value is not None:
        raise ValueError(value)
    return tuple(found)


def _nested(path: Path) -> Any:
    value: Any = None
    for key in reversed(path):
        value = [value] if key is None else {key: value}
    return value


def _flat(path: Path) -> str:
    """A name as a form has it: ``address.city``, ``lines[0]sku``."""
    text = ""
    for key in path:
        text += "[0]" if key is None else f".{key}" if text and not text.endswith("]") else key
    return text


def _form(parser: Any, name: str) -> tuple[str, bytes]:
    if issubclass(parser, FormParser):
        return parser.media_type, f"{name}=".encode()
    part = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n\r\n--b--\r\n'
    return "multipart/form-data; boundary=b", part.encode()


def _is_drfs(cls: Any, method: str) -> bool:
    return str(getattr(getattr(cls, method, None), "__module__", "")).startswith("rest_framework.")


def _is_json(cls: Any) -> bool:
    return str(cls.media_type).endswith(("/json", "+json"))


def _writer(endpoint: Endpoint) -> Any:
    return next((cls for cls in endpoint.renderer_classes if _is_json(cls)), JSONRenderer)


def _used(parsers: Iterable[Any], *, has_files: bool) -> tuple[Any, ...]:
    """The parsers that may get a body: the first for JSON, those of forms where there is none or a file."""
    json_parsers = [parser for parser in parsers if issubclass(parser, JSONParser) or _is_json(parser)][:1]
    forms = [parser for parser in parsers if issubclass(parser, (FormParser, MultiPartParser))]
    return (*json_parsers, *(forms if has_files or not json_parsers else ()))


def _query_names() -> Callable[[str], str | None] | None:
    """What a middleware calls query parameters, None where none renames them."""
    if _CAMEL_CASE not in settings.MIDDLEWARE or _CAMEL_CASE in mcp_settings.SKIP_MIDDLEWARE:
        return None
    from .contrib.camel_case import query_name

    return query_name
