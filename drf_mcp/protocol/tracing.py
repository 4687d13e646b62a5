"""The trace that a request belongs to, as ``_meta`` carries it beside the HTTP headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x7e]*)?")
_LIST = re.compile(r"[\x20-\x7e\t]{1,8192}")


def trace_context(meta: Mapping[str, Any]) -> dict[str, str]:
    """Take the W3C trace context out of ``_meta``.

    Args:
        meta: ``params._meta`` as it came.

    Returns:
        ``traceparent``, ``tracestate`` and ``baggage``, those that are there and well formed. A state
        without its parent says nothing and is left out.

    Spec: basic/index#meta
    """
    found = {}
    if _matches(_TRACEPARENT, meta.get("traceparent")):
        found["traceparent"] = meta["traceparent"]
        if _matches(_LIST, meta.get("tracestate")):
            found["tracestate"] = meta["tracestate"]
    if _matches(_LIST, meta.get("baggage")):
        found["baggage"] = meta["baggage"]
    return found


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 8192 and pattern.fullmatch(value) is not None
