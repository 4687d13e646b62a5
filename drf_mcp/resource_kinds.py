"""The three kinds of resources: a routed view's answer, a file that such an answer names, an author's function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model
from django.http import Http404
from rest_framework.exceptions import NotFound
from rest_framework.exceptions import PermissionDenied as DRFPermissionDenied

from .arguments import bind_arguments
from .auth.challenge import UnauthorizedError
from .changes import labels_of, topic_of
from .contents import contents_of_bytes, contents_of_response, contents_of_value, redirected, refused_values
from .context import Context
from .declarations import DeclaredResource
from .files import lookup_value, media_type_of, printed_file, printed_objects, read_file
from .functions import call, serializer_of
from .inner_request import InnerRequest
from .invocation import invoke, release
from .payloads import error_data, read_content
from .protocol.errors import InternalError, InvalidParamsError, RefusedError, ResourceNotFoundError
from .protocol.uri_templates import URITemplate
from .rendering import render_result
from .tools import Tool
from .visibility import Viewer, is_permitted, may_read, request_for

_SIGNED_IN = "This resource needs a signed-in caller."

_NOT_FOUND = (403, 404, 410)
"""What a view answers that a reader need not tell apart."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource, or a template of many.

    Args:
        template: Its URI; a template has variables.
        name: What programs call it.
        title: What people call it.
        description: What the model reads.
        mime_type: What a read brings, empty where that is not known before.
    """

    template: URITemplate
    name: str
    title: str
    description: str
    mime_type: str

    @property
    def is_template(self) -> bool:
        """Whether its URI has variables."""
        return bool(self.template.variables)

    def to_wire(self) -> dict[str, Any]:
        """The resource as ``resources/list`` or ``resources/templates/list`` shows it.

        Spec: server/resources#resource
        """
        wire = {"uriTemplate" if self.is_template else "uri": self.template.text, "name": self.name}
        optional = {"title": self.title, "description": self.description, "mimeType": self.mime_type}
        return {**wire, **{key: text for key, text in optional.items() if text}}

    def is_left(self, context: Context) -> bool:
        """Whether it is there for anyone: what takes tools away takes the resources behind which they stand."""
        return True

    def is_visible(self, viewer: Viewer) -> bool:
        """Whether a caller may see it."""
        raise NotImplementedError

    def is_missed(self, viewer: Viewer) -> bool:
        """Whether a caller may not see it, and could if they were signed in."""
        return not self.is_visible(viewer)

    def values_in(self, uri: str) -> dict[str, str] | None:
        """The values that a URI has for the variables, None where it is another resource's."""
        return self.template.match(uri)

    def read(self, uri: str, values: dict[str, str], context: Context) -> dict[str, Any]:
        """Read it.

        Args:
            uri: What the client asked for.
            values: From ``values_in``.
            context: Who asks.

        Returns:
            One entry of ``contents``.

        Raises:
            ResourceNotFoundError: There is none, or none for this caller.
            MCPError: It cannot be read for another reason.

        Spec: server/resources#resource-contents
        """
        raise NotImplementedError

    def watch(self, uri: str, values: dict[str, str], context: Context) -> tuple[dict[str, Any], set[str]]:
        """Read it, and tell what it is made of.

        Args:
            uri: What the client asked for.
            values: From ``values_in``.
            context: Who asks.

        Returns:
            One entry of ``contents``, and the topics of the models and objects in it; see ``changes``.

        Raises:
            MCPError: As ``read`` does.
        """
        return self.read(uri, values, context), set()


@dataclass(frozen=True, eq=False)
class RoutedResource(Resource):
    """What a GET of a routed ``list`` or ``retrieve`` answers. A query in the URI is the query of that GET.

    Args:
        tool: The tool of the same endpoint.
    """

    tool: Tool

    def is_left(self, context: Context) -> bool:
        """Whether its tool is left to the caller."""
        return may_read(self.tool, context)

    def is_visible(self, viewer: Viewer) -> bool:
        """Whether the caller sees its tool."""
        return viewer.reads(self.tool)

    def is_missed(self, viewer: Viewer) -> bool:
        """Whether the caller misses its tool."""
        return viewer.misses(self.tool)

    def values_in(self, uri: str) -> dict[str, str] | None:
        """As for every resource, whatever the query is."""
        return super().values_in(uri.partition("?")[0])

    def read(self, uri: str, values: dict[str, str], context: Context, look: Any = None) -> dict[str, Any]:
        """Run the view as the tool does."""
        query = _query_of(uri)
        if twice := [name for name in query if name in values]:
            message = f"{twice[0]!r} stands in the path of the URI, so it cannot stand in its query."
            raise InvalidParamsError(message, data={"argument": twice[0], "uri": uri})
        request, response = self._invoke(uri, {**query, **values}, context, look)
        try:
            self._refuse(uri, request, response, context)
            return contents_of_response(uri, request, response)
        finally:
            release(response)

    def watch(self, uri: str, values: dict[str, str], context: Context) -> tuple[dict[str, Any], set[str]]:
        """As for every resource: a ``retrieve`` is made of its object, anything else of whatever its model has."""
        seen: list[Any] = []
        contents = self.read(uri, values, context, lambda response: seen.extend(printed_objects(response)))
        objects = [printed.instance for printed in seen if isinstance(printed.instance, Model)]
        if self.tool.endpoint.action == "retrieve" and objects:
            return contents, {topic_of(labels_of(type(instance))[0], instance.pk) for instance in objects}
        models = {type(instance) for instance in objects} | {self.tool.endpoint.model} - {None}
        return contents, {labels_of(model)[0] for model in models}

    def _invoke(
        self, uri: str, arguments: dict[str, Any], context: Context, look: Any = None
    ) -> tuple[InnerRequest, Any]:
        try:
            bound = bind_arguments(self.tool, arguments)
        except InvalidParamsError as error:
            error.data = {**(error.data or {}), "uri": uri}
            raise
        try:
            return invoke(self.tool.endpoint, bound, context, look)
        except InvalidParamsError:  # a value that the route cannot hold
            raise not_found(uri, context) from None

    def _refuse(self, uri: str, request: InnerRequest, response: Any, context: Context) -> None:
        """Raise the error that stands for a response, unless it is data."""
        status = response.status_code
        if status < 300 and not response.headers.get("Content-Type", "").startswith("text/html"):
            return
        if status == 400:
            raise refused_values(uri, error_data(request, response, read_content(response) or b""))
        if status < 400:
            raise redirected(uri, response)
        try:
            result = render_result(self.tool, request, response, {}, context)
        except UnauthorizedError:
            raise UnauthorizedError(_SIGNED_IN) from None
        except InvalidParamsError as error:  # the database refused the values
            raise refused_values(uri, (error.data or {}).get("errors")) from None
        except InternalError as error:
            error.data = {**(error.data or {}), "uri": uri}
            raise
        if status in _NOT_FOUND:
            raise not_found(uri, context)
        said = json.loads(result.structured or b"{}")
        raise RefusedError(said.get("status", status), result.content[0]["text"], data={"uri": uri, **said})


@dataclass(frozen=True, eq=False)
class FileResource(RoutedResource):
    """A file that a ``FileField`` of an object names: the URI of the object, ``#``, and the field.

    Args:
        field: The field's name.
    """

    field: str

    def uri_of(self, instance: Any, kwargs: Mapping[str, Any]) -> str | None:
        """The URI for one object, None where the object does not tell its address.

        Args:
            instance: The object.
            kwargs: The URL kwargs of the call that answered with it; its own is taken from the object.
        """
        lookup = self.tool.endpoint.lookup_kwarg
        own = lookup_value(instance, str(self.tool.endpoint.attribute("lookup_field")))
        if own is None:
            return None
        names = path_names(self.tool)
        known: dict[Any, Any] = {**kwargs, lookup: own}
        values = {names[key]: value for key, value in known.items() if key in names}
        uri = self.template.expand(values)
        return None if self.values_in(uri) is None else uri

    def values_in(self, uri: str) -> dict[str, str] | None:
        """As for every resource: a file has no query."""
        return self.template.match(uri)

    def read(self, uri: str, values: dict[str, str], context: Context, look: Any = None) -> dict[str, Any]:
        """Retrieve the object as its tool does, and read the file that it names."""
        found: list[tuple[bytes, str]] = []

        def look_for_file(response: Any) -> None:
            if look is not None:
                look(response)
            for printed in printed_objects(response):
                file = printed_file(printed, self.field)
                content = None if file is None else read_file(file)
                if file is not None and content is not None:
                    found.append((content, media_type_of(file)))

        request, response = self._invoke(uri, dict(values), context, look_for_file)
        try:
            self._refuse(uri, request, response, context)
        finally:
            release(response)
        if not found:
            raise not_found(uri, context)
        content, mime_type = found[0]
        return contents_of_bytes(uri, content, mime_type or "application/octet-stream")


@dataclass(frozen=True, eq=False)
class AuthoredResource(Resource):
    """What an author's function returns.

    Args:
        declared: What ``@resource`` was told.
    """

    declared: DeclaredResource

    @classmethod
    def of(cls, declared: DeclaredResource) -> AuthoredResource:
        """The resource that an author declared.

        Raises:
            ImproperlyConfigured: A parameter is of a type that no part of a URI can become.
        """
        resource = cls(
            declared.template, declared.name, declared.title, declared.description, declared.mime_type, declared
        )
        _ = resource.serializer_class
        return resource

    @cached_property
    def serializer_class(self) -> Any:
        """What the variables of the URI are checked and converted by."""
        return serializer_of(self.declared.function)

    def is_visible(self, viewer: Viewer) -> bool:
        """Whether its permission classes let the caller in."""
        return is_permitted(self.declared, request_for(viewer.context))

    def values_in(self, uri: str) -> dict[str, str] | None:
        """As for every resource. Nothing that could lead a file system elsewhere reaches the function."""
        values = super().values_in(uri)
        if values is None and not self.is_template:
            # Clients that parse a URI put a slash behind a bare host, as in file://project-info.
            values = super().values_in(uri.removesuffix("/"))
        if values is None or any(set("/\\") & set(value) or value in (".", "..") for value in values.values()):
            return None
        return values

    def read(self, uri: str, values: dict[str, str], context: Context) -> dict[str, Any]:
        """Check and convert the values, and call the function."""
        request = request_for(context)
        if not is_permitted(self.declared, request):
            if context.identity.is_anonymous:
                raise UnauthorizedError(_SIGNED_IN)
            raise not_found(uri, context)
        serializer = self.serializer_class(data=values, context={"request": request})
        if not serializer.is_valid():
            raise not_found(uri, context)
        try:
            value = call(self.declared.function, request, serializer.validated_data)
            return contents_of_value(uri, value, request, self.mime_type)
        except (Http404, ObjectDoesNotExist, NotFound, PermissionDenied, DRFPermissionDenied) as error:
            raise not_found(uri, context) from error
        except RefusedError as error:
            raise (not_found(uri, context) if error.code in _NOT_FOUND else error) from error


def path_names(tool: Tool) -> dict[str, str]:
    """What each URL kwarg of a tool is called in its arguments and in the URI."""
    return {str(p.key): p.name for p in tool.parameters.values() if p.location == "path"}


def not_found(uri: str, context: Context) -> ResourceNotFoundError:
    """The error for a resource that is not there, or not for this caller."""
    return ResourceNotFoundError(uri, has_handshake=context.revision.has_handshake)


def _query_of(uri: str) -> dict[str, Any]:
    """The query of a URI as arguments; one that is there several times is a list.

    Raises:
        InvalidParamsError: It cannot be read.
    """
    query = uri.partition("?")[2]
    try:
        found = parse_qs(query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise InvalidParamsError("The query of the URI cannot be read.", data={"uri": uri}) from None
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
