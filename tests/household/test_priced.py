"""Wash sales at a price: what a wash costs by hand, and the bound that counts it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.household.settled import waiting_share
from di_advisor.propose.planned import never
from di_advisor.signals.household_locks import PricedSide
from di_advisor.solve.household.charges import Charges, Ends
from di_advisor.testing.random_households import random_household
from tests.household.world import LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15))


def couple(kind: AccountKind) -> Household:
    """100 X at a short-term loss of 10 a share in one account; another may buy."""
    sells = account("sells", "ann", "L 100 X @ 110 on 2026-03-02", cash_usd="10")
    buys = account("buys", "ann", "", cash_usd="5000", kind=kind, mandate=LOOSE.with_changes(cash_max=0.02))
    return Household(
        "by hand", (Filer("ann", ("ann",)),), (sells, buys), target("X", "Y"), wash_policy=WashPolicy.PRICE
    )


@pytest.mark.parametrize("kind", [AccountKind.TAXABLE, AccountKind.IRA])
def test_a_loss_is_charged_for_what_does_not_come_back_and_a_purchase_by_the_share(kind: AccountKind) -> None:
    house = couple(kind)
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    charges = Charges(facts_of(house, world, {"ann": RATES}, never), waiting_share(house))
    sides = {0: PricedSide.LOSSES}
    signals = charges.coordination.accounts["sells"].signals
    left = 1.05**-5 if kind is AccountKind.TAXABLE else 0.0
    # Of the loss of 1,000 so much is left as comes back in five years; nothing of one washed in an IRA.
    worth = charges.signals("sells", signals, sides, Ends.at({"ann": np.array([0.35, 0.15])})).account.lot_gain_usd
    assert worth == pytest.approx([-1_000 * left], abs=1e-5)
    charge = charges.purchases("buys", {0: PricedSide.PURCHASES}, Ends.at({"ann": np.array([0.35, 0.15])}))
    assert charge is not None
    # A share bought washes a loss of 10, worth 3.50, of which what comes back is left: by the dollar of a price of 100.
    assert charge.per_dollar == pytest.approx([0.035 * (1 - left), 0.0])
    assert charges.purchases("sells", {0: PricedSide.PURCHASES}, Ends.at({"ann": np.array([0.35, 0.15])})) is None


def test_plans_that_wash_at_a_price_are_close_to_their_bound_and_no_worse_than_separate() -> None:
    drawn = random_household(24, names=6, accounts_max=2)
    priced = replace(drawn.household, wash_policy=WashPolicy.PRICE)
    found = propose(priced, drawn.market, drawn.taxes)
    value = sum(float(p.before.value_usd) for p in found.proposals.values())
    assert -1e-6 * value <= found.certificate.objective_usd - found.certificate.bound_usd <= 5e-4 * value
    assert found.separate_usd is not None
    assert found.certificate.objective_usd <= float(found.separate_usd) + 0.01
    assert sum(found.terms_usd.values()) == -found.benefit_usd
    assert bool(found.washes) == bool(found.wash_cost_usd)
