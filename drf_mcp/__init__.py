"""Every routed Django REST Framework ViewSet as a set of MCP tools, over HTTP."""

from __future__ import annotations

from .conf import __version__
from .declarations import prompt, resource
from .decorators import mcp_exclude, mcp_tool

__all__ = ["__version__", "mcp_exclude", "mcp_tool", "prompt", "resource"]
