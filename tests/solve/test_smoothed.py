"""The climb of the bound over all choices, where gains are sold and bought back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, relaxed
from di_advisor.solve.discrete import Search
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.smoothed import climbed
from di_advisor.testing.random_cases import random_case

LITTLE = 1e-8


def untaxed(seed: int) -> Block:
    """An account whose gains cost nothing now and something later, so that some are sold and bought back."""
    case = random_case(seed, names=200)
    tax = TaxProfile(ConstantRates(0.0, 0.0))
    return formulate(case.signals, case.mandate.with_changes(tracking_error_max=None), tax).block


def relaxed_prices(block: Block) -> Prices:
    answer = QuadraticProgram(block, relaxed(block)).solve(block.aversion)
    return PricedNames(block).sanitised(answer.known_prices)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_name_on_both_sides_trades_is_the_slope_of_what_it_costs(seed: int) -> None:
    """By the envelope theorem: of its value in the price of an exposure, and in that of a row."""
    block = untaxed(seed)
    names, prices = PricedNames(block), relaxed_prices(block)
    swapping = names.values(prices).gains_sold[Choice.BUY]
    assert swapping is not None
    trades = swapping.trades
    assert len(trades.name)
    row = next(j for j, r in enumerate(block.rows) if r.on_segments is not None)
    counted = block.rows[row].on_segments
    assert counted is not None
    on = np.bincount(block.segments.name, weights=counted * trades.amounts, minlength=len(block.impact))

    def cost(exposure: float, price: float) -> np.ndarray:
        exposures, rows = prices.exposures.copy(), prices.rows.copy()
        exposures[0] += exposure
        rows[row] += price
        there = PricedNames(block).values(replace(prices, exposures=exposures, rows=rows))
        return np.asarray(there.plain[trades.name, Choice.BUY])

    moved = (cost(LITTLE, 0.0) - cost(-LITTLE, 0.0)) / (2.0 * LITTLE)
    assert moved == pytest.approx(block.risk.exposures[trades.name, 0] * trades.trade, abs=1e-6)
    moved = (cost(0.0, LITTLE) - cost(0.0, -LITTLE)) / (2.0 * LITTLE)
    assert moved == pytest.approx(on[trades.name], abs=1e-6)


@pytest.mark.parametrize("seed", [0, 1, 2, 4])
def test_the_climb_ends_at_the_top_where_gains_are_sold_and_bought_back(seed: int) -> None:
    """What it proves is next to what the best plan found costs: no slope led it astray."""
    block = untaxed(seed)
    found = climbed(PricedNames(block), relaxed_prices(block))
    plan = Search(block, lambda: False, 12).run()
    assert found.bound <= plan.objective + 1e-12
    assert plan.objective - found.bound <= 1e-5 * abs(plan.benefit)
