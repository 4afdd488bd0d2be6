"""Charges that are kept are those that are reckoned, whatever was asked before."""

import numpy as np
import pytest
from numpy.typing import NDArray

from di_advisor.formulate import formulate
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.tax_rules import GainBudget
from di_advisor.formulate.terms import TradingCost
from di_advisor.propose.lattice_charges import Charges, KnownCharges
from di_advisor.propose.lattice_gains import BudgetedGains
from di_advisor.propose.lattice_merit import Merit
from di_advisor.propose.lattice_steps import Lattice
from di_advisor.propose.sale_curve import SaleCurve
from di_advisor.testing.random_cases import random_case


@pytest.mark.parametrize("seed", range(6))
def test_what_a_count_is_charged_is_the_same_to_the_last_bit_by_itself_and_among_all(seed: int) -> None:
    case = random_case(seed, names=30, lots_a_name=3)
    problem = formulate(case.signals, case.mandate.with_changes(gain_budget_usd="100"), case.tax)
    assert any(isinstance(r, GainBudget) for r in problem.rules)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    cost = next(t for t in problem.terms if isinstance(t, TradingCost))
    g = np.random.default_rng(seed)
    sale = SaleCurve.of(problem.block.holdings.lot_name, locked.sell_max, g.normal(0.1, 0.2, len(locked.sell_max)))
    direction = g.choice([-1.0, 0.0, 1.0], 30)
    charges = Charges(cost, sale, BudgetedGains(problem, sale), direction, None, None)
    unit, start = g.random(30) * 1e-3, g.integers(0, 20, 30)
    known = KnownCharges(charges, unit)
    known.learn(start)
    for count in (start, g.integers(0, 20, 30)):
        reckoned = charges.reckoned(count * unit)
        for name in range(30):
            expected = [reckoned.cost[name], reckoned.tax[name], *reckoned.gains[:, name]]
            assert list(known.of(name, int(count[name]))) == expected


@pytest.mark.parametrize("seed", range(4))
def test_steps_kept_up_to_date_are_those_of_a_new_start(seed: int) -> None:
    merit, count, lattice = _walk(seed)
    g = np.random.default_rng(seed)
    for changed in (1, 3, 0, 30):
        count = count.copy()
        count[:changed] = g.integers(0, 5, changed)
        count = np.where(lattice.direction == 0, 0, count)
        fresh, _, _ = _walk(seed)
        assert merit.best_step(count) == fresh.best_step(count)
        assert merit.unwanted(count) == fresh.unwanted(count)
        assert merit.judged(count) == fresh.judged(count)
        for part in ("now", "after", "change", "squared", "charged"):
            assert (getattr(merit.steps, part) == getattr(fresh.steps, part)).all()


@pytest.mark.parametrize("seed", range(4))
def test_what_a_step_is_said_to_do_is_what_it_does(seed: int) -> None:
    merit, count, lattice = _walk(seed)
    value, broken = merit.judged(count)
    for _ in range(8):
        name, step = merit.best_step(count)
        if name < 0:
            break
        after = count.copy()
        after[name] += step
        then, still = merit.judged(after)
        assert still < broken or (still <= 0 and then < value)
        assert after[name] == 0 or lattice.lowest[name] <= after[name] <= lattice.highest[name]
        count, value, broken = after, then, still


def _walk(seed: int) -> tuple[Merit, NDArray[np.int64], Lattice]:
    case = random_case(seed, names=30, lots_a_name=3)
    problem = formulate(case.signals, case.mandate.with_changes(gain_budget_usd="100"), case.tax)
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    holdings = problem.block.holdings
    g = np.random.default_rng(seed)
    sale = SaleCurve.of(holdings.lot_name, locked.sell_max, g.normal(0.1, 0.2, len(locked.sell_max)))
    direction = np.where(holdings.held > 0, g.choice([-1.0, 0.0, 1.0], 30), g.choice([0.0, 1.0], 30))
    lattice = Lattice(direction, g.random(30) * 1e-3, g.integers(1, 3, 30), g.integers(3, 30, 30))
    count = np.where(direction == 0, 0, g.integers(0, 3, 30))
    return Merit(problem, lattice, sale, np.zeros(30), 1.0), count, lattice
