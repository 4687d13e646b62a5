"""Payloads that REST accepts, found without a look at drf_mcp's schemas: by asking the serializer, and by trying."""

from typing import Any

from django.db import models
from rest_framework import relations, serializers

from .calls import Answer, Caller, Payload, rolled_back
from .payloads import FORMATS, related
from .routed import Routed

ROUNDS = 6
TEXTS = ("probe", "probe-1", "1", "AA", "en", "EUR", "00:11:22:33:44:55", "192.0.2.0/24", *FORMATS.values(), "other")
ANYTHING: tuple[Any, ...] = (*TEXTS, 1, True, [], {}, 1000)
BY_FIELD: tuple[tuple[type, tuple[Any, ...]], ...] = (
    (serializers.BooleanField, (True, False)),
    (serializers.IntegerField, (1, 100, 0, 4096)),
    (serializers.FloatField, (1.5, 0)),
    (serializers.DecimalField, ("1.0", "1")),
    (serializers.DateTimeField, ("2027-11-21T10:30:00Z",)),
    (serializers.DateField, ("2027-11-21",)),
    (serializers.TimeField, ("10:30:00",)),
    (serializers.DurationField, ("1 00:00:00",)),
    (serializers.UUIDField, (FORMATS["uuid"],)),
    (serializers.EmailField, (FORMATS["email"],)),
    (serializers.URLField, (FORMATS["uri"],)),
    (serializers.IPAddressField, (FORMATS["ipv4"],)),
    (serializers.JSONField, ({}, [], 1)),
    (serializers.DictField, ({}, {"a": "b"})),
    (serializers.CharField, TEXTS),
)


def legal_payload(caller: Caller, route: Routed, kwargs: dict[str, str], serializer: Any) -> dict[str, Any] | None:
    """Try until REST accepts: the required fields first, then whatever its answers ask for; no more than it needs.

    Args:
        caller: Who tries; nothing that is tried stays.
        route: A route that creates.
        kwargs: Values for its URL.
        serializer: The serializer as the view makes it.

    Returns:
        The body, None where no attempt was accepted.
    """
    fields = getattr(serializer, "fields", {})
    body: dict[str, Any] = {}
    turn: dict[str, int] = {}
    for name, field in fields.items():
        if field.required and not field.read_only:
            body[name] = candidates(field)[0]

    def ask(attempt: dict[str, Any]) -> Answer:
        with rolled_back():
            return caller.rest("post", route.path, Payload(kwargs, body=attempt))

    for _ in range(ROUNDS):
        answer = ask(body)
        if answer.status < 300:
            for name in list(body):
                less = {key: value for key, value in body.items() if key != name}
                body = less if ask(less).status < 300 else body
            return body
        wrong = [name for name in answer.data if name != "non_field_errors"] if isinstance(answer.data, dict) else []
        if answer.status != 400 or not wrong:
            return None
        for name in wrong:
            values = candidates(fields[name]) if name in fields else ANYTHING
            turn[name] = turn.get(name, -1) + 1
            body[name] = values[turn[name] % len(values)]
    return None


def candidates(field: Any) -> list[Any]:
    """Values that a field may accept, the likeliest first."""
    first = related(field)
    if isinstance(field, (relations.RelatedField, relations.ManyRelatedField)):
        return list(ANYTHING) if first is None else [first]
    if choices := getattr(field, "choices", None):
        keys = [key for key in choices if key not in ("", None)]
        return [[keys[0]] if isinstance(field, serializers.MultipleChoiceField) else key for key in keys[:3]]
    if isinstance(field, serializers.ListSerializer):
        return [[], candidates(field.child)[:1]]
    if isinstance(field, serializers.ListField):
        return [[], *([value] for value in candidates(field.child)[:3])]
    if isinstance(field, serializers.BaseSerializer):
        return _of_nested(field)
    model_field = getattr(field, "model_field", None)
    if isinstance(model_field, models.IntegerField):
        return [1, 100]
    for cls, values in BY_FIELD:
        if isinstance(field, cls):
            return [value for value in values if not _is_too_long(field, value)] or list(values)
    return list(ANYTHING)


def _of_nested(field: Any) -> list[Any]:
    inner = {
        name: candidates(child)[0]
        for name, child in getattr(field, "fields", {}).items()
        if child.required and not child.read_only
    }
    model = getattr(getattr(field, "Meta", None), "model", None)
    try:
        first = model._default_manager.first() if model is not None else None
    except Exception:  # noqa: BLE001  (some managers want a tenant)
        first = None
    if first is None:
        return [inner]
    pk = first.pk if isinstance(first.pk, int) else str(first.pk)
    return [pk, inner, {"id": pk}]


def _is_too_long(field: Any, value: Any) -> bool:
    return isinstance(value, str) and len(value) > (getattr(field, "max_length", None) or 10**9)
