"""Accounts solved together: each answer is its own, certified, and the same whoever stands beside it; both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.solve import Solution, search_for
from di_advisor.solve.batch import answer, fits, solve_together
from di_advisor.solve.batch.common import common_to
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.solution import FEASIBLE, residual_of
from di_advisor.testing.random_cases import random_case

_NAMES = 40
_ENOUGH = 5e-4
_ROUND_OFF = 1e-12


@pytest.fixture(scope="module", params=["arrays", "loops"], autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    """By arrays, as where nothing is compiled, and by compiled loops."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer, "is_compiled", lambda: request.param == "loops")
        _alone.cache_clear()
        yield request.param
        _alone.cache_clear()


@cache
def _problem(seed: int, short_rate: float = 0.35, cash: float = 0.01) -> Problem:
    case = random_case(seed, names=_NAMES, shared_groups=seed % 3)
    mandate = case.mandate.with_changes(tracking_error_max=None, cash_max=0.02 + cash)
    return formulate(case.signals, mandate, TaxProfile(ConstantRates(short_rate, 0.5 * short_rate)))


@cache
def _family(seed: int) -> tuple[Problem, ...]:
    """Accounts of one market that differ in lots, tax and cash."""
    case = random_case(seed, names=_NAMES, shared_groups=2)
    mandate = case.mandate.with_changes(tracking_error_max=None)
    found = []
    for i, rate in enumerate((0.2, 0.3, 0.4, 0.45, 0.25)):
        g = np.random.default_rng([seed, i])
        account = case.signals.account
        gain = account.lot_gain_usd * g.uniform(-0.5, 1.5, len(account.lot_gain_usd))
        signals = Signals(case.signals.market, replace(account, lot_gain_usd=gain))
        found.append(formulate(signals, mandate, TaxProfile(ConstantRates(rate, 0.6 * rate))))
    return tuple(found)


@cache
def _alone(seed: int) -> tuple[Solution | None, ...]:
    return tuple(solve_together([p])[0] for p in _family(seed))


def _same(one: Solution | None, other: Solution | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = [(one.plan.sells, other.plan.sells), (one.plan.buys, other.plan.buys), (one.choices, other.choices)]
    pairs += [(one.prices.exposures, other.prices.exposures), (one.prices.rows, other.prices.rows)]
    if not all(np.array_equal(a, b) for a, b in pairs):
        return False
    return (one.objective, one.bound, one.convex_bound) == (other.objective, other.bound, other.convex_bound)


@pytest.mark.parametrize("seed", range(9, 19))
def test_an_answer_keeps_every_limit_and_its_bounds_are_those_of_the_names(seed: int) -> None:
    problem = _problem(seed)
    (found,) = solve_together([problem])
    assert found is not None
    block, names = problem.block, PricedNames(problem.block)
    clean = names.sanitised(found.prices)
    convex_bound, bound = names.bounds(clean, found.choices)
    assert found.convex_bound == pytest.approx(convex_bound, abs=_ROUND_OFF)
    assert found.bound >= bound - _ROUND_OFF
    assert found.residual <= FEASIBLE
    assert found.convex_gap <= _ROUND_OFF
    assert found.gap <= _ENOUGH * abs(found.benefit)
    active = block.holdings.active + found.plan.net(block.holdings.lot_name)
    assert residual_of(block, found.choices, _amounts(problem, found), active) <= FEASIBLE


def _amounts(problem: Problem, found: Solution) -> np.ndarray:
    """Amounts of the segments of a plan: each lot and name is filled in order."""
    segments = problem.block.segments
    left_of_lot, left_of_name = found.plan.sells.copy(), found.plan.buys.copy()
    amounts = np.zeros(len(segments))
    for j in range(len(segments)):
        left, at = (left_of_lot, segments.lot[j]) if segments.sell[j] else (left_of_name, segments.name[j])
        amounts[j] = min(left[at], segments.width[j])
        left[at] -= amounts[j]
    return amounts


@pytest.mark.parametrize("seed", [3, 4, 5, 6, 7, 9, 10])
def test_an_answer_and_that_of_the_search_bound_each_other(seed: int) -> None:
    problem = _problem(seed)
    (found,) = solve_together([problem])
    assert found is not None
    searched = search_for(problem.block, lambda: False, 12).run()
    scale = 1e-9 * max(abs(searched.objective), 1e-6)
    assert found.bound <= searched.objective + scale
    assert searched.bound <= found.objective + scale
    assert found.nothing == pytest.approx(searched.nothing, rel=1e-9)


@settings(max_examples=6, deadline=None)
@given(st.permutations(range(5)), st.integers(1, 5), st.integers(0, 2))
def test_an_answer_does_not_depend_on_who_stands_beside_it(order: list[int], size: int, seed: int) -> None:
    family = _family(seed)
    alone = _alone(seed)
    for first in range(0, len(order), size):
        chosen = order[first : first + size]
        for i, found in zip(chosen, solve_together([family[i] for i in chosen]), strict=True):
            assert _same(found, alone[i])


def test_an_account_without_a_plan_has_no_answer_and_disturbs_nobody() -> None:
    family = _family(0)
    block = family[0].block
    shut = replace(block, active_lower=block.holdings.active + 0.01, active_upper=block.holdings.active + 0.01)
    broken = replace(family[0], blocks=(shut,))
    found = solve_together([family[1], broken, family[2]])
    assert found[1] is None
    assert _same(found[0], solve_together([family[1]])[0])
    assert _same(found[2], solve_together([family[2]])[0])


def test_answers_come_from_accounts_of_several_markets_at_once() -> None:
    mixed = [_family(0)[0], _problem(4), _family(0)[1], _problem(5)]
    assert [found is not None for found in solve_together(mixed)].count(True) >= 2
    for problem, found in zip(mixed, solve_together(mixed), strict=True):
        assert _same(found, solve_together([problem])[0])


@pytest.mark.parametrize(
    "wish", [{"tracking_error_max": 0.02}, {"min_trade_weight": 1e-3}, {"max_names": 30}, {"max_trades": 5}]
)
def test_wishes_with_more_to_choose_than_sides_are_left_to_the_search(wish: dict[str, float]) -> None:
    case = random_case(3, names=_NAMES)
    mandate = case.mandate.with_changes(**({"tracking_error_max": None} | wish))
    problem = formulate(case.signals, mandate, case.tax)
    assert not fits(problem)
    assert solve_together([problem]) == [None]


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_come_to_the_same_plans_bounds_and_prices(seed: int, way: str) -> None:
    blocks = [p.block for p in (*_family(seed), _problem(seed))]
    for block in blocks:
        common = common_to(block)
        assert common is not None
        here, there = (
            answer.answers([block], common, by_loops=by_loops)[0] for by_loops in (way == "loops", way == "arrays")
        )
        if here is None or there is None:
            assert here is there
            continue
        np.testing.assert_array_equal(here.choices, there.choices)
        np.testing.assert_allclose(here.plan.sells, there.plan.sells, rtol=0, atol=1e-10)
        np.testing.assert_allclose(here.plan.buys, there.plan.buys, rtol=0, atol=1e-10)
        np.testing.assert_allclose(here.prices.exposures, there.prices.exposures, rtol=1e-6, atol=1e-10)
        for figure in ("objective", "bound", "convex_bound", "nothing"):
            assert getattr(here, figure) == pytest.approx(getattr(there, figure), rel=1e-9, abs=1e-13)
