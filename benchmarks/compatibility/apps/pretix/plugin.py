"""A pretix plugin without anything but URLs: pretix chooses the URLconf per host, and plugins are in each."""

from django.apps import AppConfig


class MCPPlugin(AppConfig):
    name = "apps.pretix"
    label = "mcp_endpoint"

    class PretixPluginMeta:
        name = "MCP"
        version = "1"
        visible = False
