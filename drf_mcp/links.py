"""Links to the files of the objects that a tool answers with."""

from __future__ import annotations

import logging
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from .arguments import BoundArguments
from .context import Context
from .files import media_type_of, printed_file, printed_objects
from .protocol.results import ContentBlock, link_block
from .resource_catalog import get_resources
from .responses import ToolResponse
from .tools import Tool
from .visibility import Viewer

logger = logging.getLogger("drf_mcp")

MAX_LINKS = 20
"""How many files a result links; the others are one ``retrieve`` away."""


def file_links(tool: Tool, bound: BoundArguments, response: Any, context: Context) -> list[ContentBlock]:
    """Links to the files of the objects that a tool answers with, for those who may retrieve these.

    Args:
        tool: The tool that was called.
        bound: Its arguments.
        response: What its view answered.
        context: Who called.

    Returns:
        Content blocks, none for most tools, and none where anything goes wrong: the view has done its work.

    Spec: server/tools#resource-links
    """
    try:
        return _links(tool, bound, response, context)
    except Exception:
        logger.exception("The files that %s answers with cannot be linked.", tool.name)
        return []


def _links(tool: Tool, bound: BoundArguments, response: Any, context: Context) -> list[ContentBlock]:
    files = get_resources(context).files_of(tool.endpoint)
    is_whole = isinstance(response, ToolResponse)  # an author's own content stands as it is
    if not files or is_whole or response.status_code >= 300 or not files[0].is_visible(Viewer(context)):
        return []
    links = []
    for printed in islice(printed_objects(response), MAX_LINKS):
        for resource in files:
            file = printed_file(printed, resource.field)
            if file is not None:
                uri = resource.uri_of(printed.instance, bound.kwargs)
                if uri is not None:
                    links.append(link_block(uri, PurePosixPath(file.name or "").name, media_type_of(file)))
    return links[:MAX_LINKS]
