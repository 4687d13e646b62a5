"""One version of the shop, which shares its database and its cache with the other."""

import os

from tests.speaking.settings import *  # noqa: F403

ROOT_URLCONF = "tests.rolling.urls"
DRF_MCP = {**DRF_MCP, "SERVER_INFO": {"name": "shop", "version": os.environ.get("ROLLING", "")}}  # noqa: F405
