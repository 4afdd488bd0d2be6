"""Wash windows around the year end: which losses are provisional, until when, and what would wash them.

Problem: a loss taken in December is final only when its 30 days are over, in January, and it is washed by the one who
does nothing: a reinvested dividend, a standing purchase, an IRA contribution. Decision: every loss sale whose window
is open, with its last day, and by name what is known to be able to wash it; and every purchase that keeps a loss of
its name from counting now. Limits: only the accounts of the portfolio are seen; a dividend's day is not forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import as_fraction, show_exact
from di_advisor.domain.portfolio import Portfolio
from di_advisor.domain.signals import MarketSignals
from di_advisor.ledger.books import Books
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.ledger.wash_windows import WashWindows, wash_windows

__all__ = ["OpenWindow", "PurchaseWindow", "open_windows", "purchase_windows"]

_WINDOW: Final = timedelta(days=WASH_WINDOW_DAYS)


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A loss sale that a purchase can still wash.

    Attributes
    ----------
    account_id, security_id, ticker : str
        What was sold, and where.
    sold : date
        Trade date; in the future for a sale that is planned.
    loss_usd : Fraction or None
        Loss that counts so far, positive; None where the gain of the sale is not known.
    until : date
        Last day on which a purchase washes it.
    dangers : tuple of str
        What is known to be able to wash it, one sentence each.
    """

    account_id: str
    security_id: str
    ticker: str
    sold: date
    loss_usd: Fraction | None
    until: date
    dangers: tuple[str, ...]

    @property
    def safe_from(self) -> date:
        """First day on which a purchase washes nothing of it."""
        return self.until + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PurchaseWindow:
    """A purchase that would wash a loss taken on its name now.

    Attributes
    ----------
    account_id, security_id, ticker : str
        What was bought, and where.
    bought : date
        Trade date; in the future for a purchase that is planned.
    until : date
        Last day on which a loss of the name would be washed by it.
    """

    account_id: str
    security_id: str
    ticker: str
    bought: date
    until: date


def _seen(portfolio: Portfolio, market: MarketSignals) -> tuple[WashWindows, dict[str, str]]:
    known = (*market.universe.securities, *market.unpriced)
    tickers = {s.security_id: s.ticker for s in known}
    return wash_windows(portfolio, market.as_of, IdenticalGroups.from_securities(known), tickers=tickers), tickers


def open_windows(portfolio: Portfolio, market: MarketSignals, books: Books | None = None) -> tuple[OpenWindow, ...]:
    """Loss sales whose window is open after today, the last to close first.

    Parameters
    ----------
    portfolio : Portfolio
        All accounts that are to be seen, with fills of the last and planned ones of the next 30 days.
    market : MarketSignals
        Day and names.
    books : Books, optional
        Then the sales of the past are those of the books, each with the loss that still counts.
    """
    seen, tickers = _seen(portfolio, market)
    found = []
    for account_id, security_id, sold, loss in _loss_sales(seen, market.as_of, books):
        until = sold + _WINDOW
        if until > market.as_of:
            dangers = tuple(_dangers(seen, security_id, until))
            name = tickers.get(security_id, security_id)
            found.append(OpenWindow(account_id, security_id, name, sold, loss, until, dangers))
    return tuple(sorted(found, key=lambda w: (-w.until.toordinal(), w.ticker, w.account_id)))


def _loss_sales(
    seen: WashWindows, as_of: date, books: Books | None
) -> Iterator[tuple[str, str, date, Fraction | None]]:
    losses: dict[tuple[str, str, date], Fraction | None] = {}

    def add(key: tuple[str, str, date], loss: Fraction | None) -> None:
        before = losses.get(key, Fraction(0))
        losses[key] = None if loss is None or before is None else before + loss

    for sales in seen.loss_sales.values():
        for sale in sales:
            if books is None or sale.on > as_of:
                loss = None if sale.gain_usd is None else -as_fraction(sale.gain_usd)
                add((sale.account_id, sale.security_id, sale.on), loss)
    for piece in () if books is None else books.realized:
        if piece.provisional(as_of):
            add((piece.account_id, piece.security_id, piece.sold), -piece.recognized_usd)
    yield from ((*key, loss) for key, loss in losses.items())


def _dangers(seen: WashWindows, security_id: str, until: date) -> Iterator[str]:
    key = seen.groups.key(security_id)
    for account_id in seen.reinvesting.get(key, ()):
        lost = " for good" if account_id in seen.retirement_accounts else ""
        yield (
            f"Account {account_id} reinvests dividends and holds the name: one paid until {until} would wash its "
            f"shares of the loss{lost}. Turn reinvestment off until then."
        )
    for purchase in seen.purchases.get(key, ()):
        if seen.as_of < purchase.on <= until:
            lost = " for good" if purchase.account_id in seen.retirement_accounts else ""
            yield (
                f"{show_exact(purchase.shares)} shares are planned to be bought in account {purchase.account_id} on "
                f"{purchase.on}: they would wash as many shares of the loss{lost}. Move it to {until + timedelta(1)}."
            )


def purchase_windows(portfolio: Portfolio, market: MarketSignals) -> tuple[PurchaseWindow, ...]:
    """Purchases of the last and planned ones of the next 30 days, the last window to close first.

    Parameters
    ----------
    portfolio, market
        As in `open_windows`.
    """
    seen, tickers = _seen(portfolio, market)
    found = {
        (p.account_id, p.security_id, p.on): PurchaseWindow(
            p.account_id, p.security_id, tickers.get(p.security_id, p.security_id), p.on, p.on + _WINDOW
        )
        for purchases in seen.purchases.values()
        for p in purchases
    }
    return tuple(sorted(found.values(), key=lambda w: (-w.until.toordinal(), w.ticker, w.account_id)))
