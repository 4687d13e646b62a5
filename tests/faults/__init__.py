"""Faults of views, servers, clients, caches, disks and databases, on real servers."""

import os

LONG = "FAULTS_LONG" in os.environ
"""Whether all of them are tried at each kind of server, for a table that ``benchmarks/README.md`` has."""

LARGE = 200 if LONG else 40
"""How many megabytes the largest answer has."""
