"""How an account stands: gains, terms, and the days that wash sales set."""

from datetime import date
from decimal import Decimal

import pytest

from di_advisor.domain.lots import LotState, TaxLot
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.signals import LockKind
from di_advisor.errors import UnknownSecurityError
from di_advisor.signals.standing import AccountStanding, account_standing
from tests.signals import small_world as world


def lot(lot_id: str, name: str, shares: str, basis: str | None, on: date | None) -> TaxLot:
    value = None if basis is None else Decimal(basis)
    return TaxLot(lot_id, "main", name, Decimal(shares), value, on, state=LotState.of(value, on))


LOTS = (
    lot("old", "IBM", "10", "2000", date(2025, 11, 19)),
    lot("new", "IBM", "10", "3000", date(2026, 11, 10)),
    lot("down", "IBM", "10", "2600", date(2026, 1, 5)),
    lot("unknown", "FOX", "5", None, None),
    lot("dear", "MSFT", "1", "700", date(2026, 2, 2)),
)


def standing(*, kind: AccountKind = AccountKind.TAXABLE) -> AccountStanding:
    sold = Fill("MSFT", Side.SELL, Decimal(2), date(2026, 11, 3), gain_usd=Decimal(-50))
    cash = (CashItem(Decimal(100), world.AS_OF), CashItem(Decimal(7), date(2026, 12, 1)))
    account = Account("main", lots=LOTS, cash=cash, fills=(sold,), kind=kind)
    return account_standing(Portfolio("me", (account,)), "main", world.market({**world.PRICES, "FOX": None}))


def test_the_largest_loss_stands_first_and_what_is_not_known_last() -> None:
    assert [x.lot.lot_id for x in standing().lots] == ["new", "dear", "down", "old", "unknown"]


def test_gains_are_at_the_price_and_terms_turn_on_the_day_after_a_year() -> None:
    found = {x.lot.lot_id: x for x in standing().lots}
    assert found["new"].gain_usd == pytest.approx(-499.0)
    assert found["old"].gain_usd == pytest.approx(501.0)
    assert (found["old"].long_term, found["down"].long_term) == (True, False)
    assert found["down"].long_term_on == date(2027, 1, 6)


def test_what_has_no_price_or_basis_is_not_known_and_not_zero() -> None:
    unknown = standing().lots[-1]
    assert (unknown.value_usd, unknown.gain_usd, unknown.long_term, unknown.long_term_on) == (None, None, None, None)


def test_a_recent_purchase_keeps_losses_of_its_name_and_a_loss_taken_keeps_purchases() -> None:
    dates = {(d.security.security_id, d.kind): d for d in standing().wash_dates}
    assert set(dates) == {("IBM", LockKind.NO_LOSS_SALE), ("MSFT", LockKind.NO_BUY)}
    kept = dates["IBM", LockKind.NO_LOSS_SALE]
    assert (kept.lots, kept.safe_on) == (1, date(2026, 12, 11))  # the new lot's own purchase does not count against it
    assert kept.loss_usd == pytest.approx(-99.0)
    assert dates["MSFT", LockKind.NO_BUY].safe_on == date(2026, 12, 4)


def test_cash_of_later_days_is_apart() -> None:
    found = standing()
    assert found.cash_usd == 100
    assert [c.amount_usd for c in found.later_cash] == [7]


def test_a_retirement_account_is_not_taxed_and_no_loss_of_it_waits() -> None:
    found = standing(kind=AccountKind.IRA)
    assert not found.taxed
    assert all(d.kind is LockKind.NO_BUY for d in found.wash_dates)


def test_a_name_that_the_market_does_not_know_is_named() -> None:
    with pytest.raises(UnknownSecurityError, match="IBM"):
        account_standing(Portfolio("me", (Account("main", lots=LOTS),)), "main", world.market({"FOX": "40"}))
