"""The power of impact as it is: names sold and bought at once, Clarabel's two ways, and the bounds."""

from __future__ import annotations

import numpy as np
import pytest

from di_advisor.formulate.segments import Segments
from di_advisor.solve.both_sides import Ends, both_at_once
from di_advisor.solve.scalar import Curve
from tests.solve.agreement import agrees, keeps_every_wish, outcome


@pytest.mark.parametrize("seed", [171, 259, 552])
def test_what_clarabel_fails_at_with_power_cones_is_solved_and_certified(seed: int) -> None:
    found = outcome(seed)
    assert found.kept, found.error
    agrees(found)
    keeps_every_wish(found)


def test_gains_sold_and_bought_back_leave_next_to_no_gap() -> None:
    found = outcome(259).solution
    assert found is not None
    assert found.gap <= 1e-6 * found.benefit


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_of_a_name_sold_and_bought_at_once_is_its_minimum_on_a_grid(seed: int) -> None:
    g = np.random.default_rng([seed, 77])
    slope = np.array([-0.02 + 0.01 * g.random(), 0.004 * g.random(), -0.006 * g.random()])
    width = np.array([0.01, 0.02, 0.03]) * (0.5 + g.random(3))
    segments = Segments(
        lot=np.array([0, 1, -1]),
        name=np.zeros(3, dtype=np.int64),
        sell=np.array([True, True, False]),
        cash_cost=np.zeros(3),
        slope=slope,
        width=width,
        loss=np.zeros(3, dtype=np.bool_),
    )
    q, lean, power = np.array([2.0]), np.array([g.normal() * 0.01]), np.array([[0.03, 0.05]]) * g.random()
    lower, upper = np.array([-0.01]), np.array([0.015])
    ends = Ends.of(segments, np.ones(3, dtype=np.bool_), lower, upper)
    bound = both_at_once(segments, ends, slope, Curve(q, lean), power)[0]
    first = np.linspace(0.0, width[0], 81)
    second, bought = np.linspace(0.0, width[1], 61), np.linspace(0.0, width[2], 181)
    a, b, c = np.meshgrid(first, second, bought, indexing="ij")
    u, s = c - a - b, a + b
    value = 0.5 * q[0] * u * u + lean[0] * u + slope[0] * a + slope[1] * b + slope[2] * c
    value = value + power[0, 0] * s**1.5 + power[0, 1] * c**1.5
    least = float(value[(u >= lower[0] - 1e-12) & (u <= upper[0] + 1e-12)].min())
    assert bound <= least + 1e-12
    assert bound >= least - 2e-6
