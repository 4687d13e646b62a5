"""djangorestframework-camel-case: the names of query parameters where its middleware renames them.

Its parsers and renderers need nothing of their own here, as ``drf_mcp.wire_names`` tries what they read and write.
Imported only where the middleware is in ``MIDDLEWARE``.
"""

from __future__ import annotations

from django.http import QueryDict
from djangorestframework_camel_case.settings import api_settings
from djangorestframework_camel_case.util import camelize, underscoreize


def query_name(key: str) -> str | None:
    """The name under which a query parameter reaches the view.

    Args:
        key: Its name there; the parts of a look-up such as ``birth_date__gte`` are renamed each by itself.

    Returns:
        ``birthDate__gte``; the name itself where only that arrives, None where nothing does.
    """
    options = api_settings.JSON_UNDERSCOREIZE
    name = "__".join(next(iter(camelize({part: None}, **options))) for part in key.split("__"))
    return next((sent for sent in (name, key) if list(underscoreize(QueryDict(f"{sent}="), **options)) == [key]), None)
