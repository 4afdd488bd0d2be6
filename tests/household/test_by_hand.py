"""Two accounts at a time, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household
from di_advisor.domain.mandate import WashPolicy
from di_advisor.domain.portfolio import AccountKind, Side
from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose.household import propose
from di_advisor.propose.household.proposal import HouseholdProposal
from tests.household.world import LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15))
FREE = TaxProfile(ConstantRates(0.0, 0.0))


def traded(found: HouseholdProposal, account_id: str) -> dict[tuple[str, str], float]:
    """Dollars by side and name."""
    total: dict[tuple[str, str], float] = {}
    for trade in found.proposals[account_id].trade_list:
        key = (trade.side.value, trade.security_id)
        total[key] = total.get(key, 0.0) + float(trade.value_usd)
    return total


def a_loss_beside_an_ira(loss_usd: int, **wishes: object) -> HouseholdProposal:
    """A taxable account with a short-term loss in X, an IRA full of cash that may hold X at 1 bp or Y at 100 bps."""
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    taxable = account("taxable", "ann", f"L 100 X for {10_000 + loss_usd} on 2026-03-02", cash_usd="10")
    ira = account(
        "ira",
        "ann",
        "M 1 Y @ 100 on 2020-01-02",
        cash_usd="10000",
        kind=AccountKind.IRA,
        mandate=LOOSE.with_changes(cash_max=0.02),
    )
    house = Household("by hand", (Filer("ann", ("ann",)),), (taxable, ira), target("X", "Y"), **wishes)  # type: ignore[arg-type]
    return propose(house, world, {"ann": RATES})


def test_a_loss_worth_more_than_a_dear_substitute_is_taken_and_the_ira_buys_the_substitute() -> None:
    found = a_loss_beside_an_ira(1_000)
    # 35 % of 1,000 is 350, less 1 for selling; buying Y instead of X costs the IRA about 99 bps of 9,798.
    assert traded(found, "taxable") == pytest.approx({("sell", "X"): 10_000})
    assert traded(found, "ira")["buy", "Y"] == pytest.approx(9_798, rel=1e-3)
    assert not found.washes
    assert float(found.terms_usd["tax"]) == pytest.approx(-350)
    assert found.decisions[0].what == "no_buy"
    assert "No account buys X" in found.decisions[0].sentence


def test_a_loss_worth_less_than_the_dear_substitute_is_left_alone() -> None:
    found = a_loss_beside_an_ira(200)
    # 35 % of 200 is 70, and Y would cost 97 more than X.
    assert traded(found, "taxable") == {}
    assert traded(found, "ira")["buy", "X"] == pytest.approx(9_798, rel=1e-3)
    assert found.decisions[0].what == "no_loss_sale"
    assert found.decisions[0].other_side_usd == pytest.approx(97 - 69, abs=2)


def test_separate_proposals_would_have_lost_the_loss_for_good() -> None:
    found = a_loss_beside_an_ira(1_000)
    # The IRA buys 97.98 of the 100 shares sold (Rev. Rul. 2008-5).
    assert float(found.separate_washed_usd or 0) == pytest.approx(979.8, rel=1e-3)


def test_priced_washes_happen_where_they_are_worth_it() -> None:
    # Washed in the IRA, 980 of 1,000 are lost for good, 343 of the 350; buying Y instead costs 97. Not worth it.
    assert not a_loss_beside_an_ira(1_000, wash_policy=WashPolicy.PRICE).washes
    # Of 200, the 4 that are not washed save 1.41, and selling costs 1: better than not to sell, by cents.
    banned, priced = a_loss_beside_an_ira(200), a_loss_beside_an_ira(200, wash_policy=WashPolicy.PRICE)
    assert [w.lost_for_good for w in priced.washes] == [True]
    assert 0 < priced.benefit_usd - banned.benefit_usd < 1
    assert priced.terms_usd["wash sales"] == pytest.approx(Decimal("68.59"), abs=Decimal("0.02"))


def his_gain_and_her_loss(status: FilingStatus) -> HouseholdProposal:
    """He must raise 20,000 from Y at a short-term gain of 10,000; she holds X at a short-term loss of 10,000."""
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 1e-4, "Y": 0.0, "Z": 0.0})
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(20_000))
    his = account("his", "bob", "G 400 Y @ 50 on 2026-03-02", mandate=raising)
    her = account("her", "ann", "L 100 X @ 200 on 2026-03-02\nM 100 Z @ 100 on 2026-03-02")
    joint = status is FilingStatus.MARRIED_JOINT
    filers = (Filer("both", ("ann", "bob")),) if joint else (Filer("ann", ("ann",)), Filer("bob", ("bob",)))
    income = 230_000 if joint else 115_000
    year = ReturnInputs(tax_year=2026, filing_status=status, ordinary_income_usd=Decimal(income))
    house = Household("couple", filers, (his, her), target("X", "Y", "Z"))
    return propose(house, world, {f.name: year for f in filers}, compare=False)


def test_on_a_joint_return_her_loss_takes_away_the_tax_on_his_gain() -> None:
    found = his_gain_and_her_loss(FilingStatus.MARRIED_JOINT)
    # Taxable income 197,800 in the 22 % bracket; 10,000 of gain less 10,000 of loss.
    assert traded(found, "her")["sell", "X"] == pytest.approx(10_000)
    assert float(found.filers[0].tax_usd) == pytest.approx(0, abs=0.01)
    assert float(found.filers[0].short_usd) == pytest.approx(0, abs=0.05)


def test_on_separate_returns_her_loss_meets_1500_of_income_and_his_gain_is_taxed() -> None:
    found = his_gain_and_her_loss(FilingStatus.MARRIED_SEPARATE)
    tax = {f.filer: float(f.tax_usd) for f in found.filers}
    # His: taxable 98,900, so 6,800 at 22 % and 3,200 at 24 %. Hers: 1,500 at 22 % (26 USC 1211(b)).
    assert tax["bob"] == pytest.approx(6_800 * 0.22 + 3_200 * 0.24, abs=0.02)
    assert tax["ann"] == pytest.approx(-330, abs=0.5)
    assert traded(found, "her")["sell", "X"] == pytest.approx(1_500, rel=1e-3)


def test_a_short_term_gain_in_one_account_is_netted_by_a_long_term_loss_in_the_other() -> None:
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 1e-3, "Y": 0.0, "Z": 0.0})
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(10_000))
    a = account("A", "ann", "G 200 Y @ 50 on 2026-03-02", mandate=raising)
    b = account("B", "ann", "L 100 X @ 200 on 2020-03-02\nM 100 Z @ 100 on 2020-03-02")
    house = Household("ann", (Filer("ann", ("ann",)),), (a, b), target("X", "Y", "Z"))
    year = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(100_000))
    found = propose(house, world, {"ann": year})
    # A realises 5,000 short-term; B sells 8,000 of long-term loss: 5,000 net against the gain, 3,000 against
    # income at 22 % (taxable 83,900). More loss would be carried over, worth nothing here, and costs 10 bps.
    assert traded(found, "B")["sell", "X"] == pytest.approx(8_000, rel=1e-3)
    assert float(found.filers[0].tax_usd) == pytest.approx(-660, abs=1)
    # By itself B would sell 3,000 of loss, and A would pay on 2,000 that are left: 440.
    assert float(found.gain_over_separate_usd or 0) == pytest.approx(1_100 - 5, abs=1)
    assert sum(found.filers[0].by_account_usd.values()) == found.filers[0].tax_usd


def test_a_gain_budget_is_shared() -> None:
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 0.0, "Y": 0.0, "Z": 1e-2})
    raising = LOOSE.with_changes(withdrawal_usd=Decimal(10_000))
    a = account("A", "ann", "G 200 X @ 50 on 2020-03-02", mandate=raising)
    b = account("B", "ann", "G 200 Y @ 50 on 2020-03-02\nL 80 Z @ 200 on 2020-03-02", mandate=raising)
    filer = Filer("ann", ("ann",), gain_budget_usd=Decimal(6_000))
    house = Household("ann", (filer,), (a, b), target("X", "Y", "Z"))
    found = propose(house, world, {"ann": FREE})
    # A realises 5,000. B raises 10,000 and the cost of z of Z: y + 0.99 z = 10,000, and 5,000 + y / 2 - z <= 6,000.
    z = 4_000 / 1.495
    assert traded(found, "B")["sell", "Z"] == pytest.approx(z, rel=1e-3)
    assert float(found.filers[0].short_usd + found.filers[0].long_usd) == pytest.approx(6_000, abs=0.5)
    assert float(found.filers[0].short_usd + found.filers[0].long_usd) <= 6_000 + 0.2
    # Each by itself, within 6,000, would realise 10,000 together: that breaks the budget, so there is none to compare.
    assert found.separate_usd is None
    assert {t.side for t in found.proposals["B"].trade_list} == {Side.SELL}
