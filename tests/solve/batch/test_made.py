"""What net trades come to: loops and arrays give the same amounts, and measure the same violations."""

from __future__ import annotations

import numpy as np
import pytest

from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate import formulate
from di_advisor.solve.batch import answer
from di_advisor.solve.batch.common import common_to
from di_advisor.solve.batch.single import topped
from di_advisor.solve.batch.tuning import TUNING
from di_advisor.testing.random_cases import random_case


@pytest.mark.parametrize("seed", range(9, 15))
@pytest.mark.parametrize("spread", [0.0, 1e-3, 0.05])
def test_loops_make_the_amounts_of_arrays_and_see_the_same_violation(seed: int, spread: float) -> None:
    case = random_case(seed, names=40, shared_groups=2)
    mandate = case.mandate.with_changes(tracking_error_max=None, cash_max=0.03)
    block = formulate(case.signals, mandate, TaxProfile(ConstantRates(0.35, 0.175))).block
    common = common_to(block)
    assert common is not None
    top = topped(block, common, np.zeros(common.levers.shape[1]), TUNING.softness, TUNING.soft_steps)
    assert top.asked is not None
    g = np.random.default_rng(seed)
    if spread:  # trades and sides that no limit allows
        flipped = top.sells ^ (g.random(len(top.sells)) < 0.5)
        top = top._replace(trade=top.trade + spread * g.normal(size=len(top.trade)), sells=flipped)
    looped = answer._made_by_loops(block, common, top, top.asked)
    by_arrays = answer._made(block, common, top)
    assert looped.amounts.tolist() == by_arrays.amounts.tolist()
    assert looped.plan.sells.tolist() == by_arrays.plan.sells.tolist()
    assert looped.plan.buys.tolist() == by_arrays.plan.buys.tolist()
    assert looped.active.tolist() == by_arrays.active.tolist()
    assert looped.residual == pytest.approx(by_arrays.residual, rel=1e-12, abs=1e-15)
    assert (looped.residual > 1e-6) == bool(spread)
