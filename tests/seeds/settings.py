"""A project that has the tools of the second, third and fourth seed, under the server name of either."""

import os

from tests.settings import *  # noqa: F403

# The demo's own prompts and resources are not among those of the seeds.
INSTALLED_APPS = [*(app for app in INSTALLED_APPS if app != "config.projects"), "tests.seeds"]  # noqa: F405
ROOT_URLCONF = "tests.seeds.urls"
DRF_MCP = {
    "SERVER_INFO": {"name": os.environ.get("SEED_SERVER_NAME", "math-server"), "version": "1.0.0"},
    "ANONYMOUS": True,
}
