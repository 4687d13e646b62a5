"""The self-test of the page that says how clients connect: what is wrong, from this server's point of view.

Whatever holds of every request is in ``drf_mcp.diagnosis``. Here is what only a request can show: the address at
which the site answers, the server that it came through, and the documents that clients fetch before they sign in.
These are asked for in this process, through the URLconf. A request to the site itself could hang where the server
has one thread, could leave the network to come back, and would be sent wherever a wrong ``PUBLIC_URL`` points.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Awaitable, Iterator
from inspect import isawaitable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.asgi import ASGIRequest
from django.db import Error, connections, router
from django.http import Http404, HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from drf_mcp.auth.resource_server import WELL_KNOWN, endpoint_paths, origin_of, public_origin
from drf_mcp.conf import mcp_settings
from drf_mcp.diagnosis import LEVELS, Symptom, symptoms_of_set_up
from drf_mcp.reception import has_threads
from drf_mcp.sessions import can_listen

logger = logging.getLogger("drf_mcp")

_SERVER_DOCUMENTS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


def self_test(request: HttpRequest) -> list[Symptom]:
    """Everything that can be said, the worst first.

    Args:
        request: The administrator's own request.
    """
    found = [*_of_tables(), *_of_address(request), *_of_server(request), *_of_documents(request)]
    found += symptoms_of_set_up()
    return sorted(dict.fromkeys(found), key=lambda symptom: -LEVELS.get(symptom.level, 0))


def _of_tables() -> Iterator[Symptom]:
    """The tables of this package that ``manage.py migrate`` has not made."""
    section = _("Database")
    missing: list[str] = []
    try:
        for model in apps.get_app_config("drf_mcp").get_models():
            database = connections[router.db_for_write(model)]
            if model._meta.managed and not model._meta.proxy:
                missing += {model._meta.db_table}.difference(database.introspection.table_names())
    except Error:
        yield Symptom(section, "ERROR", _("The database does not answer."), _("The log of the server says why."))
        return
    if missing:
        message = _("Tables are missing: {names}.").format(names=", ".join(sorted(missing)))
        yield Symptom(section, "ERROR", message, _("Run manage.py migrate."))
    else:
        yield Symptom(section, "OK", _("All tables are there."))


def _of_address(request: HttpRequest) -> Iterator[Symptom]:
    """Whether clients are told the address at which the site answers."""
    section = _("Address")
    here = origin_of(f"{request.scheme}://{request.get_host()}")
    if not mcp_settings.PUBLIC_URL:  # the page says so where it shows the address
        return
    public = origin_of(mcp_settings.PUBLIC_URL)
    if public == here:
        yield Symptom(section, "OK", _("The site is at {public}, and so are you.").format(public=public))
        return
    message = _('DRF_MCP["PUBLIC_URL"] says {public}, and you read this at {here}.').format(public=public, here=here)
    if urlsplit(public).netloc == urlsplit(here).netloc:
        fix = _(
            "Only the scheme differs. Behind a proxy that speaks https, Django has to be told so: see "
            "SECURE_PROXY_SSL_HEADER. Else correct PUBLIC_URL."
        )
    else:
        fix = _(
            "Nothing to do if the admin has an address of its own, or if a proxy hides the host. Else correct it: "
            "clients go there, and sign-in fails where it is another site."
        )
    yield Symptom(section, "WARNING", message, fix)


def _of_server(request: HttpRequest) -> Iterator[Symptom]:
    """Whether this server can hold streams open, as far as this request shows."""
    section = _("Server")
    if isinstance(request, ASGIRequest):
        if can_listen(request):
            yield Symptom(section, "OK", _("This is an ASGI server: tools report while they run, and clients listen."))
        else:
            message = _("This is an ASGI server, and its processes cannot tell each other what changes.")
            fix = _('Set DRF_MCP["REDIS_URL"], or point CACHES["default"] at a cache that processes share.')
            yield Symptom(section, "WARNING", message, fix)
    elif has_threads(request):
        message = _(
            "This is a WSGI server with threads: tools report while they run. Clients cannot listen to changes."
        )
        yield Symptom(section, "INFO", message, _("Serve the project under ASGI where clients should hear of changes."))
    else:
        message = _(
            "This is a WSGI server without threads: no answer can be a stream, and one call blocks the process."
        )
        fix = _("Give the server threads, as gunicorn --threads 4 does, or serve the project under ASGI.")
        yield Symptom(section, "WARNING", message, fix)


# The documents that clients fetch


def _of_documents(request: HttpRequest) -> Iterator[Symptom]:
    """Whether clients find where to sign in, and a server there that they can use."""
    if not mcp_settings.AUTHORIZATION_SERVERS:
        return
    section = _("Signing in")
    origin = public_origin(request)
    for path in endpoint_paths():
        address = f"{WELL_KNOWN}{path}"
        document, problem = _fetched(request, address)
        if document is None:
            fix = _('Put path("", include("drf_mcp.auth.urls")) first into the URLconf that ROOT_URLCONF names.')
            message = _("{address} is not served: {problem}").format(address=address, problem=problem)
            yield Symptom(section, "ERROR", message, fix)
        elif document.get("resource") != f"{origin}{path}":
            message = _("{address} names {found} as the endpoint, and clients were told {url}.").format(
                address=address, found=document.get("resource"), url=f"{origin}{path}"
            )
            yield Symptom(section, "ERROR", message, _('Correct DRF_MCP["PUBLIC_URL"].'))
        else:
            message = _("{address} says where to sign in.").format(address=address)
            fix = _("Open {url} from outside, too: only that shows whether a proxy hands it on.").format(
                url=f"{origin}{address}"
            )
            yield Symptom(section, "OK", message, fix)
    for issuer in mcp_settings.AUTHORIZATION_SERVERS:
        yield from _of_issuer(request, section, issuer, origin)


def _of_issuer(request: HttpRequest, section: str, issuer: str, origin: str | None) -> Iterator[Symptom]:
    if origin_of(issuer) != origin:
        message = _("People sign in at {issuer}, which is another site: it is not asked from here.").format(
            issuer=issuer
        )
        fix = _("Open {url} in a browser: it has to answer with JSON.").format(url=_server_document(issuer))
        yield Symptom(section, "INFO", message, fix)
        return
    path = urlsplit(issuer).path.rstrip("/")
    documents = [_fetched(request, address) for address in (f"{known}{path}" for known in _SERVER_DOCUMENTS)]
    document = next((found for found, _problem in documents if found is not None), None)
    address = f"{_SERVER_DOCUMENTS[0]}{path}"
    if document is None:
        message = _("{address} is not served: {problem}").format(address=address, problem=documents[0][1])
        fix = _("Include the routes of the authorization server at the root of the site; see the guide on signing in.")
        yield Symptom(section, "ERROR", message, fix)
        return
    problems = list(_problems_of_server(document, issuer))
    for message, fix in problems:
        yield Symptom(section, "ERROR", message, fix)
    if not problems:
        yield Symptom(section, "OK", _("{address} describes a server that clients can use.").format(address=address))


def _problems_of_server(document: dict[str, Any], issuer: str) -> Iterator[tuple[str, str]]:
    """What in the metadata of an authorization server stops the clients that there are (RFC 8414)."""
    if str(document.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        message = _("The authorization server calls itself {found}, and clients were told {issuer}.")
        fix = _('The two have to be equal: correct DRF_MCP["AUTHORIZATION_SERVERS"] or the issuer.')
        yield message.format(found=document.get("issuer"), issuer=issuer), fix
    missing = [name for name in ("authorization_endpoint", "token_endpoint") if not document.get(name)]
    if missing:
        message = _("The authorization server does not tell its {names}.").format(names=", ".join(missing))
        yield message, _("Clients cannot go on without: look at its settings.")
    if "S256" not in document.get("code_challenge_methods_supported", ()):
        yield _("The authorization server does not announce PKCE with S256."), _("Clients refuse it: switch PKCE on.")
    if not document.get("registration_endpoint") and not document.get("client_id_metadata_document_supported"):
        message = _("The authorization server lets no unknown client in.")
        fix = _(
            "Claude.ai, ChatGPT and others bring no client id: allow dynamic client registration or client ID "
            "metadata documents."
        )
        yield message, fix


def _server_document(issuer: str) -> str:
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}{_SERVER_DOCUMENTS[0]}{parts.path.rstrip('/')}"


def _fetched(request: HttpRequest, path: str) -> tuple[dict[str, Any] | None, str]:
    """What a route of this project answers to a client that asks for a document.

    Args:
        request: The request whose host and scheme the client would have.
        path: Where the document is.

    Returns:
        The document, and why there is none.
    """
    asked = copy.copy(request)
    # Nothing of the administrator goes along: a client has no session and no cookie.
    kept = {name: value for name, value in request.META.items() if name not in ("HTTP_COOKIE", "HTTP_AUTHORIZATION")}
    vars(asked).update(META={**kept, "REQUEST_METHOD": "GET", "QUERY_STRING": ""}, method="GET", GET=QueryDict())
    vars(asked).update(COOKIES={}, path=path, path_info=path, user=AnonymousUser())
    vars(asked).pop("session", None)
    vars(asked).pop("auser", None)
    try:
        match = resolve(path)
        asked.resolver_match = match
        response: Any = match.func(asked, *match.args, **match.kwargs)
        if isawaitable(response):
            response = async_to_sync(_awaited)(response)
        if hasattr(response, "render"):
            response = response.render()
        if response.status_code != 200:
            return None, _("it answers with status {status}.").format(status=response.status_code)
        document = json.loads(response.content)
    except Resolver404:
        return None, _("no route leads there.")
    except Http404:
        return None, _("it answers with status {status}.").format(status=404)
    except ValueError:
        return None, _("what it answers is no JSON.")
    except Exception:
        logger.exception("The self-test could not read %s.", path)
        return None, _("it fails, and the log of the server says why.")
    return (document, "") if isinstance(document, dict) else (None, _("what it answers is no JSON object."))


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer
