"""Documents of clients: what is fetched, from where, for how long, and at whose wish."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from oauth2_provider.cimd import CIMDError
from oauth2_provider.settings import oauth2_settings

from drf_mcp.contrib.oauth_toolkit.client_documents import Fetcher
from tests.servers import make_certificate

from .flow import Application, ask_token, authorize_url, signed_in

FETCHER = "drf_mcp.contrib.oauth_toolkit.client_documents.Fetcher"
NAME = "client.test"


@pytest.fixture(autouse=True)
def _real_fetcher(settings: Any) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "CIMD_METADATA_FETCHER": FETCHER}


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """No socket connects; what was tried is listed."""
    tried: list[Any] = []

    def refuse(address: Any, *args: Any, **kwargs: Any) -> Any:
        tried.append(address)
        raise OSError("blocked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", lambda sock, address: refuse(address))
    return tried


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


# At whose wish


@pytest.mark.django_db
def test_nobody_makes_the_server_fetch_without_signing_in(connections, monkeypatch) -> None:
    resolving_to(monkeypatch, "93.184.216.34")
    client_id = "https://client.example/document.json"
    for query in ("", "&prompt=none", "&prompt=create"):
        assert Client().get(authorize_url(client_id) + query).status_code == 302
    for grant in ("authorization_code", "refresh_token"):
        response = ask_token(grant_type=grant, client_id=client_id, code="x", refresh_token="x", code_verifier="x" * 43)
        assert response.status_code in (400, 401)
    Client().post("/oauth/revoke_token/", {"token": "x", "client_id": client_id})
    assert connections == []
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    "client_id",
    [
        "https://localhost/x.json",
        "https://127.0.0.1/x.json",
        "https://127.1/x.json",
        "https://0x7f000001/x.json",
        "https://2130706433/x.json",
        "https://10.0.0.1/x.json",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x.json",
        "https://[::ffff:10.0.0.1]/x.json",
        "https://[::ffff:169.254.169.254]/x.json",
        "https://[64:ff9b::a00:1]/x.json",
        "https://0.0.0.0/x.json",
        "http://client.example/x.json",
        "https://user@client.example/x.json",
        "https://client.example/../x.json",
        "https://client.example/x.json#y",
        "https://client.example",
        "https://client.example:99999/x.json",
        "file:///etc/passwd",
    ],
)
def test_no_address_inside_is_asked(alice, connections, client_id) -> None:
    response = signed_in(alice).get(authorize_url(client_id))
    assert response.status_code == 400
    assert connections == []


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"], []])
def test_a_name_with_one_address_inside_is_not_asked_at_all(alice, connections, monkeypatch, addresses) -> None:
    resolving_to(monkeypatch, *addresses)
    assert signed_in(alice).get(authorize_url("https://client.example/x.json")).status_code == 400
    assert connections == []


def test_an_address_that_failed_is_left_alone_for_a_while(alice, connections, monkeypatch) -> None:
    resolving_to(monkeypatch, "93.184.216.34")
    for _ in range(5):
        assert signed_in(alice).get(authorize_url("https://client.example/x.json")).status_code == 400
    assert connections == [("93.184.216.34", 443)]


# What a server may do to us

DOCUMENT = {
    "client_id": f"https://{NAME}/x.json",
    "client_name": "Test",
    "redirect_uris": ["https://client.example/callback"],
    "grant_types": ["authorization_code"],
}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for ``client.test`` with its key."""
    return make_certificate(tmp_path_factory.mktemp("certificate") / "both.pem", NAME)


Serve = Callable[[Callable[[Any], None]], list[bytes]]


@pytest.fixture
def serve(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve ``client.test`` on this machine, where the fetcher is made to take its address for a public one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    connect = socket.create_connection
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(certificate))
    monkeypatch.setattr("oauth2_provider.cimd._ip_is_public", lambda address: True)
    monkeypatch.setattr(
        socket, "create_connection", lambda address, *args, **kwargs: connect(("127.0.0.1", port), *args, **kwargs)
    )
    resolving_to(monkeypatch, "127.0.0.1")
    asked: list[bytes] = []

    def start(answer: Callable[[Any], None]) -> list[bytes]:
        def run() -> None:
            try:
                sock, _ = listener.accept()
                with context.wrap_socket(sock, server_side=True) as tls:
                    asked.append(tls.recv(65536))
                    answer(tls)
            except OSError:
                pass

        threading.Thread(target=run, daemon=True).start()
        return asked

    yield start
    listener.close()


def reply(sock: Any, body: bytes, status: str = "200 OK", *headers: str) -> None:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def test_a_document_is_fetched_under_the_name_of_its_host(serve) -> None:
    asked = serve(lambda sock: reply(sock, json.dumps(DOCUMENT).encode(), "200 OK", "Cache-Control: max-age=600"))
    document, seconds = Fetcher().fetch(f"https://{NAME}/x.json?a=1")
    assert document["client_name"] == "Test"
    assert document["grant_types"] == ["authorization_code", "refresh_token"]
    assert seconds == 600
    assert asked[0].startswith(b"GET /x.json?a=1 HTTP/1.1\r\n")
    assert f"Host: {NAME}\r\n".encode() in asked[0]


def test_a_certificate_of_another_host_is_none(serve) -> None:
    serve(lambda sock: reply(sock, json.dumps(DOCUMENT).encode()))
    with pytest.raises(CIMDError):
        Fetcher().fetch("https://another.test/x.json")


@pytest.mark.parametrize(
    "answer",
    [
        lambda sock: reply(sock, b"", "302 Found", "Location: https://169.254.169.254/"),
        lambda sock: reply(sock, b"", "500 Oops"),
        lambda sock: reply(sock, b"x" * 20_000),
        lambda sock: reply(sock, b"[]"),
        lambda sock: reply(sock, b"{"),
        lambda sock: reply(sock, b"\xff"),
        lambda sock: sock.sendall(b"nonsense\r\n\r\n"),
        lambda sock: None,
        lambda sock: reply(sock, json.dumps({**DOCUMENT, "redirect_uris": ["http://evil.example/"]}).encode()),
        lambda sock: reply(sock, json.dumps({**DOCUMENT, "redirect_uris": []}).encode()),
        lambda sock: reply(sock, json.dumps({**DOCUMENT, "grant_types": ["implicit"]}).encode()),
    ],
    ids=["redirect", "error", "large", "list", "no-json", "no-text", "no-http", "nothing", "foreign", "none", "grant"],
)
def test_what_is_no_acceptable_document_is_none(serve, answer) -> None:
    asked = serve(answer)
    with pytest.raises(CIMDError):
        Fetcher().fetch(f"https://{NAME}/x.json")
    assert len(asked) == 1


def endless(sock: Any) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        sock.sendall(b"[" * 65536)


def drip_body(sock: Any) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
    while True:
        sock.sendall(b" ")
        time.sleep(0.1)


def drip_headers(sock: Any) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"x")
        time.sleep(0.1)


def say_nothing(sock: Any) -> None:
    time.sleep(10)


@pytest.mark.parametrize("answer", [endless, drip_body, drip_headers, say_nothing])
def test_a_server_that_goes_on_and_on_is_left_in_time(serve, settings, answer) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "CIMD_FETCH_TIMEOUT_SECONDS": 1}
    serve(answer)
    started = time.monotonic()
    with pytest.raises(CIMDError):
        Fetcher().fetch(f"https://{NAME}/x.json")
    assert time.monotonic() - started < 3


def test_what_a_document_may_cost_is_bounded_out_of_the_box() -> None:
    assert oauth2_settings.CIMD_FETCH_TIMEOUT_SECONDS <= 5
    assert oauth2_settings.CIMD_MAX_DOCUMENT_SIZE <= 16_384
    assert oauth2_settings.CIMD_FAILURE_BACKOFF_SECONDS >= 60


# Whose document it is


def test_a_document_speaks_for_its_own_address_alone(alice, serve) -> None:
    serve(lambda sock: reply(sock, json.dumps(DOCUMENT).encode()))
    assert signed_in(alice).get(authorize_url(f"https://{NAME}/other.json")).status_code == 400
    assert not Application.objects.exists()


@pytest.mark.parametrize("secret", ["client_secret", "client_secret_expires_at"])
def test_a_document_has_no_secret(alice, serve, secret) -> None:
    serve(lambda sock: reply(sock, json.dumps({**DOCUMENT, secret: 0}).encode()))
    assert signed_in(alice).get(authorize_url(DOCUMENT["client_id"])).status_code == 400


@pytest.mark.parametrize("methods", [{"token_endpoint_auth_method": "private_key_jwt"}])
def test_a_client_that_cannot_do_without_a_key_is_refused(alice, serve, methods) -> None:
    serve(lambda sock: reply(sock, json.dumps({**DOCUMENT, **methods}).encode()))
    assert signed_in(alice).get(authorize_url(DOCUMENT["client_id"])).status_code == 400


def test_a_good_document_makes_a_client(alice, serve) -> None:
    serve(lambda sock: reply(sock, json.dumps(DOCUMENT).encode()))
    assert signed_in(alice).get(authorize_url(DOCUMENT["client_id"])).status_code == 200
    assert Application.objects.get().client_type == "public"
