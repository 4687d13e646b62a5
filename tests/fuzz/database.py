"""A database in memory for a process that is no test run."""

from __future__ import annotations

import os
import warnings


def set_up() -> None:
    """Set Django up with the tests' settings, on an empty database with all tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    warnings.simplefilter("ignore")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)
