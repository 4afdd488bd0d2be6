"""An account that shares its return with nobody: its own search closes what prices of gains leave open."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate.household import account_problem
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.planned import never
from di_advisor.solve.household.only_account import closed_alone, with_budgets
from di_advisor.testing.random_households import RandomHousehold, random_household
from tests.household.test_by_hand import traded
from tests.household.world import LOOSE, account, market, target


def one_account(seed: int) -> RandomHousehold:
    """A generated household of one taxable account with a least trade, and with a budget of gains on its return."""
    drawn = random_household(seed, names=8, accounts_max=2)
    first = drawn.household.accounts[0]
    mandate = first.mandate.with_changes(turnover_max=None, tracking_error_max=None, min_trade_usd=Decimal(1_000))
    filer = replace(drawn.household.filer_of(first.account_id), name="only", gain_budget_usd=Decimal(-500))
    tax = drawn.taxes[drawn.household.filer_of(first.account_id).name]
    house = Household("one", (filer,), (replace(first, mandate=mandate),), drawn.household.target)
    return replace(drawn, household=house, taxes={"only": tax})


@pytest.mark.parametrize("seed", [5, 10])
def test_a_gap_that_prices_leave_is_closed_and_never_past_the_plan(seed: int) -> None:
    drawn = one_account(seed)
    coordination = facts_of(drawn.household, drawn.market, drawn.taxes, never)
    (account_id,) = drawn.household.account_ids
    answer = coordination.joint({}).returns["only"]
    facts, value = coordination.accounts[account_id], coordination.value_usd
    mandate = with_budgets(facts.mandate, -500.0, None)
    assert mandate.gain_budget_usd == Decimal("-500.0")
    problem = account_problem(facts.signals, mandate, drawn.taxes["only"])
    less = 0.01 * value
    open_answer = replace(answer, bound_usd=answer.bound_usd - less, bounds_usd=answer.bounds_usd - less)
    closed = closed_alone(open_answer, problem, never)
    assert closed.objective_usd == pytest.approx(answer.objective_usd, abs=2e-5 * value)
    assert closed.objective_usd - 2e-4 * value <= closed.bound_usd <= closed.objective_usd
    assert (closed.bounds_usd >= open_answer.bounds_usd).all()


def test_an_own_gain_budget_beside_other_accounts_of_a_return_is_kept() -> None:
    world = market({"X": "100", "Y": "100"}, {"X": 1e-3, "Y": 1e-3})
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(5_000), gain_budget_usd=Decimal(1_000), cash_max=0.0005)
    a = account("A", "ann", "G 100 X @ 50 on 2020-03-02\nH 100 Y @ 90 on 2020-03-02", mandate=raising)
    b = account("B", "ann", "L 50 X @ 80 on 2020-03-02\nM 50 Y @ 100 on 2020-03-02")
    house = Household("ann", (Filer("ann", ("ann",)),), (a, b), target("X", "Y"))
    found = propose(house, world, {"ann": TaxProfile(ConstantRates(0.35, 0.15))}, compare=False)
    sold = traded(found, "A")
    # A dollar of X realises 50 cents, of Y ten: 1,000 allow at most so much of X.
    assert 0.5 * sold.get(("sell", "X"), 0.0) + 0.1 * sold.get(("sell", "Y"), 0.0) <= 1_000 + 0.5
    assert sum(usd for (side, _), usd in sold.items() if side == "sell") >= 5_000
    assert found.certificate.gap_usd < 1
