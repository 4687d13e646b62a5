"""One serializer and what is known about it: payloads that it takes, payloads that it refuses, instances it prints."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile


class _Missing:
    """Stands for a key that is left out."""

    def __repr__(self) -> str:
        return "MISSING"

    def __deepcopy__(self, memo: dict) -> _Missing:
        return self


MISSING = _Missing()


@dataclass(frozen=True)
class Upload:
    """A file: DRF takes it as an upload, a tool as an object with a name and base64."""

    name: str = "a.txt"
    content: bytes = b"hello"

    def to_drf(self) -> SimpleUploadedFile:
        """What a parser would have put into ``request.data``."""
        return SimpleUploadedFile(self.name, self.content)

    def to_tool(self) -> dict[str, str]:
        """What an agent sends."""
        return {"name": self.name, "content": base64.b64encode(self.content).decode()}


@dataclass(frozen=True)
class Payload:
    """One request body, why it is here, and whether it is legal."""

    data: Any
    legal: bool
    expressible: bool
    partial: bool
    where: str

    def __str__(self) -> str:
        method = "PATCH" if self.partial else "POST"
        return f"{method} {self.data!r:.300} ({self.where})"


Values = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Case:
    """All that is known about one serializer.

    ``ok``, ``bad`` and ``hidden`` replace one key of ``base`` at a time; ``hidden`` is what the serializer refuses for
    a reason that no schema can express: a row that does not exist, a rule between two fields, a date that no calendar
    has. ``opaque`` names keys whose refusals are all of that kind but for null, blank and absence;
    ``silent`` names keys of which a schema should say nothing: the project overrode what they take, or a recursion was
    cut there.
    """

    serializer: type
    base: Any = None
    ok: Values = field(default_factory=dict)
    bad: Values = field(default_factory=dict)
    hidden: Values = field(default_factory=dict)
    whole_ok: Sequence[Any] = ()
    whole_bad: Sequence[Any] = ()
    whole_hidden: Sequence[Any] = ()
    patch_ok: Sequence[Any] = ()
    patch_bad: Sequence[Any] = ()
    patch_hidden: Sequence[Any] = ()
    outputs: Sequence[Any] | Callable[[], Sequence[Any]] = ()
    opaque: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    many: bool = False
    patch: bool = True
    mutate: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    instance: Callable[[], Any] | None = None

    @property
    def name(self) -> str:
        """The serializer's name, with ``[]`` where it takes a list, and its options."""
        options = ",".join(self.options)
        return self.serializer.__name__ + ("[]" if self.many else "") + (f"({options})" if options else "")

    def payloads(self) -> list[Payload]:
        """The hand-written payloads; whether they are legal is the author's claim, which the harness checks."""
        found = [
            *([] if self.base is None else [Payload(self.base, True, False, False, "base")]),
            *self._singles(self.ok, legal=True, expressible=False),
            *self._singles(self.bad, legal=False, expressible=True),
            *self._singles(self.hidden, legal=False, expressible=False),
        ]
        for partial, ok, bad, hidden in (
            (False, self.whole_ok, self.whole_bad, self.whole_hidden),
            (True, self.patch_ok, self.patch_bad, self.patch_hidden),
        ):
            found += [Payload(data, True, False, partial, "whole") for data in ok]
            found += [Payload(data, False, True, partial, "whole") for data in bad]
            found += [Payload(data, False, False, partial, "whole") for data in hidden]
        return found

    def _singles(self, values: Values, *, legal: bool, expressible: bool) -> list[Payload]:
        found = []
        for key, candidates in values.items():
            for value in candidates:
                data = copy.deepcopy(self.base)
                if value is MISSING:
                    data.pop(key, None)
                else:
                    data[key] = copy.deepcopy(value)
                found.append(Payload(data, legal, expressible, False, key))
                if self.patch and value is not MISSING:
                    found.append(Payload({key: copy.deepcopy(value)}, legal, expressible, True, key))
        if legal and self.patch and isinstance(self.base, dict) and not self.many:
            found.append(Payload({}, True, False, True, "empty"))
        return found


CASES: list[Case] = []


def zoo(**known: Any) -> Callable[[type], type]:
    """Put a serializer into the zoo with what is known about it; may be used more than once on one class."""

    def register(serializer: type) -> type:
        for option in ("opaque", "silent"):
            known[option] = frozenset(known.get(option, "").split())
        CASES.append(Case(serializer, **known))
        return serializer

    return register
