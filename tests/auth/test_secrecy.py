"""What a token's value never reaches, and what the time of an answer does not tell."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from drf_mcp.models import AccessToken, digest_of
from tests.auth.test_tokens import caller, make_token
from tests.factories import MCPClient, UserFactory, mcp_urls, routed

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Curious(ViewSet):
    """Prints whatever it can find out about its request."""

    permission_classes = [IsAuthenticated]

    def list(self, request):
        found = [dict(request.headers), request.META, request.COOKIES, vars(request.auth), repr(request.auth)]
        found += [request.build_absolute_uri(), repr(request), repr(request.mcp), repr(request.user)]
        return Response({"found": repr(found)})

    def create(self, request):
        raise RuntimeError("broken")

    def retrieve(self, request, pk=None):
        """Call the site's own REST API with what came along."""
        again = Client(raise_request_exception=False, HTTP_AUTHORIZATION=request.headers["Authorization"])
        again.cookies.load(request.META["HTTP_COOKIE"])
        return Response({"status": again.get("/things/").status_code})


class Slow(ViewSet):
    permission_classes = [IsAuthenticated]

    def list(self, request):
        before = request.user.get_username()
        time.sleep(0.005)
        if request.query_params.get("fail"):
            raise RuntimeError("broken")
        return Response({"before": before, "after": request.user.get_username(), "of": str(request.auth.user)})


urlpatterns = [*routed(Curious, Slow), *mcp_urls()]


class Keeping(logging.Handler):
    """What a reporter would send: each record with its traceback, and the variables of each frame of this package."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))
        trace = record.exc_info[2] if record.exc_info else None
        while trace is not None:
            if "drf_mcp" in trace.tb_frame.f_code.co_filename:
                self.kept.append(repr(trace.tb_frame.f_locals))
            trace = trace.tb_next


@pytest.fixture
def kept():
    handler, root = Keeping(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.kept
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("debug", [False, True])
def test_no_view_log_or_error_has_the_value(kept, debug) -> None:
    token, value = make_token()
    secret = value.removeprefix("mcp_")
    with override_settings(DEBUG=debug):
        said = str(caller(value).call("list_thing"))
        said += str(caller(value).send("tools/call", {"name": "create_thing", "arguments": {}}))
        said += str(caller(value).send("tools/list")) + str(caller(value).send("nonsense"))
        token.revoke()
        said += caller(value).post(PING).content.decode()
    assert "broken" in "".join(kept)
    assert secret not in said, said[said.index(secret) - 300 : said.index(secret)]
    assert secret not in "".join(kept)


def test_no_frame_has_the_value_when_the_database_fails(kept) -> None:
    def fail(*args):
        raise RuntimeError("no route")

    _, value = make_token()
    with connection.execute_wrapper(fail):
        caller(value).post(PING)
    assert "no route" in "".join(kept)
    assert value.removeprefix("mcp_") not in "".join(kept)


def test_what_a_view_finds_in_its_request_opens_no_door() -> None:
    _, value = make_token()
    result = caller(value).call("retrieve_thing", id="1")
    assert result["structuredContent"]["status"] in (401, 403)


def test_nothing_that_is_stored_lets_anybody_in() -> None:
    _, value = make_token()
    cache.clear()
    caller(value).call("list_thing")
    for column in AccessToken.objects.values_list().get():
        for credentials in (f"Bearer {column}", f"Bearer mcp_{column}", f"Token {column}"):
            assert MCPClient(HTTP_AUTHORIZATION=credentials).post(PING).status_code == 401


def test_a_guess_that_comes_near_takes_the_same_way_as_any_other() -> None:
    """The database compares digests, which of two values have nothing in common; so time tells nothing."""
    _, value = make_token()
    near, far = value[:-1] + ("0" if value[-1] != "0" else "1"), f"mcp_{'0' * 64}"
    asked = []
    for guess in (near, far):
        with CaptureQueriesContext(connection) as queries:
            assert caller(guess).post(PING).status_code == 401
        asked.append([query["sql"].replace(digest_of(guess), "?") for query in queries])
        assert near[4:40] not in str(queries.captured_queries)
    assert asked[0] == asked[1]
    assert len(asked[0]) == 1
    assert digest_of(near)[:8] != digest_of(value)[:8]


@pytest.mark.django_db(transaction=True)
def test_callers_at_the_same_time_are_never_mixed_up() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("The tests' SQLite is in memory, which threads cannot share.")
    tokens = {name: make_token(UserFactory(username=name))[1] for name in ("alice", "bob")}
    wrong: list[object] = []

    def work(number: int) -> None:
        name = ("alice", "bob")[number % 2]
        try:
            for _ in range(5):
                arguments = {"fail": "1"} if number % 5 == 0 else {}
                answer = caller(tokens[name]).send("tools/call", {"name": "list_thing2", "arguments": arguments})
                if not arguments and answer["result"]["structuredContent"] != dict.fromkeys(
                    ("before", "after", "of"), name
                ):
                    wrong.append((name, answer))
        except Exception as error:  # noqa: BLE001  (told to the test)
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
