"""Small projects with libraries of others, routed, listed and called through the endpoint beside the same REST call."""
