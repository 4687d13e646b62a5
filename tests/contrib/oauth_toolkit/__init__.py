"""Signing in with django-oauth-toolkit."""
