"""A cap as a price of risk: what ends the search for it, and what is known of the plan that ended it."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Rounding
from di_advisor.domain.market import FloatArray
from di_advisor.formulate.build import formulate
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import relaxed
from di_advisor.solve.quadratic import HotPath, QuadraticProgram
from di_advisor.solve.solution import objective_of, variance_of
from di_advisor.solve.tracking import solve_capped
from di_advisor.testing.random_cases import random_case

GAP = 1e-7


def capped_block(seed: int, share: float = 0.85) -> Block:
    """A block whose cap is a share of the tracking error that it would have without one."""
    case = random_case(seed, names=40, lots_a_name=2)
    mandate = case.mandate.with_changes(tracking_error_max=None, rounding=Rounding.FRACTIONAL)
    block = formulate(case.signals, mandate, case.tax).block
    free = QuadraticProgram(block, relaxed(block)).solve(block.aversion)
    return replace(block, tracking_error_max=share * float(np.sqrt(variance_of(block, free.active))))


def active_of(block: Block, amounts: FloatArray) -> FloatArray:
    segments = block.segments
    moved = np.bincount(segments.name, weights=segments.sign * amounts, minlength=len(block.impact))
    return np.asarray(block.holdings.active + moved, dtype=np.float64)


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_that_comes_with_a_capped_plan_is_the_program_s_and_its_gap_is_what_was_asked(seed: int) -> None:
    block = capped_block(seed)
    program = QuadraticProgram(block, relaxed(block))
    found = solve_capped(program, gap=GAP)
    assert found is not None
    assert found.bound == program.bound(found.prices)
    active = active_of(block, found.amounts)
    cap = block.tracking_error_max
    assert cap is not None
    assert np.sqrt(variance_of(block, active)) <= cap
    objective = objective_of(block, found.amounts, active)
    nothing = block.aversion * variance_of(block, block.holdings.active)
    assert found.bound is not None
    assert objective - found.bound <= GAP * max(abs(objective), abs(nothing - objective))


@pytest.mark.parametrize("seed", range(5))
def test_a_price_that_leaves_the_risk_just_below_the_cap_ends_the_search_at_once(seed: int) -> None:
    block = capped_block(seed)
    first = solve_capped(QuadraticProgram(block, relaxed(block)), gap=GAP)
    assert first is not None
    price = first.prices.risk * (1.0 + 1e-7)
    there = QuadraticProgram(block, relaxed(block)).solve(price)
    # the cap is where this price leaves the risk, and a hair more
    cap = float(np.sqrt(variance_of(block, there.active))) * (1.0 + 1e-8)
    hot = HotPath(block)
    program = QuadraticProgram(replace(block, tracking_error_max=cap), relaxed(block), hot=hot)
    found = solve_capped(program, start=price, gap=GAP)
    assert hot.counts.solves == 1
    assert found is not None
    np.testing.assert_allclose(found.amounts, there.amounts, rtol=0, atol=1e-9)
    assert found.bound == program.bound(found.prices)
    farther = replace(block, tracking_error_max=cap * (1.0 + 1e-3))  # not where that price leaves it
    again = HotPath(block)
    assert solve_capped(QuadraticProgram(farther, relaxed(block), hot=again), start=price, gap=GAP) is not None
    assert again.counts.solves > 1
