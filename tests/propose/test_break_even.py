"""Break-evens hold against re-solving: a little less of the dial keeps the trade, a little more ends it."""

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.signals import Signals
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.propose.break_even import BreakEven, break_evens, margin_of
from di_advisor.propose.counterfactual import Place, place_of, without
from di_advisor.propose.neighbours import Neighbours
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.recut import charged
from di_advisor.testing.random_cases import RandomCase, random_case


def planned(seed: int, **changes: object) -> tuple[RandomCase, Planned]:
    case = random_case(seed, names=20, lots_a_name=2)
    wishes = Mandate(risk_aversion=20.0, cash_min=0.002, rounding=Rounding.FRACTIONAL).with_changes(**changes)
    return case, plan_for(case.signals, wishes, case.tax, Clock(silent), never)


def made_with(case: RandomCase, plan: Planned, signals: Signals, place: Place) -> float:
    """Weight of a trade in the plan for other signals, the sides of all names kept."""
    problem = formulate(signals, plan.mandate, case.tax)
    found = Neighbours(problem, plan.solution, None).solve(plan.solution.choices)
    return float(found.plan.sells[place.lot] if place.lot >= 0 else found.plan.buys[place.name])


def with_spread(signals: Signals, name: int, spread: float) -> Signals:
    linear = signals.market.costs.linear.copy()
    linear[name] = spread
    return replace(signals, market=replace(signals.market, costs=replace(signals.market.costs, linear=linear)))


def with_gain_of_price(signals: Signals, lot: int, up: float) -> Signals:
    """The lot's gain as it would be at another price, weights as they are."""
    account = signals.account
    value, gain = account.lot_value_usd[lot], account.lot_gain_usd.copy()
    gain[lot] = value * (1.0 - (1.0 - gain[lot] / value) / up)
    return replace(signals, account=replace(account, lot_gain_usd=gain))


def of(found: tuple[BreakEven, ...], dial: str) -> BreakEven | None:
    return next((b for b in found if b.dial == dial), None)


def interior(plan: Planned) -> list[Place]:
    found = [place_of(plan, t) for t in plan.proposal.trade_list]
    made = [
        p for p in found if (plan.solution.plan.sells[p.lot] if p.lot >= 0 else plan.solution.plan.buys[p.name]) > 1e-6
    ]
    return [*made[:4], *made[-3:]]


@pytest.mark.parametrize("seed", range(5))
def test_a_spread_below_the_break_even_keeps_the_trade_and_one_above_ends_it(seed: int) -> None:
    case, plan = planned(seed)
    seen = 0
    for place in interior(plan):
        found = of(break_evens(plan, place), "half-spread")
        if found is None:
            continue
        below = found.now + 0.97 * (found.limit - found.now)
        beyond = found.now + 1.03 * (found.limit - found.now)
        assert made_with(case, plan, with_spread(case.signals, place.name, below), place) > 0
        assert made_with(case, plan, with_spread(case.signals, place.name, beyond), place) <= 1e-9
        assert f"{found.limit * 1e4:,.0f} bps" in found.sentence
        seen += 1
    assert seen >= 3


@pytest.mark.parametrize("seed", range(5))
def test_a_price_below_the_break_even_keeps_the_sale_and_one_above_ends_it(seed: int) -> None:
    case, plan = planned(seed)
    for place in interior(plan):
        found = of(break_evens(plan, place), "price")
        if found is None:
            continue
        up = found.limit / found.now
        kept = made_with(case, plan, with_gain_of_price(case.signals, place.lot, 1 + 0.97 * (up - 1)), place)
        ended = made_with(case, plan, with_gain_of_price(case.signals, place.lot, 1 + 1.03 * (up - 1)), place)
        assert kept > 0
        assert ended <= 1e-9


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("minimum", [0.0, 3e-3])
def test_a_charge_of_the_margin_makes_a_trade_worth_nothing(seed: int, minimum: float) -> None:
    """Exactly: with a little less the plan is better with the trade, with a little more it is not."""
    _, plan = planned(seed, min_trade_weight=minimum)
    idle = plan.neighbours
    for place in interior(plan):
        try:
            found = margin_of(plan, place)
        except InfeasibleError:  # the rules need the trade
            continue
        if found is None or found <= 0:
            continue
        bare = without(plan, place)
        worth = []
        for share in (0.98, 1.02):
            block = charged(plan.problem, name=place.name, lot=place.lot, charge=share * found)
            worth.append(bare.objective - idle.solve(plan.solution.choices, block=block).objective)
        assert worth[0] > 0
        assert worth[1] <= 1e-10


@pytest.mark.parametrize("seed", range(3))
def test_the_risk_aversion_of_a_break_even_ends_the_trade(seed: int) -> None:
    _, plan = planned(seed)
    seen = 0
    for place in interior(plan):
        for found in break_evens(plan, place):
            if found.dial != "risk aversion":
                continue
            made = []
            for share in (0.95, 1.05):
                block = replace(plan.problem.block, aversion=share * found.limit)
                answer = plan.neighbours.solve(plan.solution.choices, block=block).plan
                made.append(answer.sells[place.lot] if place.lot >= 0 else answer.buys[place.name])
            kept, ended = made if found.above else made[::-1]
            assert kept > 1e-9 >= ended
            seen += 1
    assert seen


def test_what_came_from_rounding_or_is_needed_has_no_break_even() -> None:
    _, plan = planned(1)
    name = int(np.flatnonzero(plan.solution.plan.buys <= 0)[0])
    assert break_evens(plan, Place(name, -1)) == ()
