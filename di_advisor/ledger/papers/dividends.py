"""Dividends of a year, split into qualified and ordinary by the holding days of the lots that earned them.

Who was entitled is read from the books: lots acquired before the ex-date that are still held, or were
sold on it or later, weighed by their shares of today, splits counted. Days carried over from a wash
sale do not count. A dividend without ex-date, or one that no known lot earned, is ordinary and named
as missing. Limits: lots that left by gift or transfer are not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.errors import IncompleteDataError
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.paper import Missing
from di_advisor.ledger.realized import Income, IncomeKind
from di_advisor.ledger.tax_return import SharesHeld, holding_window, split_dividend

__all__ = ["DividendsOfYear", "dividends_of_year"]


@dataclass(frozen=True, slots=True)
class DividendsOfYear:
    """Dividends that count for tax, exact.

    Attributes
    ----------
    qualified_usd, ordinary_usd : Fraction
        Add up to all dividends, those of reorganisations and taxable distributions included.
    by_kind_usd : tuple of (str, Fraction)
        By kind of income and, for cash dividends, kind of dividend.
    may_change : tuple of str
        Dividends that holding on can still make qualified, as sentences.
    missing : tuple of Missing
        What could not be judged.
    """

    qualified_usd: Fraction
    ordinary_usd: Fraction
    by_kind_usd: tuple[tuple[str, Fraction], ...]
    may_change: tuple[str, ...]
    missing: tuple[Missing, ...]


def dividends_of_year(books: Books, year: int) -> DividendsOfYear:
    """Split the income of one year.

    Parameters
    ----------
    books : Books
        The books.
    year : int
        Calendar year in which it counts.
    """
    qualified = ordinary = Fraction(0)
    by_kind: dict[str, Fraction] = {}
    may_change: list[str] = []
    missing: list[Missing] = []
    for income in books.income:
        if not income.taxed or income.on.year != year:
            continue
        kind = income.kind.value if income.kind is not IncomeKind.DIVIDEND else f"dividend_{income.dividend.value}"
        by_kind[kind] = by_kind.get(kind, Fraction(0)) + income.amount_usd
        part = _qualified_part(books, income, may_change, missing)
        qualified += part
        ordinary += income.amount_usd - part
    return DividendsOfYear(qualified, ordinary, tuple(sorted(by_kind.items())), tuple(may_change), tuple(missing))


def _qualified_part(books: Books, income: Income, may_change: list[str], missing: list[Missing]) -> Fraction:
    said = f"{float(income.amount_usd):,.2f} USD of {income.security_id} on {income.on} in account {income.account_id}"
    where = (income.account_id, income.security_id, income.event_id, "")
    if income.kind is not IncomeKind.DIVIDEND:
        # Whether a taxable distribution qualifies depends on facts that no event carries yet.
        return Fraction(0)
    ex_on = income.ex_on
    if ex_on is None:
        missing.append(Missing("ex_date", *where, f"The ex-date of {said} is not known: all of it is ordinary."))
        return Fraction(0)
    entitled = _entitled(books, income, ex_on)
    try:
        split = split_dividend(income.amount_usd, income.dividend, ex_on, entitled, as_of=books.as_of)
    except IncompleteDataError:
        missing.append(
            Missing("holding_days", *where, f"No known lot earned {said} (ex-date {ex_on}): all of it is ordinary.")
        )
        return Fraction(0)
    if any(days.may_change_until for _, _, days in split.by_lot):
        until = holding_window(ex_on, income.dividend)[1]
        may_change.append(f"A part of the dividend of {said} is ordinary, and can qualify by holding on until {until}.")
    return split.qualified_usd


def _entitled(books: Books, income: Income, ex_on: date) -> list[SharesHeld]:
    def mine(account_id: str, security_id: str, acquired: date | None) -> bool:
        same = (account_id, security_id) == (income.account_id, income.security_id)
        return same and acquired is not None and acquired < ex_on

    held = [
        SharesHeld(as_fraction(b.lot.shares), b.lot.acquired)
        for b in books.lots
        if mine(b.lot.account_id, b.lot.security_id, b.lot.acquired) and b.lot.acquired is not None
    ]
    sold = [
        SharesHeld(r.shares * r.split_since, r.acquired, r.sold)
        for r in books.realized
        if mine(r.account_id, r.security_id, r.acquired) and r.acquired is not None and r.shares > 0 and r.sold >= ex_on
    ]
    return [*held, *sold]
