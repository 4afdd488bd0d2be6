"""Wash sales at a price: what a wash costs by hand, and the bound that counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.formulate.household import PurchaseCharge, account_problem
from di_advisor.formulate.plan import Plan
from di_advisor.propose.household import facts_of, propose
from di_advisor.propose.household.at_law import AccountOrders, booked
from di_advisor.propose.household.settled import Settled, Settling, waiting_share
from di_advisor.propose.planned import Planned, never
from di_advisor.signals.household_locks import LevelSide, PricedSide
from di_advisor.solve.household.charges import Charges, Ends
from di_advisor.solve.household.coordination import Sides
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


@pytest.mark.parametrize("seed", [13, 24])
def test_no_orders_that_pay_for_what_they_wash_are_below_the_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    judged, seen = Settling.judged, list[Settled]()

    def noting(self: Settling, planned: Mapping[str, Planned], sides: Sides, source: str) -> Settled:
        seen.append(judged(self, planned, sides, source))
        return seen[-1]

    monkeypatch.setattr(Settling, "judged", noting)
    drawn = random_household(seed, names=6, accounts_max=3)
    found = propose(replace(drawn.household, wash_policy=WashPolicy.PRICE), drawn.market, drawn.taxes)
    value = sum(float(p.before.value_usd) for p in found.proposals.values())
    kept = [each.objective_usd for each in seen if each.keeps]
    assert len(kept) > 2
    assert min(kept) >= found.certificate.bound_usd - 1e-6 * value
    assert found.certificate.objective_usd == pytest.approx(min(kept))


def test_both_charges_are_below_what_is_washed_at_every_level() -> None:
    house = couple(AccountKind.TAXABLE)
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    charges = Charges(facts_of(house, world, {"ann": RATES}, never), waiting_share(house))
    ends = Ends.at({"ann": np.array([0.35, 0.15])})
    accounts = {i: a.signals.account for i, a in charges.coordination.accounts.items()}
    for sold, bought in ((100, 30), (30, 40), (50, 0)):
        plans = {
            "sells": Plan(np.array([sold * 100 / accounts["sells"].value_usd]), np.zeros(2)),
            "buys": Plan(np.zeros(0), np.array([bought * 100 / accounts["buys"].value_usd, 0.0])),
        }
        (matched,) = charges.matched(0, plans, ends)
        assert (matched.washed, matched.back) == pytest.approx((min(sold, bought), min(sold, bought)))
        for level in (0.0, 1.0, 3.5):
            side = PricedSide.LOSSES if sold <= bought else PricedSide.PURCHASES
            missing, _ = charges.looseness(0, LevelSide(side, level), plans, ends)
            assert missing >= -1e-6
            assert level > 0 or missing == pytest.approx(0, abs=1e-6)  # one lot, bought by a taxable account: exact


def test_of_two_purchases_of_a_day_the_taxable_one_takes_the_loss_over() -> None:
    ira = account("a first by name", "ann", "", cash_usd="5000", kind=AccountKind.IRA, mandate=LOOSE)
    house = replace(couple(AccountKind.TAXABLE), accounts=(ira, *couple(AccountKind.TAXABLE).accounts))
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    signals = {i: a.signals for i, a in facts_of(house, world, {"ann": RATES}, never).accounts.items()}
    none, ten = AccountOrders({}, {}), AccountOrders({}, {0: Decimal(10)})
    sold = AccountOrders({0: Decimal(15)}, {})
    law = booked(house, signals, {"a first by name": ten, "sells": sold, "buys": ten})
    # 15 shares at a loss of 10 each: 10 wash into the taxable purchase and come back, 5 into the IRA's for good.
    assert (law.disallowed["sells"].short_usd, law.lost_usd["sells"].short_usd) == (150, 50)
    alone = booked(house, signals, {"a first by name": ten, "sells": sold, "buys": none})
    assert (alone.disallowed["sells"].short_usd, alone.lost_usd["sells"].short_usd) == (100, 100)


def test_selling_and_buying_back_what_a_charge_pays_for_is_no_trade() -> None:
    one = account("one", "ann", "L 10 X @ 100 on 2020-01-02", cash_usd="1000")
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-4})
    house = replace(couple(AccountKind.TAXABLE), accounts=(one,))
    facts = facts_of(house, world, {"ann": RATES}, never).accounts["one"]
    paid = account_problem(facts.signals, facts.mandate, RATES, PurchaseCharge(np.array([-0.05, 0.0])))
    assert paid.block.min_trade.tolist() == [pytest.approx(1e-6), 0.0]
    charged = account_problem(facts.signals, facts.mandate, RATES, PurchaseCharge(np.array([0.05, 0.0])))
    assert not charged.block.min_trade.any()


def test_where_a_roth_account_would_wash_a_loss_for_good_its_purchases_bear_the_price() -> None:
    drawn = random_household(17, names=6, accounts_max=3)
    found = propose(replace(drawn.household, wash_policy=WashPolicy.PRICE), drawn.market, drawn.taxes)
    value = sum(float(p.before.value_usd) for p in found.proposals.values())
    assert found.separate_usd is not None
    assert found.certificate.objective_usd < float(found.separate_usd) - 700
    assert found.certificate.gap_usd <= 6e-4 * value
    assert any("in the order in which they are made" in note for note in found.notes)
