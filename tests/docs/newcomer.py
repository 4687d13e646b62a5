"""A process in the newcomer's project: runs ``manage.py`` commands and serves, one line of JSON for each wish.

One process instead of one for each command, because starting Django is what takes the time. Started with
``python newcomer.py`` in the folder that has ``manage.py``.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> None:
    sys.path.insert(0, str(Path.cwd()))
    os.environ["DJANGO_SETTINGS_MODULE"] = "library.settings"
    import django

    django.setup()
    answers = sys.stdout
    for line in sys.stdin:
        wish = json.loads(line)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            answer = serve() if wish == "serve" else run(wish)
        print(json.dumps({"answer": answer, "printed": printed.getvalue()}), file=answers, flush=True)


def run(words: list[str]) -> None:
    from django.core.management import execute_from_command_line

    importlib.invalidate_caches()
    execute_from_command_line(["manage.py", *words])


def serve() -> int:
    """Serve as ``runserver`` does, on a free port; gives the port."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    server: Any = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


if __name__ == "__main__":
    main()
