"""The fast path against one model of the whole household in cvxpy, and against every set of sides."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import numpy as np
import pytest

from di_advisor.errors import InfeasibleError
from di_advisor.formulate.household import SharedReturn
from di_advisor.propose.household import facts_of
from di_advisor.propose.planned import never
from di_advisor.signals.household_locks import WashSide
from di_advisor.solve.household.accounts import TaxedAccount
from di_advisor.solve.household.coordination import Coordination
from di_advisor.solve.household.pricing import Pricing
from di_advisor.solve.household.reference import solve_joint_reference
from di_advisor.solve.household.washes import coordinate
from di_advisor.testing.random_households import random_household


def coordination_of(seed: int, names: int) -> Coordination:
    drawn = random_household(seed, names=names, accounts_max=3)
    return facts_of(drawn.household, drawn.market, drawn.taxes, never)


@pytest.mark.parametrize("seed", [1, 5, 6, 9])
def test_prices_of_gains_find_what_one_model_of_all_accounts_finds(seed: int) -> None:
    coordination = coordination_of(seed, 8)
    filer = max(coordination.filers, key=lambda name: len(coordination.taxed(name)))
    mine, facts = coordination.taxed(filer), coordination.filers[filer]
    problems = [coordination.problem(i, {})[2] for i in mine]
    as_of = coordination.accounts[mine[0]].signals.market.as_of
    shared = SharedReturn.of(facts.taxpayer, as_of, problems, gain_budget_usd=facts.gain_budget_usd)
    shares = [p.block.holdings.value_usd / shared.value_usd for p in problems]
    accounts = [TaxedAccount(p, share, never, 12) for p, share in zip(problems, shares, strict=True)]
    rates = np.array([0.2, 0.1])
    choices = [a.search(rates).choices for a in accounts]
    pricing = Pricing([a.under(c) for a, c in zip(accounts, choices, strict=True)], shared)
    best = pricing.run(rates)
    reference = solve_joint_reference(problems, choices, shared)
    assert best.objective == pytest.approx(reference, abs=2e-6)
    assert float(pricing.bounds().min()) <= best.objective + 1e-9
    assert best.objective - float(pricing.bounds().min()) <= 1e-5 * abs(best.objective) + 1e-8


@pytest.mark.parametrize("seed", [3, 7, 10])
def test_the_best_sides_are_those_of_trying_every_set(seed: int) -> None:
    coordination = coordination_of(seed, 8)
    found = coordinate(coordination)
    groups = set(coordination.joint({}).clashing)
    for side in WashSide:  # groups that clash once others have a side
        with suppress(InfeasibleError):
            groups |= set(coordination.joint(dict.fromkeys(groups, side)).clashing)
    assert len(groups) <= 5
    best = np.inf
    for sides in product(WashSide, repeat=len(groups)):
        try:
            joint = coordination.joint(dict(zip(sorted(groups), sides, strict=True)))
        except InfeasibleError:
            continue
        if not joint.clashing:
            best = min(best, joint.objective_usd)
    assert found.bound_usd <= best + 1e-6 * abs(best)
    assert found.objective_usd <= best + 1e-4 * max(abs(best), 1.0)
