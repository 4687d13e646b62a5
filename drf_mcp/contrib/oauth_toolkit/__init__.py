"""Sign-in for MCP clients on this very site, with django-oauth-toolkit as the authorization server.

It adds what real MCP clients need of that library and do not find there, and takes away what nobody but them needs.
Install it with ``drf-viewset-mcp[oauth]``.
"""
