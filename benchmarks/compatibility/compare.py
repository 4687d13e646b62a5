"""Compare every tool of a real DRF application with the REST call that it stands for.

Run with the application's own Python, from anywhere::

    python benchmarks/compatibility/compare.py pretix --prepare --seed

``apps/NAME/`` holds the settings that add drf_mcp, the URLs, and ``fill.py``, which makes a database
with a user, a token and what else the API cannot do without.
"""

import argparse
import importlib
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("app", help="a folder of apps/")
    parser.add_argument("--prepare", action="store_true", help="make the database and its objects first")
    parser.add_argument("--seed", action="store_true", help="create an object over REST wherever a list is empty")
    parser.add_argument("--only", default="", help="only routes that hold this text")
    parser.add_argument("--minutes", type=float, default=15, help="stop probing after so long")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for NAME.json")
    options = parser.parse_args()
    # The name of a sibling of this file must not hide a module of the application: last, not first.
    sys.path.remove(str(HERE)) if str(HERE) in sys.path else None
    sys.path.append(str(HERE))
    os.environ["DJANGO_SETTINGS_MODULE"] = f"apps.{options.app}.settings"
    import django

    setup = importlib.import_module(f"apps.{options.app}.fill")
    getattr(setup, "setup", django.setup)()
    _stay_on_this_machine()
    if options.prepare:
        setup.prepare()
    from comparing.run import compare_all

    started = time.monotonic()
    report = compare_all(setup.access(), seed=options.seed, only=options.only, deadline=started + 60 * options.minutes)
    report["app"], report["seconds"] = options.app, round(time.monotonic() - started, 1)
    path = options.out / f"{options.app}.json"
    path.write_text(json.dumps(report, indent=1, default=str))
    from comparing.report import summary

    print(summary(report))


def _stay_on_this_machine() -> None:
    """Refuse connections to anywhere else, which some applications open for webhooks and news."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "localhost", "::1"):
            raise ConnectionRefusedError(f"not from here: {address[0]}")
        connect(self, address)

    socket.socket.connect = local_only


if __name__ == "__main__":
    main()
