"""What a live server is fuzzed with: the demo and the tools that speak."""

from config.settings import INSTALLED_APPS as DEMO_APPS
from tests.settings import *  # noqa: F403

INSTALLED_APPS = DEMO_APPS
MIGRATION_MODULES: dict[str, None] = {}
ROOT_URLCONF = "tests.fuzz.urls"
