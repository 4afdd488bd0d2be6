"""Dividends of a year, split into qualified and ordinary by the holding days of the lots that earned them.

Who was entitled is read from the books: lots that were in the account before the ex-date and did not
leave it before that day, weighed by their shares of today, splits counted. They may be held still, be
sold or gone since (their days then end), or have moved on to another account or become another name
by a merger (their days then go on). Days carried over from a wash sale do not count, a donor's days
do (26 USC 246(c)(3), 1223(2)) [recalled]. A dividend without ex-date, or one that no known lot earned,
is ordinary and named as missing. Limits: days after a transfer out of these books are not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.lots import TaxLot
from di_advisor.errors import IncompleteDataError
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.paper import Missing
from di_advisor.ledger.realized import BookedLot, Income, IncomeKind, Realized
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


@dataclass(frozen=True, slots=True)
class _Span:
    """Shares of a lot while they were in one holding, from ``since`` until ``until`` (None: still)."""

    since: date
    until: date | None
    shares: SharesHeld


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
    earners = _earners(books)
    for income in books.income:
        if not income.taxed or income.on.year != year:
            continue
        kind = income.kind.value if income.kind is not IncomeKind.DIVIDEND else f"dividend_{income.dividend.value}"
        by_kind[kind] = by_kind.get(kind, Fraction(0)) + income.amount_usd
        part = _qualified_part(books, income, earners, may_change, missing)
        qualified += part
        ordinary += income.amount_usd - part
    return DividendsOfYear(qualified, ordinary, tuple(sorted(by_kind.items())), tuple(may_change), tuple(missing))


def _qualified_part(
    books: Books,
    income: Income,
    earners: Mapping[tuple[str, str], list[_Span]],
    may_change: list[str],
    missing: list[Missing],
) -> Fraction:
    said = f"{float(income.amount_usd):,.2f} USD of {income.security_id} on {income.on} in account {income.account_id}"
    where = (income.account_id, income.security_id, income.event_id, "")
    if income.kind is not IncomeKind.DIVIDEND:
        # Whether a taxable distribution qualifies depends on facts that no event carries yet.
        return Fraction(0)
    ex_on = income.ex_on
    if ex_on is None:
        missing.append(Missing("ex_date", *where, f"The ex-date of {said} is not known: all of it is ordinary."))
        return Fraction(0)
    spans = earners.get((income.account_id, income.security_id), ())
    entitled = [x.shares for x in spans if x.since < ex_on and (x.until is None or x.until >= ex_on)]
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


def _earners(books: Books) -> dict[tuple[str, str], list[_Span]]:
    """Who held what when, by account and security; a lot that moved on stands in each of its holdings."""
    found: dict[tuple[str, str], list[_Span]] = {}
    for b in books.lots:
        _add(found, b, (b.lot.account_id, b.lot.security_id), b.lot, as_fraction(b.lot.shares), None)
    for b in books.departed:
        shares = as_fraction(b.lot.shares) * b.split_since
        _add(found, b, (b.lot.account_id, b.lot.security_id), b.lot, shares, b.left_on)
    for r in books.realized:
        if r.shares:
            _add(found, r, (r.account_id, r.security_id), r, r.shares * r.split_since, r.sold)
    return found


def _add(
    found: dict[tuple[str, str], list[_Span]],
    piece: BookedLot | Realized,
    where: tuple[str, str],
    dates: TaxLot | Realized,
    shares: Fraction,
    gone_on: date | None,
) -> None:
    since = dates.acquired
    if since is None:
        return
    # A gift is no wash replacement: what its period holds beyond its own days is the donor's.
    held_from = since if piece.given_on is None or dates.held_since is None else min(since, dates.held_since)
    for before in piece.held_before:
        earned = SharesHeld(shares * before.per_share, held_from, gone_on)
        found.setdefault((before.account_id, before.security_id), []).append(_Span(since, before.until, earned))
        since = before.until
    found.setdefault(where, []).append(_Span(since, gone_on, SharesHeld(shares, held_from, gone_on)))
