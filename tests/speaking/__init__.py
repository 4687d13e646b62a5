"""A project whose actions speak with their clients: they report, log, yield, ask, and ask before they destroy."""
