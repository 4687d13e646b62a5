"""The endpoint in this process: requests go in through Django's test client, answers are held to the oracle."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client, override_settings
from rest_framework.authtoken.models import Token

from drf_mcp.conf import mcp_settings
from drf_mcp.protocol import pagination
from tests.zoo.world import make_world

from .database import changed, contents
from .memory import bounded
from .oracle import Finding, Reply, Sent, check, is_refused, kind_of

DEMO = "tests.fuzz.urls"
SECONDS = 10
"""When a request is given up."""
SLOW = 1.0
"""How many seconds a request may take, of the processor and by the clock."""
DRF_MCP = {"SERVER_INFO": {"name": "fuzzed", "version": "1"}, "ANONYMOUS": True, "CONFIRM": "destroy"}
PAGE_SIZE = 3
"""So few that every list has cursors."""


T = TypeVar("T")


class Hang(BaseException):
    """A request did not end; no code under test catches this."""


class Raised(logging.Handler):
    """What was logged with a traceback, which is what no request should bring about."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []
        self.is_tolerant = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)
            ours = [frame for frame in frames if "/drf_mcp/" in frame.filename][-1:]
            is_handed_on = not ours or (ours[0].filename.endswith("inner_handler.py") and ours[0] != frames[-1])
            if self.is_tolerant and is_handed_on:  # it was raised below, by a view
                return
            places = [f"{os.path.relpath(f.filename)}:{f.lineno}" for f in [*ours, *frames[-1:]]]
            self.found.append(f"{type(error).__name__}: {str(error)[:200]} ({' <- '.join(dict.fromkeys(places))})")


class Endpoint:
    """One project's endpoint.

    Args:
        urlconf: The project's routes. The views of all but the demo may break, as theirs do on purpose.
    """

    def __init__(self, urlconf: str = DEMO) -> None:
        self.urlconf = urlconf
        self.inputs = 0
        self.reply = Reply(0, "", b"")
        self._raised = Raised()
        self._raised.is_tolerant = urlconf != DEMO
        self._client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    @cached_property
    def token(self) -> str:
        """What the superuser of this database signs in with."""
        user, _ = get_user_model().objects.get_or_create(
            username="root", defaults={"is_staff": True, "is_superuser": True, "email": "root@fuzz.test"}
        )
        return str(Token.objects.get_or_create(user=user)[0].key)

    @cached_property
    def callers(self) -> list[str]:
        """The ``Authorization`` of the superuser, of another user and of nobody."""
        other = get_user_model().objects.create(username="other", email="other@fuzz.test")
        return [f"Token {self.token}", f"Token {Token.objects.create(user=other).key}", ""]

    @cached_property
    def tools(self) -> dict[str, dict[str, Any]]:
        """The definitions of all tools by name."""
        return {tool["name"]: tool for tool in self._all("tools/list", "tools")}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The output schemas by name."""
        return {name: tool["outputSchema"] for name, tool in self.tools.items() if "outputSchema" in tool}

    @cached_property
    def uris(self) -> list[str]:
        """The URIs and templates of all resources."""
        templates = self._all("resources/templates/list", "resourceTemplates")
        return [*(entry["uri"] for entry in self._all("resources/list", "resources"))] + [
            entry["uriTemplate"] for entry in templates
        ]

    def _all(self, method: str, key: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params: dict[str, Any] | None = {}
        while params is not None:
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            result = json.loads(self.request(Sent(body, self.signed_in)).body).get("result", {key: []})
            found += result[key]
            params = {"cursor": result["nextCursor"]} if "nextCursor" in result else None
        return found

    @property
    def signed_in(self) -> dict[str, str]:
        """The headers of a caller who may do anything."""
        return {"HTTP_AUTHORIZATION": f"Token {self.token}", "HTTP_MCP_PROTOCOL_VERSION": "2025-11-25"}

    def request(self, sent: Sent) -> Reply:
        """Send a request and take what comes back."""
        headers = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent.body)), **sent.headers}
        length = headers["CONTENT_LENGTH"]
        if length.isdecimal() and len(sent.body) < int(length) <= mcp_settings.MAX_BODY_SIZE:
            headers["CONTENT_LENGTH"] = str(
                len(sent.body)
            )  # else Django's test client breaks, and no server is like it
        extra: dict[str, Any] = {
            **headers,
            "wsgi.multithread": sent.has_threads,
            "wsgi.multiprocess": not sent.has_threads,
        }
        response = self._client.generic(sent.verb, sent.path, sent.body, **extra)
        body = b"".join(response) if response.streaming else response.content
        self._client.cookies.clear()
        headers = {name.lower(): value for name, value in response.items()}
        return Reply(response.status_code, headers.get("content-type", ""), body, headers=headers)

    def send(self, sent: Sent) -> list[dict[str, Any]]:
        """Send a request and hold the answer to the oracle.

        Raises:
            Finding: Something is not as it must be.
        """
        self.inputs += 1
        self._raised.found.clear()
        self.reply = Reply(0, "", b"")
        before = rows() if self.urlconf == DEMO else {}
        with bounded():
            self.reply = timely(lambda: self.request(sent))
        reply = self.reply
        if self._raised.found:
            raise Finding(f"raised {'; '.join(self._raised.found)}")
        answers = check(sent, reply, self.outputs, may_break=self.urlconf != DEMO)
        if before and is_refused(reply, answers) and (tables := changed(before, rows())):
            raise Finding(f"refused, and {tables} changed: {reply.status} {reply.body[:600]!r}")
        return answers

    @contextmanager
    def open(self) -> Iterator[Endpoint]:
        """Serve this project; what is written meanwhile is taken back."""
        loggers = [logging.getLogger(name) for name in ("drf_mcp", "django.request")]
        state = [(logger, logger.propagate, logger.level) for logger in loggers]
        alarm = signal.signal(signal.SIGALRM, hang)
        page_size = pagination.PAGE_SIZE
        with ExitStack() as stack:
            # A view that breaks a constraint breaks the transaction around all of this, for the recorder, too.
            own = {**DRF_MCP, "RECORD": "all" if self.urlconf == DEMO else "none"}
            stack.enter_context(override_settings(ROOT_URLCONF=self.urlconf, DRF_MCP=own, DEBUG=False))
            stack.enter_context(rolled_back())
            for logger in loggers:
                logger.addHandler(self._raised)
                logger.propagate = False
            pagination.PAGE_SIZE = PAGE_SIZE
            try:
                fill()
                assert self.tools is not None
                assert self.callers
                yield self
            finally:
                pagination.PAGE_SIZE = page_size
                signal.signal(signal.SIGALRM, alarm)
                for logger, propagates, level in state:
                    logger.removeHandler(self._raised)
                    logger.propagate, logger.level = propagates, level


def timely(work: Callable[[], T]) -> T:
    """Hold work to a second of the processor; and by the clock, where it was longer, to one at a second time.

    Raises:
        Finding: It took more, or did not end.
    """
    found, seconds = _timed(work)
    if seconds > SLOW and (seconds := _timed(work)[1]) > SLOW:
        raise Finding(f"it took {seconds:.1f} s by the clock, twice")
    return found


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    clock, started = time.monotonic(), time.thread_time()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        found = work()
    except Hang:
        raise Finding(f"no end in {SECONDS} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if (seconds := time.thread_time() - started) > SLOW:
        raise Finding(f"it took {seconds:.1f} s")
    return found, time.monotonic() - clock


class Collecting(Endpoint):
    """An endpoint for long runs: what is found is kept, once for each kind, and the run goes on."""

    def __init__(self, urlconf: str = DEMO) -> None:
        super().__init__(urlconf)
        self.findings: dict[str, str] = {}

    def send(self, sent: Sent) -> list[dict[str, Any]]:
        """The same, with no answers where they are not as they must be."""
        try:
            return super().send(sent)
        except Finding as finding:
            self.keep(finding, sent)
            return []

    def keep(self, finding: Finding, sent: Any) -> None:
        """Keep a finding unless there is one like it, digits and quotations aside."""
        self.findings.setdefault(kind_of(finding), f"{finding}\n  sent {sent!r}")


def hang(signum: int, frame: Any) -> None:
    raise Hang


@contextmanager
def rolled_back() -> Iterator[None]:
    """Take back what is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def fill() -> None:
    """The rows of the demo and of the zoo."""
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        call_command("demo_data", verbosity=0, stdout=nothing)
    make_world()


def rows() -> dict[str, list[Any]]:
    """What stands in the tables of the tests' database."""
    connection.ensure_connection()
    return contents(connection.connection)
