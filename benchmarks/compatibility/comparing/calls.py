"""The two calls that are compared, both in process: REST through Django's test client, and the tool over /mcp/."""

import json
import logging
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from django.core.cache import caches
from django.db import connections, transaction
from django.test.client import MULTIPART_CONTENT, Client, encode_multipart
from rest_framework.test import APIClient

SECONDS_PER_CALL = 30


class OutOfTimeError(BaseException):
    """A call took too long. No ``except Exception`` of a project swallows it."""


@dataclass
class Answer:
    """What came back, in one form for both sides.

    Args:
        status: The HTTP status under REST, and what it must have been for the tool; 500 for -32603.
        data: The JSON, the text or the bytes.
        kind: ``json``, ``empty``, ``page`` (HTML), ``text``, ``bytes`` or ``timeout``.
        seconds: How long it took.
        note: What else there is to know, such as the exception behind a 500.
        early: True where drf_mcp refused before anything was sent to the view.
    """

    status: int
    data: Any = None
    kind: str = "json"
    seconds: float = 0.0
    note: str = ""
    early: bool = False
    bugs: list[str] = field(default_factory=list)


@dataclass
class Payload:
    """What a call carries, once for both sides."""

    kwargs: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    files: dict[str, Any] = field(default_factory=dict)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo every change to every database, and let ``durable`` blocks open as in Django's TestCase."""
    for cache in caches.all(initialized_only=True):
        cache.clear()
    with ExitStack() as stack:
        for alias in connections:
            atomic = transaction.atomic(using=alias)
            atomic._from_testcase = True
            stack.enter_context(atomic)
        try:
            yield
        finally:
            for alias in connections:
                transaction.set_rollback(True, using=alias)


@contextmanager
def bounded() -> Iterator[None]:
    def stop(*args: Any) -> None:
        raise OutOfTimeError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS_PER_CALL)
    try:
        yield
    finally:
        signal.alarm(0)


class _Remembering(logging.Handler):
    """Keeps what drf_mcp logs with a traceback: an exception in itself, never in the project's code."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            formatted = logging.Formatter().formatException(record.exc_info)
            self.seen.append("\n".join(formatted.splitlines()[-8:]))


class Caller:
    """Calls as one user.

    Args:
        authorization: The value of the header.
        rest_authorization: The same for REST, where it differs.
        host: The Host header.
        endpoint: Where drf_mcp is served.
    """

    def __init__(
        self, authorization: str, host: str = "testserver", endpoint: str = "/mcp/", rest_authorization: str = ""
    ) -> None:
        self.endpoint = endpoint
        self._rest = APIClient(raise_request_exception=False)
        self._rest_headers = {"HTTP_AUTHORIZATION": rest_authorization or authorization, "HTTP_HOST": host}
        self._mcp = Client(raise_request_exception=False)
        self._mcp_headers = {
            "HTTP_AUTHORIZATION": authorization,
            "HTTP_HOST": host,
            "HTTP_ACCEPT": "application/json, text/event-stream",
            "HTTP_MCP_PROTOCOL_VERSION": "2025-11-25",
        }
        self._bugs = _Remembering()
        logger = logging.getLogger("drf_mcp")
        logger.addHandler(self._bugs)
        logger.propagate = False

    def rest(self, method: str, path: str, payload: Payload, accept: str = "application/json") -> Answer:
        """The call of a REST client."""
        url = path.format(**{key: quote(str(value), safe="/") for key, value in payload.kwargs.items()})
        if payload.query:
            url += "?" + urlencode(payload.query, doseq=True)
        headers = {**self._rest_headers, "HTTP_ACCEPT": accept}
        if payload.files:
            body = encode_multipart("BoUnDaRy", {**(payload.body or {}), **payload.files})
            headers |= {"content_type": MULTIPART_CONTENT.replace("BoUnDaRyStRiNg", "BoUnDaRy")}
        elif payload.body is not None:
            body = json.dumps(payload.body, default=str).encode()
            headers |= {"content_type": "application/json"}
        else:
            body = b""
        started = time.perf_counter()
        try:
            with bounded():
                response = self._rest.generic(method.upper(), url, body, **headers)
                content = b"".join(response.streaming_content) if response.streaming else response.content
        except OutOfTimeError:
            return Answer(599, kind="timeout", seconds=SECONDS_PER_CALL)
        except Exception as error:  # noqa: BLE001  (a test client lets some exceptions through)
            return Answer(500, note=f"{type(error).__name__}: {error}"[:300], kind="empty")
        seconds = time.perf_counter() - started
        answer = _answer(response, content)
        answer.seconds = seconds
        if (error := getattr(response, "exc_info", None)) and answer.status >= 500:
            answer.note = f"{error[0].__name__}: {error[1]}"[:300]
        return answer

    def post(self, method: str, params: dict[str, Any]) -> tuple[int, Any, float]:
        """One JSON-RPC message: the HTTP status, the decoded answer and the seconds."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        started = time.perf_counter()
        response = self._mcp.post(
            self.endpoint, json.dumps(message, default=str), content_type="application/json", **self._mcp_headers
        )
        seconds = time.perf_counter() - started
        try:
            return response.status_code, json.loads(response.content), seconds
        except ValueError:
            return response.status_code, {"page": response.content[:300].decode("latin-1")}, seconds

    def tool(self, name: str, arguments: dict[str, Any]) -> Answer:
        """The same call as a tool."""
        self._bugs.seen.clear()
        try:
            with bounded():
                status, message, seconds = self.post("tools/call", {"name": name, "arguments": arguments})
        except OutOfTimeError:
            return Answer(599, kind="timeout", seconds=SECONDS_PER_CALL)
        except Exception as error:  # noqa: BLE001
            note = f"the client saw {type(error).__name__}: {error}"[:300]
            return Answer(0, note=note, bugs=list(self._bugs.seen) or [note])
        answer = _tool_answer(status, message)
        answer.seconds, answer.bugs = seconds, list(self._bugs.seen)
        return answer


def _answer(response: Any, content: bytes) -> Answer:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not content:
        return Answer(response.status_code, kind="empty")
    if media_type.endswith(("/json", "+json")):
        try:
            return Answer(response.status_code, json.loads(content))
        except ValueError:
            return Answer(response.status_code, content, "bytes")
    if media_type == "text/html":
        return Answer(response.status_code, kind="page")
    if media_type.startswith("text/"):
        return Answer(response.status_code, content.decode("utf-8", "replace"), "text")
    return Answer(response.status_code, content, "bytes")


def _tool_answer(status: int, message: Any) -> Answer:
    if not isinstance(message, dict) or "jsonrpc" not in message:
        return Answer(status, message, "page", note=f"no JSON-RPC, HTTP {status}: {str(message)[:200]}")
    if "error" in message:
        error = message["error"]
        data = error.get("data") or {}
        if error["code"] == -32603:
            return Answer(500, kind="empty", note=str(data))
        if status == 401:
            return Answer(401, error["message"], note=error["message"])
        if "errors" in data:
            return Answer(400, without_codes(data["errors"]), note=error["message"][:300])
        return Answer(400, None, "empty", note=error["message"][:300], early=True)
    result = message["result"]
    structured = result.get("structuredContent")
    if result.get("isError"):
        structured = structured or {}
        return Answer(structured.get("status", 0), structured.get("detail"), note=result["content"][0].get("text", ""))
    if structured is not None:
        return Answer(200, structured)
    block = result["content"][0]
    if block["type"] == "text":
        return Answer(200, block["text"], "text")
    return Answer(200, block.get("data") or block.get("resource", {}).get("blob"), "bytes")


def without_codes(errors: Any) -> Any:
    """Errors as REST prints them: the messages alone."""
    if isinstance(errors, dict):
        if set(errors) == {"message", "code"} and not isinstance(errors["code"], (dict, list)):
            return errors["message"]
        return {key: without_codes(value) for key, value in errors.items()}
    return [without_codes(value) for value in errors] if isinstance(errors, list) else errors
