"""The pictures in ``docs/images``: ``python -m tests.screenshots [name ...]``.

Each page of Django admin is opened in Chromium, on the demo with the same data at the same moment every time, so that a
picture changes when its page does. A new page is a new line in ``PAGES``, and a place in ``docs/how-to/administer.md``.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.utils import timezone

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
HOST = "shop.example.com"
SETTINGS: dict[str, Any] = {
    "DEBUG": False,
    "ALLOWED_HOSTS": [HOST],
    "CSRF_TRUSTED_ORIGINS": [f"http://{HOST}"],
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "DRF_MCP": {
        "SERVER_INFO": {"name": "shop", "title": "The shop"},
        "PUBLIC_URL": f"https://{HOST}",
        "RECORD": "all",
        "RECORD_ARGUMENTS": True,
    },
}


def make_token(page: Any) -> None:
    """Fill in the form for a new access token and send it."""
    page.get_by_label("User:").fill("4")
    page.get_by_label("Name").fill("laptop of Ada")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="The access token is made").wait_for()


def write_prompt(page: Any) -> None:
    """Give the prompt's arguments samples of their own."""
    page.get_by_label("Sample of name").fill("Herb garden")
    page.get_by_label("Sample of budget").fill("200")
    page.locator(".mcp-preview-text", has_text="Herb garden").wait_for()


def open_client(page: Any) -> None:
    """Show the configuration of one client."""
    page.locator("#mcp-claude-code summary").click()


def run_tool(page: Any) -> None:
    """Call the tool whose page this is."""
    page.get_by_role("button", name="Run").click()
    page.get_by_text("It went well.").wait_for()


def choose_user(page: Any) -> None:
    """Look as one user."""
    page.get_by_label("User:").fill("ada")
    page.keyboard.press("Enter")
    page.get_by_text("Switched off by the rule").first.wait_for()


@dataclass(frozen=True)
class Page:
    """A page to take a picture of.

    Args:
        name: The picture's, below ``docs/images`` and without its ending.
        path: Where the page is.
        act: What is done on it first.
        height: How much of it the picture shows at most, in pixels.
    """

    name: str
    path: str
    act: Callable[[Any], None] | None = None
    height: int = 1_000


PAGES = [
    Page("admin-index", "/admin/drf_mcp/"),
    Page("admin-connect", "/admin/drf_mcp/connection/", open_client, height=1_300),
    Page("admin-tokens", "/admin/drf_mcp/accesstoken/"),
    Page("admin-token-made", "/admin/drf_mcp/accesstoken/add/", make_token),
    Page("admin-prompt", "/admin/drf_mcp/prompt/1/change/", write_prompt, height=800),
    Page("admin-tools", "/admin/drf_mcp/toolrule/", height=900),
    Page("admin-tool", "/admin/drf_mcp/toolrule/rule/tool/update_users_user/"),
    Page("admin-try", "/admin/drf_mcp/toolrule/try/list_users_user/", run_tool),
    Page("admin-as-who", "/admin/drf_mcp/aswho/", choose_user),
    Page("admin-overview", "/admin/drf_mcp/overview/"),
    Page("admin-calls", "/admin/drf_mcp/call/", height=800),
    Page("admin-call", "/admin/drf_mcp/call/401/change/"),
]


def main(names: list[str]) -> None:
    """Take the pictures of these pages, or of all."""
    unknown = set(names) - {page.name for page in PAGES}
    if unknown:
        raise SystemExit(f"There is no {', '.join(sorted(unknown))}: {', '.join(page.name for page in PAGES)}.")
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(timezone, "now", return_value=NOW):
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DEMO_DATABASE=str(Path(folder) / "db.sqlite3"),
            DEMO_MEDIA=str(Path(folder) / "media"),
            DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright keeps an event loop in this thread
        )
        import django

        django.setup()
        from django.test import override_settings

        with (
            override_settings(**SETTINGS),
            mock.patch.object(secrets, "token_hex", return_value="0123456789abcdef" * 4),
        ):
            take_pictures([page for page in PAGES if not names or page.name in names], make_data())


def make_data() -> str:
    """Fill the database; gives the key of an administrator's session."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from drf_mcp.decisions import decide
    from drf_mcp.models import AccessToken
    from tests.factories import CallFactory, UserFactory, make_month_of_calls
    from users.models import User

    call_command("migrate", verbosity=0)
    call_command("demo_data", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    admin = User.objects.get(username="admin")
    users = [UserFactory(username=name) for name in ("ada", "grace", "linus")]
    make_month_of_calls(users)
    CallFactory(
        at=NOW - timedelta(seconds=40),
        name="update_users_user",
        is_write=True,
        user=users[0],
        username="ada",
        token_name="laptop of Ada",
        token_pk="1",
        object_model="users.user",
        object_id=str(users[1].pk),
        arguments='{"id": 4, "email": "grace@example.com", "password": "***"}',
        request_id="17",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
    )
    ends = {"expires": NOW + timedelta(days=60)}
    for name, user, values in [
        ("laptop of Ada", users[0], {"last_used": NOW - timedelta(seconds=40), **ends}),
        ("nightly report", users[1], {"last_used": NOW - timedelta(hours=14), "is_read_only": True}),
        ("trial", users[2], {"expires": NOW - timedelta(days=3), "last_used": NOW - timedelta(days=9)}),
        ("old laptop", users[0], {"revoked": NOW - timedelta(days=20)}),
    ]:
        token = AccessToken(user=user, name=name, **values)
        token.make_value()
        token.digest = name.ljust(64)  # one of each, as the values are all the same here
        token.hint = f"{len(name):04x}"
        token.save()
    decide("tool", "destroy_users_user", admin, is_enabled=False)
    decide("tool", "update_users_user", admin, asks=True, title="Change an account")
    client = Client()
    client.force_login(admin)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def take_pictures(pages: list[Page], session: str) -> None:
    """Open each page, and keep its picture."""
    from django.conf import settings
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import chromium_path

    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        flags = [
            *["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{server.port}"],
            # Only a secure page may copy, and so has the buttons for it.
            f"--unsafely-treat-insecure-origin-as-secure=http://{HOST}",
        ]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        context = browser.new_context(
            color_scheme="light",
            viewport={"width": 1100, "height": 700},
            extra_http_headers={"X-Forwarded-Proto": "https"},
        )
        # The menu at the side has the demo's other apps, and its pictures would change with them.
        context.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"http://{HOST}"}])
        for each in pages:
            page = context.new_page()
            page.goto(f"http://{HOST}{each.path}")
            if each.act is not None:
                each.act(page)
            page.evaluate("document.activeElement.blur()")
            page.add_style_tag(content="#toggle-nav-sidebar, #nav-sidebar { display: none !important; }")
            end = page.evaluate(
                "Math.max(...[...document.querySelectorAll('#content *')].map((e) => e.getBoundingClientRect().bottom))"
            )
            target = IMAGES / f"{each.name}.png"
            height = min(each.height, int(end) + 24)
            page.screenshot(path=target, full_page=True, clip={"x": 0, "y": 0, "width": 1100, "height": height})
            print(f"{target.name}  {target.stat().st_size // 1024} KB")
            page.close()
        browser.close()
    server.terminate()


if __name__ == "__main__":
    main(sys.argv[1:])
