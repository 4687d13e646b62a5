"""Schemas of the zoo's serializers against what those serializers do.

The payloads are in ``tests/zoo/``, beside their serializers; ``python -m tests.zoo.report`` prints the figures.
"""

from __future__ import annotations

import json
import warnings

import pytest
from django.db import transaction
from jsonschema import Draft202012Validator

from tests.zoo.case import CASES, Case, Payload
from tests.zoo.harness import (
    OURS,
    Finding,
    all_payloads,
    claims,
    illegal_let_through,
    instances,
    legal_refused,
    lint,
    outputs_outside,
)
from tests.zoo.world import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.zoo.urls")]

each_serializer = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])

_COMPUTED = "The limit is a callable, which each request asks anew."
_FILES = "Which files there are is another thing at each request."
LET_THROUGH: dict[tuple[str, str], str] = {
    ("CheckedSerializer", "late"): _COMPUTED,
    ("BoundedInteger", "late"): _COMPUTED,
    ("BoundedDecimal", "late"): _COMPUTED,
    ("LengthValidators", "a"): _COMPUTED,
    ("PathText", "module"): _FILES,
    ("PathText", "optional"): _FILES,
    ("PathText", "null"): _FILES,
}
"""(serializer, place) of refusals that a schema could express and ours does not, and why not."""


@pytest.fixture(scope="module", autouse=True)
def _world(django_db_setup, django_db_blocker):
    """The rows that payloads refer to, once for all tests here; each test's own transaction lies within."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_world()
        yield
        transaction.set_rollback(True)


_payloads: dict[str, list[Payload]] = {}


def payloads_of(case: Case) -> list[Payload]:
    """The payloads, made once."""
    if case.name not in _payloads:
        _payloads[case.name] = all_payloads(case)
    return _payloads[case.name]


def schemas_of(case: Case) -> dict[bool, dict]:
    """The input schemas: for POST, and for PATCH where there is one."""
    partials = {payload.partial for payload in payloads_of(case)} or {False}
    return {partial: OURS.input(case, partial) for partial in partials}


def told(findings: list[Finding]) -> str:
    """The findings for a reader, the first ten of them."""
    more = f"\n... and {len(findings) - 10} more" if len(findings) > 10 else ""
    return "".join(f"\n{finding}" for finding in findings[:10]) + more


def test_the_zoo_has_what_it_promises():
    assert len(CASES) >= 90
    assert len({case.name for case in CASES}) == len(CASES)
    assert sum(len(case.payloads()) for case in CASES) >= 8 * len(CASES)
    assert any(payload.partial for case in CASES for payload in case.payloads())


@each_serializer
def test_the_serializer_agrees_with_what_is_written_about_it(case: Case):
    wrong = claims(case)
    assert not wrong, "\n".join(wrong)


@each_serializer
def test_schemas_are_lawful_and_written_in_the_narrow_dialect(case: Case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inputs = [OURS.input(case, partial) for partial in (False, True)]
        outputs = [OURS.output(case)]
    faults = []
    for schema in inputs + outputs:
        assert json.loads(json.dumps(schema, allow_nan=False)) == schema
        Draft202012Validator.check_schema(schema)
        faults += lint(schema, bare=schema in outputs)
    assert not faults, "\n".join(faults)


@each_serializer
def test_the_same_serializer_gives_the_same_schema_twice(case: Case):
    assert json.dumps(OURS.input(case, False)) == json.dumps(OURS.input(case, False))
    assert json.dumps(OURS.output(case)) == json.dumps(OURS.output(case))


@each_serializer
def test_no_legal_payload_is_refused(case: Case):
    findings = legal_refused(case, payloads_of(case), schemas_of(case))
    assert not findings, told(findings)


@each_serializer
def test_illegal_payloads_are_refused_where_a_schema_can_say_why(case: Case):
    findings = illegal_let_through(case, payloads_of(case), schemas_of(case))
    findings = [finding for finding in findings if (finding.case, finding.place) not in LET_THROUGH]
    assert not findings, told(findings)


def test_every_exception_is_still_needed():
    found = set()
    for case in CASES:
        if any(name == case.name for name, _ in LET_THROUGH):
            found |= {
                (finding.case, finding.place)
                for finding in illegal_let_through(case, payloads_of(case), schemas_of(case))
            }
    assert set(LET_THROUGH) <= found


@each_serializer
def test_answers_fit_their_schema(case: Case):
    findings = outputs_outside(case, OURS.output(case)) if instances(case) else []
    assert not findings, told(findings)
