"""Charts, drawn on the server: the numbers that a template makes SVG of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drf_mcp.models import Call
from drf_mcp.statistics import Step

HEIGHT = 100
"""How high the highest bar may be, in units of the drawing."""

LABELS = 7
"""How many steps have their time below, at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: the calls with one outcome.

    Args:
        outcome: Which.
        y: Where it begins, from the top.
        height: How high it is.
    """

    outcome: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The calls of one step.

    Args:
        step: Which.
        x: Where it begins, from the left; a step is 10 wide.
        parts: What it is made of, from the bottom.
        has_label: Whether its time stands below.
        cells: How many calls had each of the chart's outcomes.
    """

    step: Step
    x: int
    parts: Sequence[Part]
    has_label: bool
    cells: Sequence[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """Calls over time.

    Args:
        bars: One for each step.
        outcomes: The outcomes that there were, with their names.
        top: The number at the top of the scale.
        width: In units of the drawing.
        busiest: The step with the most calls.
    """

    bars: Sequence[Bar]
    outcomes: Sequence[tuple[str, Any]]
    top: int
    width: int
    busiest: Step

    @property
    def start(self) -> datetime:
        """When the first step begins."""
        return self.bars[0].step.start


def chart_of(steps: Sequence[Step]) -> Chart:
    """Draw steps as stacked bars.

    Args:
        steps: The calls over time; at least one.
    """
    seen = {outcome for step in steps for outcome in step.counts}
    outcomes = [(outcome.value, outcome.label) for outcome in Call.Outcome if outcome.value in seen]
    busiest = max(steps, key=lambda step: step.total)
    top = nice_top(busiest.total)
    every = -(-len(steps) // LABELS)
    bars = []
    for number, step in enumerate(steps):
        parts, y = [], float(HEIGHT)
        for outcome, _label in outcomes:
            height = step.counts.get(outcome, 0) * HEIGHT / top
            y -= height
            if height:
                parts.append(Part(outcome, round(y, 2), round(height, 2)))
        cells = [step.counts.get(outcome, 0) for outcome, _label in outcomes]
        bars.append(Bar(step, number * 10, parts, (len(steps) - 1 - number) % every == 0, cells))
    return Chart(bars, outcomes, top, len(steps) * 10, busiest)


def nice_top(greatest: int) -> int:
    """The end of a scale: the least of 2, 4, 6, 10, 20, 40, 60, 100, ... that is not below the greatest value.

    All are even, so that the middle of the scale has a whole number, too.
    """
    unit = 1
    while True:
        for top in (2, 4, 6, 10):
            if greatest <= top * unit:
                return top * unit
        unit *= 10
