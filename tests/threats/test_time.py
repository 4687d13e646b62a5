"""How long a refusal takes, and what a stolen copy of the database is worth."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Callable

import pytest

from .conftest import Site
from .fill import ACCESS
from .sign_in import PING, SignIn

pytestmark = pytest.mark.live

PAIRS = 1_000
"""Two thousand refusals."""


def far() -> str:
    return f"mcp_{random.randbytes(32).hex()}"


def near() -> str:
    """All but the last characters of a token that is good."""
    return f"{ACCESS['bob'][:-4]}{random.randrange(0xBBBB):04x}"


def no_token() -> str:
    """Costs no look into the database, which the others do."""
    return f"mcp_{random.randbytes(31).hex()}zz"


def how_often_slower(site: Site, first: Callable[[], str], second: Callable[[], str], pairs: int) -> int:
    """In how many pairs of refusals the first took longer; which of two goes first is left to chance."""
    connection = http.client.HTTPConnection(*site.address, timeout=30)
    body = json.dumps(PING).encode()

    def seconds(value: str) -> float:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {value}"}
        started = time.perf_counter()
        connection.request("POST", "/mcp", body, headers)
        response = connection.getresponse()
        response.read()
        took = time.perf_counter() - started
        assert response.status == 401
        return took

    slower = 0
    for _ in range(pairs):
        values = {True: first(), False: second()}
        order = random.choice([(True, False), (False, True)])
        took = {which: seconds(values[which]) for which in order}
        slower += took[True] > took[False]
    connection.close()
    return slower


def test_time_tells_nothing_of_a_guess_that_comes_near(site: Site) -> None:
    """A sign test: were there no difference, it would fail once in a million runs, however busy the machine is.

    That it would see one is shown by values that cost no query.
    """
    assert site.post(PING).status == 200
    slower = how_often_slower(site, near, far, PAIRS)
    assert abs(slower - PAIRS / 2) < 5 * PAIRS**0.5 / 2
    few = PAIRS // 5
    assert how_often_slower(site, far, no_token, few) - few / 2 > 5 * few**0.5 / 2


def test_a_copy_of_the_database_lets_nobody_in(sign_in: SignIn) -> None:
    client = sign_in.new_client(token_endpoint_auth_method="client_secret_post")
    known = {"client_secret": client["client_secret"]}
    tokens = sign_in.tokens(client["client_id"], **known)
    code = sign_in.code(client["client_id"])  # not exchanged yet
    copy = sign_in.site.dump()

    secrets = [client["client_secret"], client["registration_access_token"], ACCESS["alice"], "password-of-alice"]
    secrets += [tokens["access_token"], tokens["refresh_token"]]
    assert [secret for secret in secrets if secret in repr(copy)] == []

    # A code stands there as it is. Without the client's verifier, of which there is a digest, it is worth nothing.
    (grant,) = [row for row in copy["oauth2_provider_grant"] if code in row]
    found = {str(value) for value in grant} | {str(v) for row in copy["oauth2_provider_application"] for v in row}
    for value in found:
        for secret in (known, {"client_secret": value}):
            assert sign_in.exchange(client["client_id"], code, code_verifier=value, **secret).status in (400, 401)
    assert sign_in.exchange(client["client_id"], code, **known).status == 200
    for table in ("accesstoken", "refreshtoken", "grant", "application"):
        for value in {str(value) for row in copy[f"oauth2_provider_{table}"] for value in row}:
            if value.isprintable() and value.isascii():
                assert sign_in.ping(value).status == 401
    for row in copy["oauth2_provider_refreshtoken"]:
        for value in map(str, row):
            assert sign_in.refresh(client["client_id"], value, **known).status in (400, 401)
    for value in {str(value) for row in copy["drf_mcp_accesstoken"] for value in row}:
        for credentials in (f"Bearer {value}", f"Bearer mcp_{value}"):
            assert sign_in.site.post(PING, None, Authorization=credentials).status == 401
    assert sign_in.ping(tokens["access_token"]).status == 200
