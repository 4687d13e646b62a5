"""What real clients say of themselves, written from public reports on the day that each file names.

None was fetched: a client may say something else by now.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

from oauth2_provider.cimd import CIMDError

from drf_mcp.contrib.oauth_toolkit.client_documents import Fetcher

FOLDER = Path(__file__).parent
DOCUMENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())["document"] for path in sorted(FOLDER.glob("*.json"))
}
BY_ADDRESS = {document["client_id"]: document for document in DOCUMENTS.values() if "client_id" in document}


class FixtureFetcher(Fetcher):
    """Reads the files of this folder where the other asks the internet, and does the rest as that does."""

    def ask(self, url: SplitResult) -> tuple[dict[str, Any], int]:
        try:
            return dict(BY_ADDRESS[url.geturl()]), 300
        except KeyError:
            raise CIMDError("no such file") from None
