"""What pulls and what holds a trade: parts are true derivatives, and they sum to zero or to a limit's multiplier."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.formulate import formulate
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.propose.counterfactual import Place
from di_advisor.propose.forces import ForceBalance, force_balance
from di_advisor.propose.marginals import Marginals, amounts_of
from di_advisor.solve import Solution, solve
from di_advisor.testing.random_cases import random_case


def solved(seed: int, **changes: object) -> tuple[Problem, Solution]:
    case = random_case(seed, names=24, lots_a_name=3)
    wishes = Mandate(
        risk_aversion=20.0,
        cash_min=0.002,
        sector_band=Band.within(0.02),
        factor_bands={"style0": Band.within(0.02)},
        turnover_max=0.15 if seed % 2 else None,
        rounding=Rounding.FRACTIONAL,
    ).with_changes(**changes)
    problem = formulate(case.signals, wishes, case.tax)
    return problem, solve(problem, rounds=3)


def places(problem: Problem, solution: Solution) -> list[Place]:
    lots = [Place(int(problem.block.holdings.lot_name[i]), int(i)) for i in np.flatnonzero(solution.plan.sells > 1e-7)]
    return [*lots, *(Place(int(i), -1) for i in np.flatnonzero(solution.plan.buys > 1e-7))]


def balance(problem: Problem, solution: Solution, place: Place) -> ForceBalance:
    found = force_balance(problem, solution, place)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(8))
def test_forces_sum_to_zero_inside_and_to_the_multiplier_of_a_limit_otherwise(seed: int) -> None:
    minimum = (0.0, 2e-3)[seed // 2 % 2]
    problem, solution = solved(seed, min_trade_weight=minimum)
    block = problem.block
    amounts = amounts_of(block, solution.plan)
    inside = 0
    for place in places(problem, solution):
        found = balance(problem, solution, place)
        assert found.total_usd_per_usd == pytest.approx(0.0, abs=1e-12)
        mine = (
            block.segments.lot == place.lot
            if place.lot >= 0
            else ~block.segments.sell & (block.segments.name == place.name)
        )
        last = np.flatnonzero(mine & (amounts > 1e-9))[-1]
        z, u = (block.holdings.active + solution.plan.net(block.holdings.lot_name))[place.name], None
        u = abs(z - block.holdings.active[place.name])
        partly = 1e-7 < amounts[last] < block.segments.width[last] - 1e-7
        free = block.active_lower[place.name] + 1e-7 < z < block.active_upper[place.name] - 1e-7 and u > minimum + 1e-7
        if partly and free:
            inside += 1
            assert found.limit == ""
            assert abs(found.limit_usd_per_usd) < 1e-7
            assert found.sentence.endswith("they balance.")
        if found.limit:
            assert found.limit in found.sentence
            held = "keeps" in found.limit or "keep " in found.limit
            assert (found.limit_usd_per_usd < 0) == held, found
    assert inside >= 3


@pytest.mark.parametrize("seed", range(4))
def test_the_forces_of_the_terms_are_the_slopes_of_the_terms(seed: int) -> None:
    problem, solution = solved(seed)
    value, step = problem.block.holdings.value_usd, 1e-7
    plan = solution.plan
    for place in places(problem, solution):
        sells, buys = plan.sells.copy(), plan.buys.copy()
        back = Plan(sells, buys)
        (sells if place.lot >= 0 else buys)[place.lot if place.lot >= 0 else place.name] -= step
        found = {f.source: f.usd_per_usd for f in balance(problem, solution, place).forces}
        risk = sum(v for k, v in found.items() if k == "own risk" or k.startswith("factor risk"))
        block = problem.block
        last = (
            place.lot < 0
            or not (
                solution.plan.sells[
                    [i for i in np.flatnonzero(block.holdings.lot_name == place.name).tolist() if i != place.lot]
                ]
                > 0
            ).any()
        )
        for term in problem.terms:
            slope = (term.value_usd(plan) - term.value_usd(back)) / (step * value)
            if term.name == "active risk":
                assert risk == pytest.approx(slope, abs=2e-5)
            elif term.name != "trading cost" or last:
                assert found.get(term.name, 0.0) == pytest.approx(slope, abs=2e-5)


def test_under_a_cap_the_cap_is_one_of_the_forces() -> None:
    problem, free = solved(2)
    block = problem.block
    reached = block.risk.tracking_error(block.holdings.active + free.plan.net(block.holdings.lot_name))
    problem, solution = solved(2, tracking_error_max=0.9 * reached)
    assert solution.prices.risk > problem.block.aversion
    seen = 0
    for place in places(problem, solution):
        found = balance(problem, solution, place)
        seen += any(f.source == "tracking error cap" for f in found.forces)
    assert seen


def test_a_name_that_does_not_trade_has_no_balance_without_a_piece() -> None:
    problem, solution = solved(1)
    block = problem.block
    empty = replace(block.segments, **{f: getattr(block.segments, f)[:0] for f in block.segments.__dataclass_fields__})
    bare = replace(problem, blocks=(replace(block, segments=empty, rows=()),))
    prices = replace(solution.prices, rows=np.zeros(0))
    assert force_balance(bare, replace(solution, prices=prices), Place(0, -1)) is None
    assert len(Marginals.of(bare.block, solution.plan, prices).by_segment) == 0
