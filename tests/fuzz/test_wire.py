"""A short and always equal part of what ``make fuzz`` does for long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .calls import PROJECTS, call_test
from .endpoint import Endpoint
from .wire import machine_for


def short(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=12,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.django_db
def test_hostile_messages_of_all_kinds_get_an_answer_that_is_in_order() -> None:
    endpoint = Endpoint()
    with endpoint.open():
        run_state_machine_as_test(machine_for(endpoint), settings=short(25))
    assert endpoint.inputs > 100


@pytest.mark.django_db
@pytest.mark.parametrize("project", PROJECTS)
def test_what_fits_a_schema_is_not_refused_for_its_shape_and_what_does_not_writes_nothing(project: str) -> None:
    endpoint = Endpoint(project)
    with endpoint.open():
        short(15)(call_test(endpoint))()
