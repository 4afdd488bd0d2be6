"""Under a tracking-error cap risk is one more price: the bound is as high as any bracket's, the plan as good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.solve import search_for
from di_advisor.solve.capped_search import CappedSearch
from di_advisor.solve.choices import relaxed
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.smoothed import climbed
from di_advisor.solve.solution import Solution, variance_of
from di_advisor.testing.random_cases import random_case

_SHARE = 0.8


def capped_block(seed: int, **changes: object) -> Block:
    """A block under a cap that binds: less tracking error than its plan without one has."""
    case = random_case(seed, names=50)
    mandate = case.mandate.with_changes(tracking_error_max=None, min_trade_weight=5e-4, **changes)
    block = formulate(case.signals, mandate, case.tax).block
    return replace(block, tracking_error_max=_SHARE * tracking_error(block, search_for(block, lambda: False, 6).run()))


def tracking_error(block: Block, solution: Solution) -> float:
    active = block.holdings.active + solution.plan.net(block.holdings.lot_name)
    return float(variance_of(block, active) ** 0.5)


def search(block: Block) -> CappedSearch:
    found = search_for(block, lambda: False, 12)
    assert isinstance(found, CappedSearch)
    return found


@pytest.mark.parametrize("seed", [2, 5, 7, 8])
def test_the_bound_is_no_lower_than_that_of_a_bracket_and_the_plan_about_as_good(seed: int) -> None:
    block = capped_block(seed)
    one, other = search(block), search(block)
    found = one.run()
    first = other.plain(
        QuadraticProgram(block, relaxed(block), hot=other.hot),
        other.first_price(QuadraticProgram(block, relaxed(block), hot=other.hot)),
    )
    bracketed = other._bracketed(first)
    benefit = found.nothing - found.objective
    assert tracking_error(block, found) <= block.tracking_error_max * (1 + 1e-9)
    assert found.bound >= other.bound - 1e-4 * benefit
    assert found.objective <= bracketed.objective + 5e-3 * benefit
    assert found.bound <= bracketed.objective + 1e-12


@pytest.mark.parametrize("seed", [2, 5, 7])
def test_the_climbed_price_of_risk_is_where_its_bound_is_highest(seed: int) -> None:
    block = capped_block(seed)
    one = search(block)
    start = one.plain(QuadraticProgram(block, relaxed(block), hot=one.hot), 2.0 * block.aversion)
    top = climbed(one.names, start)
    assert top.prices.risk >= block.aversion
    for multiple in (0.8, 0.95, 1.05, 1.25):
        price = max(block.aversion, multiple * top.prices.risk)
        alone = climbed(one.names, replace(top.prices, risk=price), stages=0)
        assert alone.bound <= top.bound + 1e-9


@pytest.mark.parametrize("seed", [2, 5])
def test_a_cap_tightened_a_little_keeps_the_choices_and_one_tightened_much_is_searched_anew(seed: int) -> None:
    block = capped_block(seed)
    near = search(block).run()
    assert block.tracking_error_max is not None
    tight = replace(block, tracking_error_max=block.tracking_error_max * (1 - 1e-4))
    found, anew = search(tight).resumed(near), search(tight).run()
    assert found is not None
    assert (found.choices == near.choices).all()
    assert tracking_error(tight, found) <= block.tracking_error_max * (1 - 1e-4) * (1 + 1e-9)
    assert near.bound <= found.bound <= anew.objective + 1e-12
    assert found.objective <= anew.objective + 1e-4 * (near.nothing - near.objective)
    assert found.solves - near.solves < anew.solves
    far = replace(block, tracking_error_max=0.7 * block.tracking_error_max)
    assert search(far).resumed(near) is None
