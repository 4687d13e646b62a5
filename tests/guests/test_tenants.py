"""A schema for each tenant, with django-tenants, which works on PostgreSQL alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.mark.skipif("TEST_POSTGRES_PORT" not in os.environ, reason="runs on the PostgreSQL of tests/with-postgres")
def test_the_host_of_a_request_chooses_whose_rows_tokens_and_rules_count():
    command = [sys.executable, "-W", "error", "-m", "tests.guests.tenants.calls"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "goods": {"north": ["ice", "snow"], "south": ["sun", "sand"]},
        "with the token of the other": 401,
        "of no shop": 404,
        "offered": {"north": False, "south": True},
    }
