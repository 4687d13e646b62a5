"""Which objects exist, asked of the REST API itself: values for the kwargs of every route."""

import re
import uuid
from typing import Any

from .calls import Caller, Payload, rolled_back
from .routed import Routed

NOBODY = "1"


class Objects:
    """Finds a value for each URL kwarg.

    Args:
        caller: Who asks.
        routes: Every routed action.
        given: Values by the name of a kwarg, which the application's ``fill`` knows best.
    """

    def __init__(self, caller: Caller, routes: list[Routed], given: dict[str, str]) -> None:
        self._caller = caller
        self._lists = {route.path: route for route in routes if route.method == "get"}
        self._lookups = {route.path: route.lookup for route in routes}
        self._given = given
        self._first: dict[str, dict[str, Any] | None] = {}

    def forget(self) -> None:
        """Ask again: there is more now."""
        self._first.clear()

    def kwargs_of(self, route: Routed) -> tuple[dict[str, str], bool]:
        """Values for a route's kwargs, and whether all of them name something that exists."""
        kwargs: dict[str, str] = {}
        is_found = True
        for name in route.kwargs:
            value = self._given.get(f"{route.path}:{name}") or self._given.get(name)
            if value is None:
                value = self._value(route, name, kwargs)
            is_found = is_found and value is not None
            kwargs[name] = str(value) if value is not None else self._nonsense(route, name)
        return kwargs, is_found

    def first_at(self, path: str, kwargs: dict[str, str]) -> dict[str, Any] | None:
        """The first item of the list at a path, None where there is none."""
        if path not in self._lists:
            return None
        key = path.format(**kwargs)
        if key not in self._first:
            with rolled_back():
                answer = self._caller.rest("get", path, Payload(kwargs))
            self._first[key] = _first_item(answer.data) if answer.status == 200 else None
        return self._first[key]

    def _value(self, route: Routed, name: str, kwargs: dict[str, str]) -> Any:
        prefix = route.path.partition(f"{{{name}}}")[0]
        item = self.first_at(prefix, kwargs)
        field, lookup_kwarg = route.lookup
        if name == lookup_kwarg:
            fields = [field]
        else:
            detail = re.compile(re.escape(prefix) + r"{\w+}/?")
            fields = [lookup[0] for path, lookup in self._lookups.items() if detail.fullmatch(path)]
        fields += [name, *re.split(r"__|_(?=id$|pk$|uuid$|slug$|name$)", name)[-1:], "id", "pk", "uuid", "slug"]
        if item is not None:
            for candidate in dict.fromkeys(fields):
                if isinstance(item.get(candidate), (str, int)) and item[candidate] != "":
                    return item[candidate]
        return _from_database(route, field) if name == lookup_kwarg else None

    def _nonsense(self, route: Routed, name: str) -> str:
        model = getattr(getattr(route.cls, "queryset", None), "model", None)
        is_uuid = model is not None and model._meta.pk.get_internal_type() == "UUIDField"
        return str(uuid.UUID(int=1)) if is_uuid or "uuid" in name else NOBODY


def _first_item(data: Any) -> dict[str, Any] | None:
    if isinstance(data, dict):
        data = data.get("results", next((value for value in data.values() if isinstance(value, list)), None))
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return data[0]
    return None


def _from_database(route: Routed, field: str) -> Any:
    model = getattr(getattr(route.cls, "queryset", None), "model", None)
    if model is None:
        return None
    try:
        found = model._base_manager.first()
        for part in field.split("__"):
            found = getattr(found, part, None)
    except Exception:  # noqa: BLE001  (some managers want a tenant)
        return None
    return found
