"""A short and always equal part of what ``make fuzz`` does for long."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import include, path
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from rest_framework.decorators import action
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from drf_mcp import mcp_tool

from .calls import PROJECTS, call_every_tool, check_call
from .endpoint import Endpoint
from .oracle import Finding
from .views import NameSerializer
from .wire import machine_for


class CarelessViewSet(ViewSet):
    @mcp_tool(name="careless", input=NameSerializer)
    @action(detail=False, methods=["post"])
    def careless(self, request: Any) -> None:
        """Change rows, add none, and look at the arguments afterwards."""
        Group.objects.update(name="changed")
        NameSerializer(data=request.data).is_valid(raise_exception=True)


router = SimpleRouter()
router.register("careless", CarelessViewSet, basename="careless")
urlpatterns = [path("api/", include(router.urls)), path("mcp/", include("drf_mcp.urls"))]


TAKE_ANYTHING = {"create_anything", "create_shorthand"}


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
def test_what_fits_the_schema_of_any_tool_is_not_refused_for_its_shape_and_what_does_not_writes_nothing(
    project: str,
) -> None:
    endpoint = Endpoint(project)
    with endpoint.open():
        called = call_every_tool(endpoint, short(1))
    assert called.tools == called.valid
    assert {name.rpartition(" ")[2] for name in called.tools - called.invalid} <= TAKE_ANYTHING


@pytest.mark.django_db
def test_a_refused_call_that_changed_a_row_is_found_also_where_there_are_as_many_as_before() -> None:
    endpoint = Endpoint(__name__)
    with endpoint.open():
        Group.objects.create(name="as it was")
        with pytest.raises(Finding, match=r"and changed auth_group: .*-32602"):
            check_call(endpoint, "careless", {"name": "x" * 21}, fits=False)
        assert Group.objects.get(name="as it was")
