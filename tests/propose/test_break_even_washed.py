"""Break-evens of a trade that is charged its whole washed width hold against re-solving with either charge."""

from __future__ import annotations

import pytest

from di_advisor.propose.break_even import margin_of
from di_advisor.propose.counterfactual import place_of, without
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.recut import charged
from di_advisor.solve.choices import Choice
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
