"""Faults of views, servers, clients, caches and databases, on real servers."""

import os

LARGE = 200 if "FAULTS_LONG" in os.environ else 40
"""How many megabytes the largest answer has."""
