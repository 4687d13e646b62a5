"""A client is known by an address that it names: the server asks there, and nowhere inside, not for long, not twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.signing_in.browser import Browser

from .outside import ANSWERS, ENDLESS, HOST, Outside
from .sign_in import SignIn, browser_of
from .sockets import METADATA, PRIVATE, PUBLIC

pytestmark = pytest.mark.live

INSIDE = [
    "https://localhost/x.json", "https://127.0.0.1/x.json", "https://127.1/x.json", "https://0x7f000001/x.json",
    "https://2130706433/x.json", "https://10.0.0.1/x.json", f"https://{METADATA}/latest/meta-data", "https://[::1]/x.json",
    "https://[::ffff:10.0.0.1]/x.json", f"https://[::ffff:{METADATA}]/x.json", "https://[64:ff9b::a00:1]/x.json",
    "https://0.0.0.0/x.json", "https://loop.test/x.json", "https://inside.test/x.json", "https://metadata.test/x.json",
    "https://both.test/x.json", f"http://{HOST}/good.json", f"https://user@{HOST}/good.json",
    f"https://{HOST}/../good.json", f"https://{HOST}/good.json#y", f"https://{HOST}", f"https://{HOST}:99999/good.json",
    "file:///etc/passwd", "https://10.0.0.1\\@outside.test/good.json",
]  # fmt: skip


def applications(sign_in: SignIn) -> list:
    return sign_in.site.rows("SELECT client_id FROM oauth2_provider_application ORDER BY client_id")


def test_no_address_inside_is_asked(sign_in: SignIn) -> None:
    alice = browser_of("alice")
    alice.consent_page(sign_in.authorize_url("x"))
    before, known = sign_in.site.sockets, applications(sign_in)
    for client_id in INSIDE:
        page = alice.open(sign_in.authorize_url(client_id))
        assert page.status == 400, client_id
        assert "Location" not in page.headers
    assert sign_in.site.sockets == before
    assert applications(sign_in) == known


def test_nobody_makes_the_server_ask_without_signing_in(sign_in: SignIn, outside: Outside) -> None:
    site, client_id = sign_in.site, f"https://{HOST}/never"
    before, known = site.sockets, applications(sign_in)
    for parameters in ({}, {"prompt": "none"}, {"prompt": "create"}, {"approval_prompt": "auto"}):
        page = Browser().open(sign_in.authorize_url(client_id, **parameters))
        assert page.status == 302
        assert page.target.startswith(f"{site.url}/login/")
    for grant in ("authorization_code", "refresh_token"):
        reply = sign_in.ask_token(grant_type=grant, client_id=client_id, code="x", refresh_token="x")
        assert reply.status in (400, 401)
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    site.request("POST", "/oauth/revoke_token/", f"token=x&client_id={client_id}".encode(), **form)
    assert site.sockets == before
    assert "/never" not in outside.asked
    assert applications(sign_in) == known


def test_a_good_document_makes_a_client_and_is_asked_for_once(sign_in: SignIn, outside: Outside) -> None:
    sign_in.forget()
    for path in ("/good.json", "/again.json"):
        before, client_id = outside.asked.count(path), f"https://{HOST}{path}"
        tokens = sign_in.tokens(client_id)
        assert not sign_in.is_dead(tokens["access_token"])
        assert sign_in.refresh(client_id, tokens["refresh_token"]).status == 200
        sign_in.code(client_id)
        assert outside.asked.count(path) - before <= 1


BAD = [path for path in ANSWERS if not path.endswith(".json")]


def test_what_is_no_acceptable_document_is_none_and_left_alone_for_a_while(sign_in: SignIn, outside: Outside) -> None:
    sign_in.forget()
    alice = browser_of("alice")
    alice.consent_page(sign_in.authorize_url("x"))
    known, before = applications(sign_in), len(outside.asked)
    sockets = len(sign_in.site.sockets)
    for _ in range(4):
        for path in BAD:
            assert alice.open(sign_in.authorize_url(f"https://{HOST}{path}")).status == 400, path
    assert outside.asked[before:] == BAD  # each once, and nothing that they point to
    tried = sign_in.site.sockets[sockets:].splitlines()
    assert tried == [repr((PUBLIC, 443))] * len(BAD)
    assert applications(sign_in) == known
    assert PRIVATE not in sign_in.site.sockets


def test_a_server_that_goes_on_and_on_is_left_in_time(sign_in: SignIn, outside: Outside) -> None:
    sign_in.forget()
    alice = browser_of("alice")
    alice.consent_page(sign_in.authorize_url("x"))

    def ask(path: str) -> tuple[int, float]:
        started = time.monotonic()
        status = alice.open(sign_in.authorize_url(f"https://{HOST}{path}")).status
        return status, time.monotonic() - started

    with ThreadPoolExecutor(len(ENDLESS)) as pool:
        found = dict(zip(ENDLESS, pool.map(ask, ENDLESS), strict=True))
    for path, (status, seconds) in found.items():
        assert status == 400, path
        assert seconds < 10, path  # one for each that waits, and those of a machine that others use, too
    assert outside.sent["/gigabyte"] < 10_000_000  # what stood in the buffers when it hung up after 16 kB
    assert alice.open(sign_in.authorize_url(f"https://{HOST}/drip")).status == 400
    assert outside.asked.count("/drip") == 1
