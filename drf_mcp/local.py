"""Calls from this process: the code of a client's call, for a user whom nobody has to prove.

Whoever can run a command here could do anything, so ``--as USER`` needs no credentials. A message becomes
a request to the project's routed endpoint, and everything from there on is what a client over HTTP meets.
Only what the endpoint would find out from credentials is told to it: DRF's own ``Request`` has a place for a
user whom the process itself has chosen. No setting, no header and nothing in a message leads there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest, get_script_name
from django.http.response import HttpResponseBase
from django.urls import URLResolver, get_resolver, set_script_prefix

from .catalog import get_catalog
from .conf import mcp_settings
from .invocation import release
from .narrowing import Narrowing
from .protocol.client import LATEST, Client, Conversation, Received, Sent, headers_of
from .protocol.headers import LAST_EVENT_KEY, PROTOCOL_VERSION_KEY, SESSION_KEY
from .protocol.heard import read_events
from .protocol.revisions import REVISIONS
from .routes import Route
from .views import NARROWED_BY, MCPView

_RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Mount:
    """A route of the project that leads to an MCP endpoint.

    Args:
        path: Its path, below the script name.
        view: What is routed there.
    """

    path: str
    view: Callable[..., HttpResponseBase]

    @property
    def narrowing(self) -> Narrowing:
        """What the endpoint itself leaves of the tools."""
        view: Any = self.view
        return Narrowing.of(*(view.initkwargs.get(name, getattr(view.cls, name)) for name in NARROWED_BY))


def find_mounts(urlconf: Any = None) -> list[Mount]:
    """The routes that lead to an MCP endpoint, as far as their paths take no arguments.

    Args:
        urlconf: A URLconf as Django takes it, None for the active one.
    """
    return list(_walk(get_resolver(urlconf), ()))


def _walk(resolver: URLResolver, above: tuple[Any, ...]) -> Iterator[Mount]:
    for pattern in resolver.url_patterns:
        patterns = (*above, pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, patterns)
        elif isinstance(cls := getattr(pattern.callback, "cls", None), type) and issubclass(cls, MCPView):
            route = Route(patterns)
            if not route.kwargs and route.is_buildable:
                yield Mount(route.build_path({}), pattern.callback)


def find_mount(path: str | None = None) -> Mount:
    """The route of one endpoint.

    Args:
        path: Its path, with or without the slash at its end; None for the first one.

    Returns:
        The route; a project that routes no endpoint is called at one that it does not have, ``/mcp/``.

    Raises:
        LookupError: No endpoint is at that path.
    """
    mounts = find_mounts()
    if path is None:
        return mounts[0] if mounts else Mount("/mcp/", MCPView.as_view())
    for mount in mounts:
        if mount.path.strip("/") == path.strip("/"):
            return mount
    known = ", ".join(mount.path for mount in mounts) or "none at all"
    raise LookupError(f"No MCP endpoint is at {path}. This project routes {known}.")


def mirrored_by(name: Any) -> Mapping[tuple[str, ...], str]:
    """Which arguments of a tool are mirrored in headers, by the tool's name."""
    tool = get_catalog().get_tool(name)
    return {} if tool is None else tool.mirrored


class LocalEndpoint:
    """One endpoint of the project, called by one user from this process.

    Args:
        user: Who calls; None for nobody, whom the endpoint serves where ``ANONYMOUS`` says so.
        path: Which endpoint is called, None for the first one.
    """

    def __init__(self, user: Any = None, *, path: str | None = None) -> None:
        self.user = user
        self.mount = find_mount(path)

    def send(
        self, method: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, streams: bool = False
    ) -> HttpResponseBase:
        """Send an HTTP request to the endpoint's view.

        Args:
            method: The HTTP method.
            body: A JSON-RPC message.
            headers: Headers of this message, named as in WSGI.
            streams: Whether the response may be a stream.

        Returns:
            The response. Its content is still to be read; ``release`` closes it.
        """
        request = request_to(self.mount, method, body, headers, streams=streams)
        set_script_prefix(get_script_name(request.environ))
        if self.user is not None:
            request._force_auth_user = self.user  # type: ignore[attr-defined]  # DRF's, see the docstring above
        return self.mount.view(request)


def request_to(
    mount: Mount, method: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, streams: bool = False
) -> WSGIRequest:
    """A request from this machine to an endpoint, without credentials; see ``LocalEndpoint.send``."""
    return WSGIRequest(_environ(method, mount.path, body, streams=streams) | dict(headers or {}))


def _environ(method: str, path: str, body: bytes, *, streams: bool) -> dict[str, Any]:
    """What a server would say of a request that comes from this machine."""
    public = urlsplit(mcp_settings.PUBLIC_URL or "")
    hosts = [host.removeprefix(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    host = public.netloc or next(iter(hosts), "localhost")
    scheme = public.scheme or ("https" if settings.SECURE_SSL_REDIRECT else "http")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": urlsplit(f"//{host}").hostname or "localhost",
        "SERVER_PORT": str(urlsplit(f"//{host}").port or (443 if scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": host,
        "HTTP_ACCEPT": f"application/json{', text/event-stream' if streams else ''}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        # Nobody else serves a client of this process, and it can work while a response is open.
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


class LocalClient(Client):
    """Calls the project as a user, in one of the protocol's revisions.

    For commands and pages that show what a tool does::

        LocalClient(user).call_tool("retrieve_users_user", id=1).text

    Args:
        user: Who calls; None for nobody.
        path: Which endpoint is called, None for the first one.
        version: The revision.
    """

    def __init__(self, user: Any = None, *, path: str | None = None, version: str = LATEST) -> None:
        super().__init__(Conversation(version, mirrored_by))
        self._endpoint = LocalEndpoint(user, path=path)

    def exchange(self, sent: Sent) -> Received:
        """Send a message and give back what came."""
        response: Any = self._endpoint.send("POST", json.dumps(sent.message).encode(), sent.headers)
        try:
            return received(response)
        finally:
            release(response)


def received(response: Any) -> Received:
    """What a response brings; a page that something around the endpoint answered is no message."""
    is_json = response.content and response.headers["Content-Type"].startswith("application/json")
    message = json.loads(response.content) if is_json else None
    return Received(message, response.headers.get("Mcp-Session-Id"), response.status_code)


class Relay:
    """Carries messages between a client that has only lines and the endpoint, which speaks HTTP.

    It does what a client over HTTP does beside its messages: keeps the session, opens another one where that
    is over, sends the headers, and reads streams, also those that hang up and go on later.

    Args:
        endpoint: What is called.
    """

    def __init__(self, endpoint: LocalEndpoint) -> None:
        self._endpoint = endpoint
        self._opening = b""
        self._headers: dict[str, str] = {}

    def messages(self, line: bytes) -> Generator[bytes, None, None]:
        """Send a message and give what the server says to it, the answer last.

        Args:
            line: A JSON-RPC message, or a batch of them.

        Returns:
            Each message as it comes, and empty bytes in between, so that a reader can look around.
        """
        message = parsed(line)
        if isinstance(message, dict) and message.get("method") == "initialize":
            self._opening, self._headers = line, {}
            yield from self._open()
            return
        call = message.get("params") if isinstance(message, dict) and message.get("method") == "tools/call" else None
        mirrored = mirrored_by(call.get("name")) if isinstance(call, dict) else {}
        own = headers_of(message, mirrored)
        response: Any = self._post(line, own)
        if response.status_code == 404 and not own and SESSION_KEY in self._headers:
            release(response)
            for _ in self._open():  # what was kept for the client is over; it has no way to say hello again
                pass
            response = self._post(line, own)
        yield from self._read(response, message)

    def _post(self, line: bytes, own: Mapping[str, str]) -> HttpResponseBase:
        return self._endpoint.send("POST", line, own or self._headers, streams=True)

    def _open(self) -> Iterator[bytes]:
        response: Any = self._post(self._opening, {})
        version = _member(response.content, "protocolVersion")
        if version in REVISIONS:
            self._headers = {PROTOCOL_VERSION_KEY: version}
        if session_id := response.headers.get("Mcp-Session-Id"):
            self._headers[SESSION_KEY] = session_id
        yield from self._read(response, json.loads(self._opening))

    def _read(self, response: Any, message: Any) -> Iterator[bytes]:
        """Read a response to its answer; where a stream hangs up before, come back for the rest."""
        last_id, is_answered = "", False
        try:
            if not response.streaming:
                if response.content:
                    yield _answering(response.content, message)
                return
            for event in read_events(response.streaming_content):
                last_id = event.id or last_id
                is_answered = is_answered or (event.data != b"" and "method" not in json.loads(event.data))
                yield event.data
        finally:
            release(response)
        if last_id and not is_answered:
            time.sleep(_RETRY_SECONDS)
            headers = {**self._headers, LAST_EVENT_KEY: last_id}
            yield from self._read(self._endpoint.send("GET", b"", headers, streams=True), message)


def parsed(line: bytes) -> Any:
    """A line as JSON, None where it is none: the endpoint says what is wrong with it."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _member(body: bytes, name: str) -> Any:
    result = json.loads(body).get("result")
    return result.get(name) if isinstance(result, dict) else None


def _answering(body: bytes, message: Any) -> bytes:
    """A response with the id of its request: what HTTP refused before it was read has none."""
    answer = json.loads(body)
    request_id = message.get("id") if isinstance(message, dict) and "method" in message else None
    if isinstance(answer, dict) and answer.get("id") is None and isinstance(request_id, (str, int)):
        return json.dumps({**answer, "id": request_id}).encode()
    return body
