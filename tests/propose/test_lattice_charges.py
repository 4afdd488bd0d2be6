"""Charges that are looked up are those that are reckoned, whatever was asked before."""

import numpy as np
import pytest

from di_advisor.formulate import formulate
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.tax_rules import GainBudget
from di_advisor.formulate.terms import TradingCost
from di_advisor.propose.lattice_charges import Charges
from di_advisor.propose.lattice_gains import BudgetedGains
from di_advisor.propose.sale_curve import SaleCurve
from di_advisor.testing.random_cases import random_case


@pytest.mark.parametrize("seed", range(6))
def test_a_look_after_a_few_changes_is_the_same_to_the_last_bit(seed: int) -> None:
    case = random_case(seed, names=30, lots_a_name=3)
    problem = formulate(case.signals, case.mandate.with_changes(gain_budget_usd="100"), case.tax)
    assert any(isinstance(r, GainBudget) for r in problem.rules)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    cost = next(t for t in problem.terms if isinstance(t, TradingCost))
    g = np.random.default_rng(seed)
    sale = SaleCurve.of(problem.block.holdings.lot_name, locked.sell_max, g.normal(0.1, 0.2, len(locked.sell_max)))
    direction = g.choice([-1.0, 0.0, 1.0], 30)
    charges = Charges(cost, sale, BudgetedGains(problem, sale), direction, None, None)
    amount = g.random(30) * 0.02
    for changed in (0, 1, 3, 30, 2):
        amount = amount.copy()
        amount[:changed] = g.random(changed) * 0.02
        looked, reckoned = charges.of(amount), charges.reckoned(amount)
        for part in ("cost", "tax", "gains"):
            assert getattr(looked, part).tobytes() == getattr(reckoned, part).tobytes()
