"""A project with django-tenants: each shop has a schema of its own, chosen by the host of the request."""
