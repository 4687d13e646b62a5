"""Files that a response names: found through the serializer that printed it, never by a path from a client."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import ReturnDict, ReturnList

from .conf import mcp_settings

logger = logging.getLogger("drf_mcp")


class Printed(NamedTuple):
    """An object as a response shows it."""

    serializer: Any
    instance: Any
    data: Mapping[str, Any]


def file_fields(serializer: Any) -> list[str]:
    """The names of the fields in which a serializer prints files.

    Args:
        serializer: A serializer, or a list of them; None where a view has none.
    """
    fields = getattr(getattr(serializer, "child", serializer), "fields", {})
    return [name for name, field in fields.items() if isinstance(field, serializers.FileField) and not field.write_only]


def printed_objects(response: Any) -> Iterator[Printed]:
    """The objects that DRF's serializers printed into a response: one, a list, or a page of them.

    Args:
        response: Of any kind; there are none in anything but a DRF response.
    """
    data = getattr(response, "data", None)
    if isinstance(data, Mapping) and not isinstance(data, ReturnDict):
        data = data.get("results")
    if isinstance(data, ReturnDict):
        yield Printed(data.serializer, data.serializer.instance, data)
    elif isinstance(data, ReturnList) and isinstance(data.serializer.instance, Iterable):
        serializer: Any = data.serializer
        for instance, item in zip(serializer.instance, data, strict=False):
            if isinstance(item, Mapping):
                yield Printed(serializer.child, instance, item)


def printed_file(printed: Printed, name: str) -> FieldFile | None:
    """The file that a field of a printed object stands for.

    Args:
        printed: The object.
        name: The field's name.

    Returns:
        None where the response shows no file: what REST leaves out is left out here.
    """
    field = printed.serializer.fields.get(name)
    if not isinstance(field, serializers.FileField) or not isinstance(printed.data.get(name), str):
        return None
    file = field.get_attribute(printed.instance)
    return file if isinstance(file, FieldFile) and file.name else None


def read_file(file: FieldFile) -> bytes | None:
    """The bytes of a file, up to one more than ``MAX_FILE_SIZE``; None where its storage does not have it.

    Args:
        file: From ``printed_file``.
    """
    try:
        with file.storage.open(file.name or "", "rb") as opened:
            return bytes(opened.read(mcp_settings.MAX_FILE_SIZE + 1))
    except Exception:  # whatever a storage raises, for this reader there is no file
        logger.warning("The file of %r cannot be read.", file.instance, exc_info=True)
        return None


def lookup_value(instance: Any, lookup: str) -> Any:
    """The value by which a ViewSet finds an object.

    Args:
        instance: The object.
        lookup: A ``lookup_field``; ``__`` leads to a related object.

    Returns:
        None where the object does not tell, as where that is another lookup or an annotation.
    """
    *path, last = lookup.split("__")
    try:
        for name in path:
            instance = getattr(instance, name)
        return instance.serializable_value(last) if isinstance(instance, Model) else getattr(instance, last)
    except (AttributeError, ObjectDoesNotExist):
        return None


def media_type_of(file: FieldFile) -> str:
    """What a file's name says of its media type, empty where that is nothing."""
    return mimetypes.guess_type(file.name or "")[0] or ""
