"""Print how faithful the schemas are: ``python -m tests.zoo.report [--details] [CASE ...]``.

The columns of other generators are there when they are installed. Every generator is asked about the same serializers
and the same payloads in the same run.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import django


def main() -> None:
    """Make a database, ask each generator, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="only these serializers")
    parser.add_argument("--details", action="store_true", help="every finding about our own schemas")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.db import connection
    from django.test.utils import override_settings, setup_test_environment

    setup_test_environment()
    database = connection.creation.create_test_db(verbosity=0)
    try:
        with override_settings(ROOT_URLCONF="tests.zoo.urls"):
            report(arguments.cases, details=arguments.details)
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


@dataclass
class Figures:
    """What was found about one generator."""

    crashes: list[str] = field(default_factory=list)
    lint: list[str] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    through: list[Any] = field(default_factory=list)
    outside: list[Any] = field(default_factory=list)


def report(only: list[str], *, details: bool) -> None:
    """Print the figures."""
    from .case import CASES
    from .harness import OURS
    from .world import make_world

    make_world()
    generators = [OURS]
    if importlib.util.find_spec("drf_spectacular"):
        from .rivals import SPECTACULAR

        generators.append(SPECTACULAR)
    cases = [case for case in CASES if not only or case.name in only]
    counts: Counter[str] = Counter()
    figures = {generator.name: Figures() for generator in generators}
    for case in cases:
        _measure(case, generators, figures, counts)
    print(
        f"{len(cases)} serializers, {counts['legal']} legal payloads, {counts['illegal']} illegal ones of which "
        f"{counts['expressible']} for a reason that a schema can express, {counts['outputs']} outputs;\n"
        f"{counts['written']} of the payloads are written by hand, the others are mutations."
    )
    _print_table(figures)
    if details:
        _print_details(figures[OURS.name])


def _measure(case: Any, generators: list, figures: dict[str, Figures], counts: Counter[str]) -> None:
    from django.db import transaction

    from . import harness

    with transaction.atomic():
        payloads = harness.all_payloads(case)
        counts["written"] += len(case.payloads())
        counts["legal"] += sum(payload.legal for payload in payloads)
        counts["illegal"] += sum(not payload.legal for payload in payloads)
        counts["expressible"] += sum(payload.expressible for payload in payloads)
        counts["outputs"] += len(harness.instances(case))
        for generator in generators:
            _ask(case, generator, payloads, figures[generator.name])
        transaction.set_rollback(True)


def _ask(case: Any, generator: Any, payloads: list, found: Figures) -> None:
    from . import harness

    schemas = {}
    for partial in sorted({payload.partial for payload in payloads}):
        schema = _attempt(found, f"{case.name} input {partial=}", functools.partial(generator.input, case, partial))
        if schema is not None:
            schemas[partial] = schema
    found.refused += harness.legal_refused(case, payloads, schemas)
    found.through += harness.illegal_let_through(case, payloads, schemas)
    if harness.instances(case):
        schema = _attempt(found, f"{case.name} output", functools.partial(generator.output, case))
        if schema is not None:
            found.outside += harness.outputs_outside(case, schema)


def _attempt(found: Figures, what: str, make: Any) -> dict | None:
    import json
    import re
    import warnings

    from jsonschema import Draft202012Validator

    from . import harness

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schema = json.loads(json.dumps(make()))
            Draft202012Validator.check_schema(schema)
            for _, node in harness.walk(schema):
                re.compile(node.get("pattern", ""))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        found.crashes.append(f"{what}: {type(error).__name__}: {error!s:.200}")
        return None
    found.lint += [f"{what}: {fault}" for fault in harness.lint(schema, bare="output" in what)]
    return schema


def _print_table(figures: dict[str, Figures]) -> None:
    print(f"\n{'':34}" + "".join(f"{name:>18}" for name in figures))
    rows = [
        ("legal payloads refused", "refused"),
        ("illegal payloads let through", "through"),
        ("outputs outside their schema", "outside"),
    ]
    for label, name in rows:
        found = [getattr(figure, name) for figure in figures.values()]
        print(f"{label:34}" + "".join(f"{len(some):>18}" for some in found))
        places = [len({(one.case, one.place) for one in some}) for some in found]
        print(f"{'  places':34}" + "".join(f"{count:>18}" for count in places))
    print(
        f"{'no schema (crash, not a schema)':34}" + "".join(f"{len(figure.crashes):>18}" for figure in figures.values())
    )
    print(f"{'faults of the dialect':34}" + "".join(f"{len(figure.lint):>18}" for figure in figures.values()))


def _print_details(figure: Figures) -> None:
    for title, found in (
        ("Crashes", figure.crashes),
        ("Dialect", figure.lint),
        ("Legal payloads refused", figure.refused),
        ("Illegal payloads let through", figure.through),
        ("Outputs outside", figure.outside),
    ):
        print(f"\n{title}:" + ("" if found else " none"))
        for one in found:
            print(f"  {one}")


if __name__ == "__main__":
    main()
