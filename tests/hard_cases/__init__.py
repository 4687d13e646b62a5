"""Every hard case, called through MCP and through REST."""
