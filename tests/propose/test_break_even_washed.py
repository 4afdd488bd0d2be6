"""Break-evens of a trade that is charged its whole washed width hold against re-solving with either charge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.signals import Signals
from di_advisor.formulate import formulate
from di_advisor.propose.break_even import break_evens, margin_of
from di_advisor.propose.counterfactual import Place, place_of, without
from di_advisor.propose.neighbours import Neighbours
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.recut import charged
from di_advisor.solve.choices import Choice
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.testing.random_situations import with_washes
from tests.solve.whole_worlds import whole_world

WITHIN = {Choice.BUY_BEYOND: Choice.BUY, Choice.SELL_BEYOND: Choice.SELL}


def planned(seed: int) -> Planned:
    world = whole_world(seed)
    return plan_for(world.signals, world.mandate, world.tax, Clock(silent), never, world.own)


@pytest.mark.parametrize("seed", [1081, 1098])
def test_a_charge_of_the_margin_ends_a_purchase_past_its_washed_width(seed: int) -> None:
    plan = planned(seed)
    seen = 0
    for place in (place_of(plan, t) for t in plan.proposal.trade_list):
        choice = Choice(int(plan.solution.choices[place.name]))
        if choice is not Choice.BUY_BEYOND:
            continue
        margin = margin_of(plan, place)
        assert margin is not None
        bare = without(plan, place)
        worth = []
        for share in (0.99, 1.01):
            block = charged(plan.problem, name=place.name, lot=place.lot, charge=share * margin)
            either = []
            for charged_as in (choice, WITHIN[choice]):
                choices = plan.solution.choices.copy()
                choices[place.name] = charged_as
                either.append(plan.neighbours.solve(choices, block=block).objective)
            worth.append(bare.objective - min(either))
        assert worth[0] > 0 >= worth[1] - 1e-10, (place, margin, worth)
        seen += 1
        if seen == 2:
            break
    assert seen


def with_gain_of_price(signals: Signals, lot: int, up: float) -> Signals:
    """The lot's gain as it would be at another price, weights as they are."""
    account = signals.account
    value, gain = account.lot_value_usd[lot], account.lot_gain_usd.copy()
    gain[lot] = value * (1.0 - (1.0 - gain[lot] / value) / up)
    return replace(signals, account=replace(account, lot_gain_usd=gain))


def pays_at(plan: Planned, case: RandomCase, signals: Signals, place: Place) -> bool:
    """Whether the sale is made in the best plan for other signals, however its washed part is charged."""
    problem, best = formulate(signals, plan.mandate, case.tax), []
    for choice in (Choice.NOTHING, Choice.SELL, Choice.SELL_BEYOND):
        choices = plan.solution.choices.copy()
        choices[place.name] = choice
        found = Neighbours(problem, plan.solution, None).solve(choices)
        best.append((found.objective, float(found.plan.sells[place.lot])))
    return min(best)[1] > 1e-9


def test_the_price_at_which_a_partly_washed_loss_is_no_longer_sold_holds_either_way() -> None:
    seen = 0
    for seed in range(8):
        case = random_case(seed, names=16, lots_a_name=1)
        drawn = with_washes(np.random.default_rng(seed), case.signals)
        case = replace(case, signals=drawn.signals)
        wishes = Mandate(risk_aversion=4.0, cash_max=0.5, rounding=Rounding.FRACTIONAL).with_changes(**drawn.changes)
        plan = plan_for(case.signals, wishes, case.tax, Clock(silent), never)
        wash = plan.problem.block.wash
        assert wash is not None
        for trade in plan.proposal.trade_list:
            place = place_of(plan, trade)
            if place.lot < 0 or wash.sell_width[place.name] <= 0:
                continue
            found = next((b for b in break_evens(plan, place) if b.dial == "price"), None)
            if found is None:
                continue
            near, far = (1.0 + share * (found.limit / found.now - 1.0) for share in (0.97, 1.03))
            assert pays_at(plan, case, with_gain_of_price(case.signals, place.lot, near), place)
            assert not pays_at(plan, case, with_gain_of_price(case.signals, place.lot, far), place)
            seen += 1
    assert seen >= 3
