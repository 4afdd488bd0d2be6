"""One name's sales cut by themselves: the pieces that cutting the whole account anew gives."""

import numpy as np
import pytest

from di_advisor.formulate.rules import Locked
from di_advisor.formulate.segments import Segments, cut
from di_advisor.propose.planned import Clock, Planned, never, plan_for, silent
from di_advisor.propose.recut import sales_of, without_lot
from di_advisor.testing.random_cases import random_case


def planned(seed: int) -> Planned:
    case = random_case(seed, names=30, lots_a_name=4)
    return plan_for(case.signals, case.mandate.with_changes(turnover_max=None), case.tax, Clock(silent), never)


def cut_anew(plan: Planned, lot: int) -> Segments:
    """Every name of the account cut with one lot closed."""
    problem = plan.problem
    holdings, segments = problem.block.holdings, problem.block.segments
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    _, _, _, total = sales_of(problem, int(holdings.lot_name[lot]))
    assert total.lot_slope is not None
    assert total.traded is not None
    width = np.where(np.arange(len(holdings.lot_name)) == lot, 0.0, locked.sell_max)
    loss = np.isin(np.arange(len(width)), segments.lot[segments.loss])
    found = cut(holdings.lot_name, width, total.lot_slope, loss, locked.buy_max, total.traded, total.linear)
    return found.tilted(total.name_slope)


@pytest.mark.parametrize("seed", range(4))
def test_a_name_cut_alone_is_cut_as_in_the_whole_account(seed: int) -> None:
    plan = planned(seed)
    block, tried = plan.problem.block, 0
    for lot in plan.orders.sells:
        found = without_lot(plan.problem, block, name=int(block.holdings.lot_name[lot]), lot=lot)
        if found is None:
            continue
        tried += 1
        expected = cut_anew(plan, lot)
        for field in ("name", "sell", "lot", "loss"):
            assert (getattr(found.segments, field) == getattr(expected, field)).all()
        for field in ("width", "slope", "cash_cost"):
            np.testing.assert_allclose(getattr(found.segments, field), getattr(expected, field), rtol=0, atol=1e-12)
        assert not (found.segments.lot == lot).any()
    assert tried


def test_lots_sold_are_found_by_their_ids() -> None:
    plan = planned(1)
    lots = plan.signals.account.lots
    assert {lots[at].lot_id: at for at in plan.orders.sells} == plan.sold_lots
