"""Accounts that leave tax out, in a household that does not: worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household, HouseholdAccount
from di_advisor.domain.mandate import TradingMode, WashPolicy
from di_advisor.domain.portfolio import AccountKind, Fill, Side
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InfeasibleError, SettlementError
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose.household import propose
from di_advisor.propose.household.proposal import HouseholdProposal
from tests.household.test_by_hand import traded
from tests.household.test_wash_matching import with_fill
from tests.household.world import AS_OF, LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15))
BLIND = LOOSE.with_changes(mode=TradingMode.TAX_UNAWARE)
INVESTS = BLIND.with_changes(cash_max=0.02)
RAISES = BLIND.with_changes(withdrawal_usd=Decimal(10_000), do_not_buy=frozenset({"X", "Y", "Z"}), cash_max=0.0005)
"""Raises 10,000 and nothing else."""

ANN = (Filer("ann", ("ann",)),)
ZERO = Decimal(0)


def proposed(*accounts: HouseholdAccount, compare: bool = True, **wishes: object) -> HouseholdProposal:
    """In a market where X costs 1 bp to trade, and Y 100 bps."""
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-2})
    house = Household("by hand", ANN, accounts, target("X", "Y"), **wishes)  # type: ignore[arg-type]
    return propose(house, world, {"ann": RATES}, compare=compare)


def loser(loss_usd: int) -> HouseholdAccount:
    """100 X, worth 10,000, at a short-term loss."""
    return account("hers", "ann", f"L 100 X for {10_000 + loss_usd} on 2026-03-02", cash_usd="10")


def buyer() -> HouseholdAccount:
    """Cash to be invested without a look at tax."""
    return account("blind", "ann", "M 1 Y @ 100 on 2020-01-02", cash_usd="10000", mandate=INVESTS)


def adds_up(found: HouseholdProposal) -> None:
    """Taxes of accounts are those of the return, and terms the benefit, to the cent; the certificate is closed."""
    tax = sum((p.terms_usd["tax"] for p in found.proposals.values()), ZERO)
    assert tax == sum((f.tax_usd for f in found.filers), ZERO)
    assert sum(found.by_account["benefit_usd"]) == found.benefit_usd
    assert 0 <= found.certificate.gap_usd < 0.05


@pytest.mark.parametrize("compare", [True, False])
def test_it_gives_way_where_a_loss_elsewhere_is_worth_more_than_its_dearer_name(compare: bool) -> None:
    found = proposed(loser(1_000), buyer(), compare=compare)
    # The loss is worth 350; Y instead of X costs the account 97 more of 9,798.
    assert traded(found, "hers") == pytest.approx({("sell", "X"): 10_000})
    assert set(traded(found, "blind")) == {("buy", "Y")}
    assert found.washes == ()
    (decision,) = found.decisions
    assert decision.what == "no_buy"
    assert "blind, which leaves tax out, does not buy X" in decision.sentence
    assert decision.other_side_usd == pytest.approx(349 - 97, abs=2)
    adds_up(found)


def test_others_give_way_where_their_loss_is_worth_less() -> None:
    found = proposed(loser(200), buyer())
    # The loss is worth 70, and Y would cost 97 more than X.
    assert traded(found, "hers") == {}
    assert traded(found, "blind")["buy", "X"] == pytest.approx(9_798, rel=1e-3)
    (decision,) = found.decisions
    assert decision.sentence.startswith("No account sells X at a loss: blind, which leaves tax out, buys it.")
    assert decision.other_side_usd == pytest.approx(97 - 69, abs=2)
    lock = next(x for x in found.proposals["hers"].locks if x.security_id == "X")
    assert "blind, which leaves tax out, buys it" in lock.reason
    adds_up(found)


def test_what_it_sells_at_a_loss_an_ira_does_not_buy() -> None:
    # It has to raise 10,000, and only X is there; its loss of 2,000 is on the return, worth 700.
    raising = BLIND.with_changes(withdrawal_usd=Decimal(10_000))
    blind = account("blind", "ann", "L 100 X @ 120 on 2026-03-02", cash_usd="10", mandate=raising)
    ira = account("ira", "ann", "", cash_usd="10000", kind=AccountKind.IRA, mandate=LOOSE.with_changes(cash_max=0.02))
    found = proposed(blind, ira)
    assert traded(found, "blind")["sell", "X"] == pytest.approx(9_991, abs=1)
    assert set(traded(found, "ira")) == {("buy", "Y")}
    assert found.washes == ()
    assert "blind, which leaves tax out, sells it at a loss" in found.decisions[0].sentence
    assert float(found.filers[0].tax_usd) == pytest.approx(-0.35 * 0.2 * 9_991, abs=0.5)
    adds_up(found)


def test_its_gain_counts_as_it_comes_and_another_account_sets_a_loss_against_it() -> None:
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 1e-3, "Y": 0.0, "Z": 0.0})
    a = account("A", "ann", "G 200 Y @ 50 on 2026-03-02", mandate=RAISES)
    b = account("B", "ann", "L 100 X @ 200 on 2020-03-02\nM 100 Z @ 100 on 2020-03-02")
    year = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(100_000))
    found = propose(Household("ann", ANN, (a, b), target("X", "Y", "Z")), world, {"ann": year})
    # A realises 5,000 short-term; 5,000 of B's long-term loss go against it, 3,000 against income at 22 %.
    assert traded(found, "A") == pytest.approx({("sell", "Y"): 10_000}, abs=6)
    assert traded(found, "B")["sell", "X"] == pytest.approx(8_000, rel=1e-3)
    assert float(found.filers[0].tax_usd) == pytest.approx(-660, abs=1)
    assert float(found.proposals["A"].terms_usd["tax"]) == pytest.approx(1_100, abs=2)
    # By itself B would sell 3,000 of loss, and all 5,000 more of it are worth 22 %, less 5 to sell them.
    assert float(found.gain_over_separate_usd or 0) == pytest.approx(1_100 - 5, abs=2)
    assert "leaves tax out" in found.proposals["A"].notes[0]
    assert any("A leaves tax out" in n for n in found.notes)
    adds_up(found)


def test_it_trades_as_by_itself_whatever_that_costs_in_tax() -> None:
    """A gain of 5,000 is realised to follow the target, at 0.1 % of what it costs: an account that looks would not."""
    aware = LOOSE.with_changes(risk_aversion=0.05, cash_max=0.02)
    lots = "G 100 Y @ 50 on 2026-03-02"
    world = market({"X": "100", "Y": "100"}, {"X": 0.0, "Y": 0.0})
    for mode, sold in ((TradingMode.TAX_UNAWARE, 5_000), (TradingMode.REBALANCE, 0)):
        a = account("A", "ann", lots, mandate=aware.with_changes(mode=mode))
        b = account("B", "ann", "M 100 X @ 100 on 2020-03-02")
        house = Household("ann", ANN, (a, b), target("X", "Y"))
        found = propose(house, world, {"ann": RATES}, compare=False)
        assert traded(found, "A").get(("sell", "Y"), 0.0) == pytest.approx(sold, rel=2e-2)
        assert found.proposals["A"].terms_usd["tax"] == pytest.approx(
            Decimal(sold) * Decimal("0.175"), rel=Decimal("0.02")
        )


def test_a_gain_budget_is_kept_by_the_others_and_what_they_cannot_keep_is_said() -> None:
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 0.0, "Y": 0.0, "Z": 0.0})
    a = account("A", "ann", "G 200 X @ 50 on 2020-03-02", mandate=RAISES)
    b = account("B", "ann", "L 80 Z @ 150 on 2020-03-02\nM 100 Y @ 100 on 2020-03-02")
    none = TaxProfile(ConstantRates(0.0, 0.0))
    for budget, kept in ((2_000, True), (500, False)):
        filers = (Filer("ann", ("ann",), gain_budget_usd=Decimal(budget)),)
        house = Household("ann", filers, (a, b), target("X", "Y", "Z"))
        if not kept:
            # B has 4,000 of loss against the 5,000 of A.
            with pytest.raises(InfeasibleError, match=r"what the trades of A leave of them"):
                propose(house, world, {"ann": none}, compare=False)
            continue
        found = propose(house, world, {"ann": none}, compare=False)
        assert float(found.filers[0].long_usd) <= budget + 0.2
        assert traded(found, "A") == pytest.approx({("sell", "X"): 10_000}, abs=6)


def test_a_budget_that_it_alone_breaks_is_said_to_be_its_own() -> None:
    a = account("A", "ann", "G 200 X @ 50 on 2020-03-02", mandate=RAISES)
    filers = (Filer("ann", ("ann",), gain_budget_usd=Decimal(500)),)
    world = market({"X": "100", "Y": "100", "Z": "100"}, {"X": 0.0, "Y": 0.0, "Z": 0.0})
    with pytest.raises(SettlementError, match=r"what the trades of A leave of them"):
        propose(Household("ann", filers, (a,), target("X", "Y", "Z")), world, {"ann": RATES})


def test_where_wash_sales_are_priced_none_is_made_with_it() -> None:
    # With 200 of loss, 4 would be left of them and save more than the sale costs, were the buyer an IRA at a price.
    found = proposed(loser(200), buyer(), wash_policy=WashPolicy.PRICE)
    assert found.washes == ()
    assert found.wash_cost_usd == 0
    assert traded(found, "blind")["buy", "X"] == pytest.approx(9_798, rel=1e-3)


def test_two_that_leave_tax_out_do_not_wash_each_other() -> None:
    raising = BLIND.with_changes(withdrawal_usd=Decimal(5_000))
    seller = account("sells", "ann", "L 100 X @ 120 on 2026-03-02", cash_usd="10", mandate=raising)
    found = proposed(seller, buyer())
    # The seller has nothing but X: it cannot give way. Its loss is on the return.
    assert traded(found, "sells")["sell", "X"] >= 4_990
    assert set(traded(found, "blind")) == {("buy", "Y")}
    assert found.washes == ()
    assert float(found.filers[0].short_usd) == pytest.approx(-0.2 * traded(found, "sells")["sell", "X"], abs=0.5)
    adds_up(found)


def test_windows_of_other_accounts_lock_it_too() -> None:
    on = AS_OF - timedelta(days=9)
    sold = with_fill(account("sold", "ann", "", cash_usd="10"), Fill("X", Side.SELL, Decimal(100), on, Decimal(-1_000)))
    found = proposed(sold, buyer())
    assert set(traded(found, "blind")) == {("buy", "Y")}
