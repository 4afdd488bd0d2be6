"""Own terms for a cone solver: a price of gains moves slopes only, so one layout is solved at any price."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pytest

from di_advisor.errors import InfeasibleError
from di_advisor.formulate.own import OwnWishes
from di_advisor.propose.household import facts_of
from di_advisor.propose.planned import never
from di_advisor.solve.choices import relaxed
from di_advisor.solve.household.opaque import OpaqueAccount, taxed_account
from di_advisor.solve.own_model import solve_convex
from di_advisor.testing.random_households import random_household
from tests.own.wishes import Crowding, Disk, rule

PRICES = ((0.0, 0.0), (0.35, 0.15), (0.9, 0.9), (-0.2, 3.0))


def opaque(*, own: OwnWishes) -> OpaqueAccount:
    drawn = random_household(14, names=6, accounts_max=2)
    first = drawn.household.account_ids[0]
    found = facts_of(drawn.household, drawn.market, drawn.taxes, never, {first: own})
    account = taxed_account(found.problem(first, {})[2], 1.0, never, 12)
    assert isinstance(account, OpaqueAccount)
    return account


@pytest.mark.parametrize("bounding", [True, False])
def test_a_plan_and_its_bound_at_a_price_are_those_of_the_problem_laid_out_for_it(*, bounding: bool) -> None:
    account = opaque(own=OwnWishes((Crowding(),), (Disk(2.0),)))
    problem = account.problem
    for choices in (relaxed(problem.block), account.search(np.array([0.35, 0.15])).choices):
        for price in PRICES:
            rates = np.array(price)
            kept = account.laid.solve(choices, rates, bounding=bounding)
            anew = solve_convex(account.at_rates(rates), choices, bounding=bounding)
            assert kept.bound == pytest.approx(anew.bound, abs=1e-8)
            terms = account.at_rates(rates).terms
            value = problem.block.holdings.value_usd
            costs = [sum(t.value_usd(p.plan) for t in terms) / value for p in (kept, anew)]
            assert costs[0] == pytest.approx(costs[1], abs=1e-7)
            assert kept.bound <= costs[0] + 1e-8


def test_a_problem_is_laid_out_once_for_all_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    account = opaque(own=OwnWishes((Crowding(),)))
    under, laid_out = account.under(), []
    lay_out = cp.Problem.get_problem_data

    def counted(*args: object, **kwargs: object) -> object:
        laid_out.append(1)
        return lay_out(*args, **kwargs)

    monkeypatch.setattr(cp.Problem, "get_problem_data", counted)
    bounds = [under.at(np.array(price))[1].least for price in PRICES]
    assert len(laid_out) == 1
    assert len(set(bounds)) == len(PRICES)


def test_rules_that_contradict_each_other_do_so_at_every_price() -> None:
    both = rule(lambda s: [cp.norm(s.weights, 2) <= 0.1], "spread out")  # six names come to 0.4 at least
    account = opaque(own=OwnWishes(rules=(both,)))
    for price in PRICES[:2]:
        with pytest.raises(InfeasibleError, match="contradict each other"):
            account.laid.solve(relaxed(account.problem.block), np.array(price))
