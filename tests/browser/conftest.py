"""A real browser for the pages of Django admin: Chromium without a window, on a live server.

Pages come under a content security policy that forbids whatever is not the site's own, and inline scripts and styles.
``SCREENSHOTS=folder pytest tests/browser`` keeps a picture of each page that is looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import UserFactory

POLICY = "default-src 'self'; img-src 'self' data:"
LOOKS = [("light", 1280), ("dark", 390)]
"""The colour schemes and the widths in which every page is looked at; neither of the two depends on the other."""

AXE = Path(__file__).parent.parent / "integration/node/node_modules/axe-core/axe.min.js"
"""The accessibility tests of Deque, which the Node packages of the tests bring."""


def chromium_path() -> str | None:
    """Where Chromium is, None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; each module has its own, since its driver keeps an event loop open in the thread of the tests."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is not installed (package chromium)")
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make tests/integration/node/node_modules)")
    with pytest.MonkeyPatch.context() as patch, api.sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A visitor's window.

    Args:
        page: Playwright's page.
        url: The site's origin.
        look: The colour scheme and the width.
        faults: What the browser complained of: errors, and whatever the policy forbids.
    """

    page: Any
    url: str
    look: tuple[str, int]
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        """Open a page of the site."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, where pictures are wanted."""
        if folder := os.environ.get("SCREENSHOTS"):
            scheme, width = self.look
            self.page.screenshot(path=Path(folder) / f"{name}-{scheme}-{width}.png", full_page=True)

    def contrast_faults(self, within: str = "#content") -> list[str]:
        """The texts that are hard to read, as WCAG 2 AA has it."""
        return list(self.page.evaluate(CONTRAST, within))

    def unnamed_controls(self) -> list[str]:
        """The controls of the page that have no name for a screen reader."""
        return list(self.page.evaluate(UNNAMED))

    def axe_faults(self) -> list[str]:
        """What axe finds in the content of the page, but for the search field that Django's own template makes."""
        complaints = len(self.faults)
        self.page.evaluate(AXE.read_text())
        where = {"include": ["#content"], "exclude": ["#changelist-search"]}
        found = self.page.evaluate("where => axe.run(where, {resultTypes: ['violations']})", where)
        del self.faults[complaints:]  # of the policy, about axe's own styles
        return [f"{fault['id']}: {node['html'][:100]}" for fault in found["violations"] for node in fault["nodes"]]

    def check(self, name: str) -> None:
        """What holds of every page, in every look."""
        self.shoot(name)
        assert self.contrast_faults() == []
        assert self.unnamed_controls() == []
        assert self.axe_faults() == []
        assert not self.overflows()

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"))


@pytest.fixture
def visit(chromium: Any, live_server: Any) -> Iterator[Callable[..., Visit]]:
    """Open windows: ``visit(user, look=("dark", 390))``; nobody is logged in where there is no user."""
    contexts, visits = [], []

    def start(user: Any = None, look: tuple[str, int] = LOOKS[0]) -> Visit:
        scheme, width = look
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.route("**/*", lambda route: guard(route, live_server.url, found))
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        found = Visit(page, live_server.url, look)
        page.on("pageerror", lambda error: found.faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and found.faults.append(message.text))
        visits.append(found)
        return found

    yield start
    for context in contexts:
        context.close()
    assert [fault for each in visits for fault in each.faults] == []


def guard(route: Any, origin: str, visit: Visit) -> None:
    """Let a request through to the site, whose pages get the policy, and to nowhere else."""
    if not route.request.url.startswith(origin):
        visit.faults.append(f"A page asks for {route.request.url}")
        route.abort()
        return
    if route.request.resource_type != "document":
        route.continue_()
        return
    response = route.fetch(max_redirects=0)
    route.fulfill(response=response, headers={**response.headers, "content-security-policy": POLICY})


@pytest.fixture
def administrator(transactional_db: None) -> Any:
    """Somebody who may do everything."""
    return UserFactory(username="root", is_staff=True, is_superuser=True)


CONTRAST = """(within) => {
  const parse = (text) => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const element of document.querySelectorAll(`${within} *`)) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
    const box = element.getBoundingClientRect();
    if (!text || !box.width || !box.height || element.closest("svg, option, script, style")) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || style.opacity < 1) continue;
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) faults.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return faults;
}"""

UNNAMED = """() => [...document.querySelectorAll("#content a, #content button, #content input, #content select, " +
    "#content textarea, #content summary, #content svg[role=img]")]
  .filter((element) => element.type !== "hidden" && element.getBoundingClientRect().width)
  .filter((element) => !(element.textContent.trim() || element.getAttribute("aria-label") || element.title
    || element.getAttribute("aria-labelledby") || (element.labels && element.labels.length) || element.value
    || element.querySelector("img[alt]")))
  .map((element) => element.outerHTML.slice(0, 120))"""
