"""What logging knows of calls: a filter that names the call in each record that is written while it runs."""

from __future__ import annotations

import logging

from .calls import running_call


class CallFilter(logging.Filter):
    """Gives each record ``mcp_method``, ``mcp_name``, ``mcp_request_id`` and ``mcp_trace_id``; empty outside of calls.

    Put it on a handler, so that every logger's records pass it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Name the call, and let the record through."""
        call = running_call.get()
        for name in ("method", "name", "request_id", "trace_id"):
            # The line that describes a call has them already.
            if not hasattr(record, f"mcp_{name}"):
                setattr(record, f"mcp_{name}", "" if call is None else getattr(call, name))
        return True
