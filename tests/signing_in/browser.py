"""A browser as far as signing in needs one: ``python -m tests.signing_in.browser ADDRESS`` prints where it ends."""

from __future__ import annotations

import html
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


@dataclass(frozen=True)
class Page:
    """What a server answered."""

    url: str
    status: int
    headers: Message
    text: str

    @property
    def target(self) -> str:
        """Where it sends the browser."""
        return urllib.parse.urljoin(self.url, self.headers["Location"])

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of its form."""
        found = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", self.text)
        return {
            html.unescape(re.search(r'name="([^"]*)"', tag)[1]): html.unescape(  # type: ignore[index]
                (re.search(r'value="([^"]*)"', tag) or ["", ""])[1]
            )
            for tag in found
        }


class Browser:
    """Signs in and answers the page of consent.

    Args:
        username: Who sits in front of it.
        password: Their password.
    """

    def __init__(self, username: str = "johndoe", password: str = "password123") -> None:
        self.credentials = {"username": username, "password": password}
        self._opener = urllib.request.build_opener(_Stay(), urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, url: str, data: dict[str, str] | None = None, **headers: str) -> Page:
        """Ask for a page, or send a form."""
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(url, body, {"Referer": url, "Connection": "close", **headers})
        try:
            response: Any = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Page(url, response.status, response.headers, response.read().decode())

    def sign_in(self, page: Page) -> Page:
        """Follow the way to the login page, sign in there, and come back."""
        while page.status == 302:
            page = self.open(page.target)
            if 'name="password"' in page.text:
                page = self.open(page.url, {**page.fields, **self.credentials})
        return page

    def consent_page(self, url: str) -> Page:
        """The page on which the user is asked."""
        return self.sign_in(self.open(url))

    def answer(self, page: Page, *, allow: bool = True, **changed: str) -> Page:
        """Press one of its buttons."""
        assert page.status == 200, (page.status, page.text)
        return self.open(page.url, {**page.fields, **({"allow": "True"} if allow else {}), **changed})

    def allow(self, url: str) -> str:
        """Sign in, allow what is asked for, and say where the browser is sent."""
        page = self.answer(self.consent_page(url))
        assert page.status == 302, (page.status, page.text)
        return page.target


if __name__ == "__main__":
    print(Browser().allow(sys.argv[1]))
