"""URI templates, RFC 6570 level 1: simple expansion and its way back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote_to_bytes

_VARIABLE = re.compile(r"\{([A-Za-z_]\w*)\}", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def shape_of(template: str) -> str:
    """A template whatever its variables are called."""
    return _VARIABLE.sub("{}", template)


class URITemplate:
    """A URI with variables in braces, such as ``shop://reports/{year}``.

    Args:
        text: The template; without a variable it is a plain URI.

    Raises:
        ValueError: No scheme, or braces that are no simple variable.

    Spec: server/resources#resource-templates
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.variables = tuple(dict.fromkeys(_VARIABLE.findall(text)))
        parts = _VARIABLE.split(text)
        if not _SCHEME.match(text):
            raise ValueError(f"{text!r} has no scheme, as shop://reports/{{year}} has one.")
        if any(set("{}") & set(literal) for literal in parts[::2]):
            raise ValueError(f"{text!r} has braces around something else than one plain name.")
        # What expansion leaves in a value is unreserved or escaped, so a value never spans a part of the URI, and
        # none ends within an escape. The five more are what JavaScript's encodeURIComponent leaves as they are.
        pattern = "".join(
            re.escape(part)
            if i % 2 == 0
            else f"(?P={part})"
            if part in parts[1:i:2]
            else rf"(?P<{part}>(?:[\w.~!'()*-]|%[0-9A-Fa-f]{{2}})+)"
            for i, part in enumerate(parts)
        )
        self._pattern = re.compile(pattern, re.ASCII)

    def __str__(self) -> str:
        return self.text

    def expand(self, values: Mapping[str, object]) -> str:
        """The URI that has these values.

        Args:
            values: A value for each variable.

        Raises:
            KeyError: A variable has none.
        """
        return _VARIABLE.sub(lambda found: quote(str(values[found[1]]), safe=""), self.text)

    def match(self, uri: str) -> dict[str, str] | None:
        """The values that a URI has for the variables.

        Args:
            uri: What a client sent.

        Returns:
            The decoded values by name; None where the URI is no expansion of this template, or where
            a value is broken, is no UTF-8, or has control characters.
        """
        found = self._pattern.fullmatch(uri)
        if found is None or _BROKEN_ESCAPE.search(uri):
            return None
        try:
            values = {name: unquote_to_bytes(value).decode() for name, value in found.groupdict().items()}
        except UnicodeDecodeError:
            return None
        return None if any(map(_CONTROL.search, values.values())) else values
