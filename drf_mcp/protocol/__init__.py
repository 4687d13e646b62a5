"""MCP as data: messages, revisions, headers, errors and results.

Standard library only. Nothing here knows Django, Django REST Framework or any tool.
"""
