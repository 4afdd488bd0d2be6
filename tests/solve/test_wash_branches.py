"""Washed parts priced by partial quantity: the lesser of a price and a constant, choice by choice."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.formulate.wash_prices import WashPrices
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choice, washed
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import FEASIBLE, objective_of, residual_of, wash_cost
from di_advisor.testing.random_cases import random_case

SIDES = (Choice.SELL, Choice.BUY, Choice.SELL_BEYOND, Choice.BUY_BEYOND)


def priced_block(seed: int, *, names: int = 5, minimum: float = 0.0) -> Block:
    """A small account where every name has washable shares on both sides."""
    case = random_case(seed, names=names, lots_a_name=2, styles=2)
    mandate = case.mandate.with_changes(
        tracking_error_max=None,
        min_trade_weight=minimum,
        sector_band=None,
        factor_bands={},
        turnover_max=None,
        cash_min=0.0,
        cash_max=0.1,
    )
    block = formulate(case.signals, mandate, case.tax).block
    g = np.random.default_rng(seed)
    held = block.holdings.held
    wash = WashPrices(
        buy_width=g.uniform(0, 0.05, names),
        buy_price=g.uniform(0, 0.06, names),
        sell_width=held * g.uniform(0, 0.6, names),
        sell_price=g.uniform(0, 0.1, names),
    )
    return replace(block, wash=wash)


def best_of_all(block: Block) -> float:
    best = np.inf
    losses = block.segments.names_with_losses(len(block.active_lower))
    options = [SIDES if lost else (Choice.BUY, Choice.BUY_BEYOND) for lost in losses.tolist()]
    for combination in itertools.product(*options):
        choices = np.array(combination, dtype=np.int64)
        answer = QuadraticProgram(block, choices).solve(block.aversion)
        if answer.status == "solved":
            best = min(best, objective_of(block, answer.amounts, answer.active))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_priced_wash_sales_are_within_the_certificate_of_the_best_of_all_combinations(seed: int) -> None:
    block = priced_block(seed)
    truth = best_of_all(block)
    solution = search_for(block, lambda: False, 12).run()
    assert solution.bound <= truth + 1e-9
    assert truth <= solution.objective + 1e-9
    assert solution.objective - truth <= 0.03 * (solution.nothing - truth)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 20), draw=st.integers(0, 10**6))
def test_no_plan_is_better_than_the_bound_with_washed_parts_priced(seed: int, draw: int) -> None:
    g = np.random.default_rng(draw)
    block = priced_block(seed, names=6, minimum=0.002 * (seed % 2))
    choices = g.choice([int(c) for c in (*SIDES, Choice.NOTHING)], size=6)
    answer = QuadraticProgram(block, choices).solve(block.aversion)
    if answer.status != "solved" or residual_of(block, choices, answer.amounts, answer.active) > FEASIBLE:
        return
    names = PricedNames(block)
    clean = names.sanitised(answer.known_prices)
    noisy = replace(clean, exposures=clean.exposures + 0.02 * g.standard_normal(len(clean.exposures)))
    objective = objective_of(block, answer.amounts, answer.active)
    assert names.bound(clean) <= objective + 1e-9
    assert names.bound(names.sanitised(noisy)) <= objective + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_the_washed_part_costs_the_lesser_of_the_price_and_the_whole_width(seed: int) -> None:
    block = priced_block(seed)
    wash, segments = block.wash, block.segments
    assert wash is not None
    g = np.random.default_rng(seed)
    amounts = segments.width * g.random(len(segments))
    n = len(block.active_lower)
    by_amount = [washed(block, np.full(n, int(c))).segments.slope for c in (Choice.SELL, Choice.BUY)]
    for i in range(n):
        bought = amounts[(segments.name == i) & ~segments.sell].sum()
        lost = amounts[(segments.name == i) & segments.loss].sum()
        mine = np.where(segments.name == i, amounts, 0.0)
        expected = (
            min(bought, wash.buy_width[i]) * wash.buy_price[i] + min(lost, wash.sell_width[i]) * wash.sell_price[i]
        )
        assert wash_cost(block, mine) == pytest.approx(expected)
        assert (by_amount[0] - segments.slope) @ mine == pytest.approx(lost * wash.sell_price[i])
        assert (by_amount[1] - segments.slope) @ mine == pytest.approx(bought * wash.buy_price[i])


def test_a_width_of_nothing_changes_nothing() -> None:
    block = priced_block(3)
    zero = np.zeros(len(block.active_lower))
    free = replace(block, wash=WashPrices(zero, zero + 0.5, zero, zero + 0.5))
    plain = search_for(replace(block, wash=None), lambda: False, 12).run()
    priced = search_for(free, lambda: False, 12).run()
    assert priced.objective == pytest.approx(plain.objective, abs=1e-10)


def test_selling_out_pays_the_washed_part_once() -> None:
    block = replace(priced_block(2, names=8), names_max=5)
    choices = np.full(8, int(Choice.EXIT))
    wash, segments = block.wash, block.segments
    assert wash is not None
    everything = np.where(segments.sell, segments.width, 0.0)
    charged = (washed(block, choices).segments.slope - segments.slope) @ everything
    assert charged == pytest.approx(wash_cost(block, everything))
    assert charged > 0
