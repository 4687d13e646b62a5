"""``tests/with-postgres python -m benchmarks.overview``: how long the admin's pages take over a million calls.

It fills a new PostgreSQL database with calls of thirty days, forty tools and 200 users, one after the other as they are
recorded, asks for each page three times through Django's test client, and prints the best.
"""

import argparse
import os
import sys
import time

import django
from django.conf import settings

FILL = """
INSERT INTO drf_mcp_call (at, method, name, is_write, outcome, status, error_code, error_id, duration_ms, size,
    request_id, trace_id, user_id, username, token_pk, token_name, oauth_client_id, oauth_client_name, client_name,
    client_version, object_model, object_id, arguments)
SELECT now() - interval '30 days' * (1 - i / %s::float), 'tools/call',
    (ARRAY['list', 'create', 'retrieve', 'update', 'destroy'])[1 + i %% 5] || '_shop_model' || (i * 7 %% 40) / 5,
    i %% 5 IN (1, 3, 4), CASE WHEN i %% 50 = 0 THEN 'error' WHEN i %% 20 = 0 THEN 'refused' ELSE 'ok' END, 200,
    NULL, '',
    random() * random() * 400, 1000, i::text, md5(i::text), 1000 + i %% 200, 'user' || i %% 200,
    (i %% 300)::text, 'laptop', '', '', (ARRAY['claude-code', 'Cursor', 'ChatGPT'])[1 + i %% 3], '2.1.3',
    'shop.model' || (i * 7 %% 40) / 5, (i %% 50000)::text, ''
FROM generate_series(1, %s) AS i
"""

CALLS = "/admin/drf_mcp/call/"
PAGES = {
    "overview, last 24 hours": "/admin/drf_mcp/overview/?period=day",
    "overview, last 7 days": "/admin/drf_mcp/overview/?period=week",
    "overview, last 30 days": "/admin/drf_mcp/overview/?period=month",
    "list": CALLS,
    "list, page 200": f"{CALLS}?p=200",
    "list, failures": f"{CALLS}?outcome__exact=error",
    "list, one tool": f"{CALLS}?name=create_shop_model1",
    "list, one user": f"{CALLS}?only=by:1007",
    "list, one object": f"{CALLS}?only=shop.model1:17",
    "list, one month": f"{CALLS}?at__year={{year}}&at__month={{month}}",
    "list, by time taken": f"{CALLS}?o=-5",
    "search, found often": f"{CALLS}?q=create",
    "search, found never": f"{CALLS}?q=nothing-like-it",
}


def main() -> None:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overview", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="ask only for the pages whose name begins like this")
    limits = parser.parse_args()
    rows = limits.rows
    if "TEST_POSTGRES_PORT" not in os.environ:
        sys.exit("Put tests/with-postgres before the command.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    settings.MIGRATION_MODULES = {}
    settings.ALLOWED_HOSTS = ["testserver"]

    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [rows, rows])
        cursor.execute("VACUUM ANALYZE drf_mcp_call")
        cursor.execute("SELECT pg_table_size('drf_mcp_call'), pg_indexes_size('drf_mcp_call')")
        sizes = " of rows and ".join(f"{size / 1_000_000:.0f} MB" for size in cursor.fetchone())
    print(f"{rows:,} calls, {sizes} of indexes\n\n| page | time | queries |\n|---|---:|---:|")
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", "root@example.com", "root"))
    now = timezone.now()
    pages = {name: path for name, path in PAGES.items() if name.startswith(limits.only)}
    for name, path in pages.items():
        seconds, queries = ask(client, connection, path.format(year=now.year, month=now.month))
        print(f"| {name} | {seconds * 1000:,.0f} ms | {queries} |")
    begin = time.perf_counter()
    count = sum(part.count(b"\n") for part in client.get(f"{CALLS}export/")) - 1
    print(f"\nExport: {count:,} calls in {time.perf_counter() - begin:.0f} s")
    begin = time.perf_counter()
    call_command("mcp_purge", "--older-than=15d")
    print(f"mcp_purge --older-than 15d: {time.perf_counter() - begin:.0f} s")


def ask(client, connection, path: str) -> tuple[float, int]:
    """The best of three times for a page, and how many queries it makes."""
    from django.test.utils import CaptureQueriesContext

    times = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            begin = time.perf_counter()
            answer = client.get(path)
            times.append(time.perf_counter() - begin)
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
    return min(times), len(queries)


if __name__ == "__main__":
    main()
