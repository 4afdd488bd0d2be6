"""One target for the sum of all accounts: who holds what."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from di_advisor.domain.household import Filer, Household, Tracking
from di_advisor.domain.mandate import Band, Mandate, Rounding, WashPolicy
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.propose.household import propose
from di_advisor.propose.household.proposal import HouseholdProposal
from di_advisor.testing.random_households import random_household
from tests.household.world import LOOSE, account, market, target

RATES = TaxProfile(ConstantRates(0.35, 0.15, 0.20, 0.40))
INVEST = LOOSE.with_changes(cash_max=0.01, risk_aversion=25.0)


def with_dividends_of_one_name(**wishes: object) -> HouseholdProposal:
    """10,000 in cash in a taxable account and in an IRA; D pays 5 % a year, not qualified, G nothing."""
    world = market({"D": "10", "G": "10"}, {"D": 1e-4, "G": 1e-4})
    world = replace(world, dividend_yield_per_year=np.array([0.05, 0.0]), qualified_share=np.zeros(2))
    taxable = account("taxable", "ann", "", cash_usd="10000", mandate=INVEST)
    ira = account("ira", "ann", "", cash_usd="10000", kind=AccountKind.IRA, mandate=INVEST)
    given: dict[str, object] = {"tracking": Tracking.TOGETHER, "risk_aversion": 25.0, "location_years": 3.0} | wishes
    house = Household("ann", (Filer("ann", ("ann",)),), (taxable, ira), target("D", "G"), **given)  # type: ignore[arg-type]
    return propose(house, world, {"ann": RATES})


def bought(found: HouseholdProposal, account_id: str) -> dict[str, float]:
    return {t.security_id: float(t.value_usd) for t in found.proposals[account_id].trade_list}


def test_what_pays_dividends_goes_where_they_are_not_taxed() -> None:
    found = with_dividends_of_one_name()
    assert bought(found, "ira") == pytest.approx({"D": 9_995}, rel=1e-2)
    assert bought(found, "taxable") == pytest.approx({"G": 9_995}, rel=1e-2)
    # Each by itself, the taxable account would hold 4,995 of D for three years at 5 % and 40 %.
    assert float(found.gain_over_separate_usd or 0) == pytest.approx(3 * 4_995 * 0.05 * 0.40, rel=0.03)
    assert found.certificate.gap_usd < 1


def test_each_account_by_itself_holds_both() -> None:
    found = with_dividends_of_one_name(tracking=Tracking.EACH)
    assert set(bought(found, "taxable")) == {"D", "G"}


@pytest.mark.parametrize("seed", [1, 4])
def test_a_generated_household_is_certified_washes_nothing_and_adds_up(seed: int) -> None:
    drawn = random_household(seed, names=8, accounts_max=2)
    filer = Filer("all", tuple(p for f in drawn.household.filers for p in f.people))
    mandate = Mandate(cash_min=0.001, cash_max=0.04, rounding=Rounding.FRACTIONAL)
    accounts = tuple(replace(a, mandate=mandate) for a in drawn.household.accounts)
    house = Household("all", (filer,), accounts, drawn.household.target, tracking=Tracking.TOGETHER, risk_aversion=10.0)
    found = propose(house, drawn.market, {"all": RATES})
    assert found.washes == ()
    assert found.certificate.gap_usd < 1e-5 * sum(float(p.before.value_usd) for p in found.proposals.values())
    assert sum(found.by_account["benefit_usd"]) == found.benefit_usd
    assert found.gain_over_separate_usd is None or found.gain_over_separate_usd >= Decimal("-0.01")


@pytest.mark.parametrize(
    ("wishes", "field"),
    [({"sector_band": Band.within(0.1)}, "sector_band"), ({"tracking_error_max": 0.01}, "tracking_error_max")],
)
def test_limits_of_one_account_against_the_target_are_refused(wishes: dict[str, object], field: str) -> None:
    world = market({"D": "10", "G": "10"}, {"D": 1e-4, "G": 1e-4})
    one = account("A", "ann", "", cash_usd="10000", mandate=INVEST.with_changes(**wishes))
    house = Household("ann", (Filer("ann", ("ann",)),), (one,), target("D", "G"), tracking=Tracking.TOGETHER)
    with pytest.raises(UnsupportedWishError, match=field):
        propose(house, world, {"ann": RATES})


def test_priced_washes_and_two_returns_are_refused() -> None:
    with pytest.raises(UnsupportedWishError, match="not priced"):
        with_dividends_of_one_name(wash_policy=WashPolicy.PRICE)


def beside_a_retirement_account(
    kind: AccountKind, rate: float = 0.0, *, aversion: float = 1e4, yields: float = 0.05
) -> HouseholdProposal:
    """10,000 in a taxable account and in a retirement account; D and G in equal parts, D pays dividends."""
    world = market({"D": "10", "G": "10"}, {"D": 1e-4, "G": 1e-4})
    world = replace(world, dividend_yield_per_year=np.array([yields, 0.0]), qualified_share=np.zeros(2))
    exact = INVEST.with_changes(rounding=Rounding.FRACTIONAL, min_trade_usd=Decimal(0))
    taxable = account("taxable", "ann", "", cash_usd="10000", mandate=exact)
    other = account("other", "ann", "", cash_usd="10000", kind=kind, mandate=exact)
    accounts = (taxable, replace(other, withdrawal_tax_rate=rate))
    filers = (Filer("ann", ("ann",)),)
    house = Household(
        "ann", filers, accounts, target("D", "G"), tracking=Tracking.TOGETHER, risk_aversion=aversion, location_years=3
    )
    return propose(house, world, {"ann": RATES})


def test_what_an_ira_holds_counts_after_the_tax_on_its_withdrawal() -> None:
    # At 25 % the IRA is worth 7,500 of 17,500: full of D it lacks 1,250 of the 8,750 that are D's half.
    found = beside_a_retirement_account(AccountKind.IRA, 0.25, aversion=1e6)
    assert bought(found, "other") == pytest.approx({"D": 10_000}, rel=0.01)
    assert bought(found, "taxable") == pytest.approx({"D": 1_250, "G": 8_750}, rel=0.02)
    whole = beside_a_retirement_account(AccountKind.ROTH, aversion=1e6)
    assert bought(whole, "other") == pytest.approx({"D": 10_000}, rel=0.01)
    assert bought(whole, "taxable") == pytest.approx({"G": 10_000}, rel=0.01)
    assert any("other counts at 75.0% of what it holds" in note for note in found.notes)
    assert not any("other counts" in note for note in whole.notes)
    unsaid = beside_a_retirement_account(AccountKind.IRA, aversion=1e6)
    assert bought(unsaid, "taxable") == pytest.approx(bought(whole, "taxable"))
    assert any("other counts whole, as a Roth does" in note for note in unsaid.notes)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.4])
def test_dollars_of_the_sum_after_tax_agree_with_every_split_that_could_be(rate: float) -> None:
    """All cash is invested: a plan is how much of D each account buys, and what it costs can be written down."""
    aversion, years, dividend, variance = 6.0, 3.0, 0.05, 0.05
    found = beside_a_retirement_account(AccountKind.IRA, rate, aversion=aversion, yields=dividend)
    worth = 10_000 * (2 - rate)
    in_taxable, in_ira = np.meshgrid(np.linspace(0, 10_000, 401), np.linspace(0, 10_000, 401))
    off = (in_taxable + (1 - rate) * in_ira) / worth - 0.5
    cost = aversion * worth * variance * (off**2 + off**2) + years * dividend * 0.40 * in_taxable
    bought_d = [bought(found, i).get("D", 0.0) for i in ("taxable", "other")]
    at = np.unravel_index(cost.argmin(), cost.shape)
    assert bought_d == pytest.approx([in_taxable[at], in_ira[at]], abs=120)  # the range of cash, and costs of trading
    assert sum(found.by_account["benefit_usd"]) == found.benefit_usd
    assert found.certificate.gap_usd < 1


@pytest.mark.parametrize("kind", [AccountKind.TAXABLE, AccountKind.ROTH])
def test_what_is_not_taxed_when_it_is_withdrawn_has_no_such_rate(kind: AccountKind) -> None:
    with pytest.raises(InputError, match="has a withdrawal_tax_rate"):
        beside_a_retirement_account(kind, 0.2)
    with pytest.raises(InputError, match=r"withdrawal_tax_rate is 1\.5"):
        beside_a_retirement_account(AccountKind.IRA, 1.5)
