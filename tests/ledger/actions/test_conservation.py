"""The check of totals after each action: it holds for what is right, and fails for what is not."""

from fractions import Fraction

import pytest

from di_advisor.domain import events as ev
from di_advisor.domain.events import TaxTreatment
from di_advisor.errors import ConservationError
from di_advisor.ledger.actions import boot, distributions, spin_offs
from di_advisor.ledger.book import Book
from tests.ledger.actions.ledgers import BOOT, FREE, TAXABLE, action, books, bought, cash_in_lieu, spin_off, split

LOT = bought("L", 100, "1000")
DAY = "2016-01-04"
ROC = action(ev.ReturnOfCapital, DAY, TaxTreatment.RETURN_OF_CAPITAL, amount_per_share_usd=12)
CASH = action(ev.CashMerger, DAY, TAXABLE, cash_per_share_usd="15")
STOCK = action(ev.StockMerger, DAY, FREE, new_security_id="Y", new_per_old=2)
MIXED = action(ev.MixedMerger, DAY, BOOT, new_security_id="Y", new_per_old=1, cash_per_share_usd=5, value_per_new_usd=8)
SPIN = spin_off(DAY, "1/4", parent_fraction="0.8")


def lose_a_share(book: Book, security_id: str, new_per_old: Fraction) -> None:
    for account_id in book.holders(security_id):
        for part in book.lots(account_id, security_id):
            part.shares = part.shares * new_per_old - 1


def make_up_a_cent(book: Book, part, basis_usd, loss_basis_usd=None, *, pending="") -> None:
    part.basis_usd = None if basis_usd is None else basis_usd + Fraction(1, 100)


def forget_the_cash(_book: Book, _account_id: str, _amount_usd: Fraction) -> None: ...


def forget_the_gain(*_args, **_named) -> None: ...


def swap(book: Book, part, security_id: str, shares: Fraction, on, become=Book.become) -> None:
    become(book, part, security_id, shares + 1, on)


@pytest.mark.parametrize(
    ("method", "broken", "event", "what"),
    [
        ("rescale", lose_a_share, split(DAY, 2), "200 expected, 199 found"),
        ("become", swap, STOCK, "200 expected, 201 found"),
        ("rebase", make_up_a_cent, SPIN, "basis and cash"),
        ("rebase", make_up_a_cent, ROC, "basis and cash"),
        ("rebase", make_up_a_cent, MIXED, "basis and cash"),
        ("gain_without_sale", forget_the_gain, ROC, "basis and cash"),
        ("gain_without_sale", forget_the_gain, MIXED, "basis and cash"),
    ],
    ids=lambda v: v if isinstance(v, str) else getattr(v, "__name__", type(v).__name__),
)
def test_an_action_that_loses_or_makes_up_anything_is_caught(
    monkeypatch: pytest.MonkeyPatch, method: str, broken: object, event: ev.Event, what: str
) -> None:
    monkeypatch.setattr(Book, method, broken)
    with pytest.raises(ConservationError, match=what):
        books(LOT, event)


@pytest.mark.parametrize("event", [CASH, ROC, MIXED, cash_in_lieu(DAY, "3", shares="0.5")], ids=lambda e: e.event_id)
def test_cash_that_does_not_arrive_is_caught(monkeypatch: pytest.MonkeyPatch, event: ev.Event) -> None:
    transfer = ev.TransferIn(
        event_id="L", on=LOT.on, account_id="A", security_id="X", shares=100, basis_total_usd="1000", acquired=LOT.on
    )
    monkeypatch.setattr(Book, "pay", forget_the_cash)
    with pytest.raises(ConservationError, match="basis and cash in account A"):
        books(transfer, event)


def test_a_negative_basis_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def beyond(basis_usd: Fraction, amount_usd: Fraction) -> tuple[Fraction, Fraction]:
        return basis_usd - amount_usd, Fraction(0)

    monkeypatch.setattr(distributions, "return_capital", beyond)
    with pytest.raises(ConservationError, match="lot L of X"):
        books(LOT, ROC)


def test_a_spin_off_that_gives_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spin_offs, "_divide", lambda *_: None)
    monkeypatch.setattr(spin_offs, "settle_fraction", lambda *_: None)
    with pytest.raises(ConservationError, match="Y shares in account A: 25 expected, 0 found"):
        books(LOT, SPIN)


def test_a_dividend_that_nobody_reports_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "distribute", lambda *_: None)
    event = action(
        ev.MixedMerger,
        DAY,
        BOOT,
        new_security_id="Y",
        new_per_old=1,
        cash_per_share_usd=5,
        value_per_new_usd=8,
        dividend_per_share_usd=1,
    )
    with pytest.raises(ConservationError, match="basis and cash"):
        books(LOT, event)


def test_the_error_says_what_was_expected_and_that_nothing_was_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "rescale", lose_a_share)
    with pytest.raises(ConservationError) as caught:
        books(LOT, split(DAY, 2))
    assert caught.value.facts == {"expected": 200, "found": 199}
    assert "Nothing was booked" in caught.value.hint
