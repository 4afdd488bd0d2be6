"""What a household is, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from di_advisor.domain.household import Filer, Household, Tracking
from di_advisor.domain.mandate import Mandate, TradingMode, WashPolicy
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.errors import InputError, UnsupportedWishError
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.propose.household import facts_of
from di_advisor.propose.planned import never
from tests.household.world import LOOSE, account, market, target

ANN = Filer("ann", ("ann",))
BOTH = Filer("both", ("ann", "bob"))
INDEX = target("X", "Y")


def house(**changes: object) -> Household:
    given: dict[str, object] = {
        "name": "test",
        "filers": (BOTH,),
        "accounts": (
            account("hers", "ann", "L 10 X @ 90 on 2025-01-02"),
            account("his", "bob", "M 1 X @ 90 on 2025-01-02", kind=AccountKind.IRA),
        ),
        "target": INDEX,
    }
    return Household(**(given | changes))  # type: ignore[arg-type]


def test_a_household_knows_whose_return_an_account_is_on() -> None:
    apart = house(filers=(ANN, Filer("bob", ("bob",))))
    assert apart.filer_of("his").name == "bob"
    assert house().filer_of("his") is BOTH
    assert [a.account_id for a in house().portfolio.accounts] == ["hers", "his"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: house(filers=()), "0 returns"),
        (lambda: house(filers=(ANN, BOTH)), "3 people"),
        (lambda: house(filers=(ANN, Filer("again", ("ann",)))), "more than one return: ann"),
        (lambda: house(filers=(ANN,)), "belongs to 'bob'"),
        (lambda: house(accounts=()), "has no accounts"),
        (lambda: house(accounts=(account("A", "ann", ""), account("A", "bob", ""))), "not distinct: A"),
        (lambda: house(target=None), "has no target"),
        (lambda: Filer("ann", ("ann", "ann")), "filed by"),
        (lambda: house(wash_policy="perhaps"), "wash_policy"),
        (lambda: house().account("hers?"), "no account 'hers\\?'"),
    ],
)
def test_what_does_not_fit_together_is_refused(wrong: Callable[[], object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        wrong()


@pytest.mark.parametrize(
    ("mandate", "says"),
    [
        (Mandate(wash_policy=WashPolicy.PRICE), "Household.wash_policy"),
        (Mandate(tax_budget_usd=Decimal(10)), "Filer.tax_budget_usd"),
    ],
)
def test_what_is_of_all_accounts_is_not_an_accounts_wish(mandate: Mandate, says: str) -> None:
    with pytest.raises(UnsupportedWishError, match=says):
        account("A", "ann", "", mandate=mandate)


def facts(household: Household, **taxes: object) -> object:
    world = market({"X": "100", "Y": "100"}, {"X": 1e-4, "Y": 1e-4})
    return facts_of(household, world, taxes, never)  # type: ignore[arg-type]


def test_a_return_must_be_given_and_have_the_status_of_those_who_file_it() -> None:
    with pytest.raises(InputError, match="No taxpayer is given for both"):
        facts(house())
    single = ReturnInputs(tax_year=2026, filing_status=FilingStatus.SINGLE)
    with pytest.raises(InputError, match="married_joint"):
        facts(house(), both=single)


def test_a_budget_of_a_return_without_accounts_is_refused() -> None:
    filers = (ANN, Filer("bob", ("bob",), gain_budget_usd=Decimal(-100)))
    rates = TaxProfile(ConstantRates(0.3, 0.2))
    with pytest.raises(InputError, match="no account of this household is on it"):
        facts(house(filers=filers), ann=rates, bob=rates)


def test_an_account_that_leaves_tax_out_has_no_price_of_gains() -> None:
    unaware = account(
        "hers", "ann", "L 10 X @ 90 on 2025-01-02", mandate=LOOSE.with_changes(mode=TradingMode.TAX_UNAWARE)
    )
    found = facts(house(accounts=(unaware,), filers=(ANN,)), ann=TaxProfile(ConstantRates(0.3, 0.2)))
    with pytest.raises(UnsupportedWishError, match="tax_unaware"):
        found.joint({})  # type: ignore[attr-defined]


def test_an_account_with_a_target_of_its_own_cannot_track_together() -> None:
    from dataclasses import replace

    own = replace(account("hers", "ann", ""), target=INDEX)
    with pytest.raises(InputError, match="target of its own"):
        house(accounts=(own,), filers=(ANN,), tracking=Tracking.TOGETHER)
