"""Year summary: gains and losses by term, what was disallowed, and income. Sums of the rows of Form 8949.

Every figure of gains is the sum of the same lines in cents that make up the form, so the two agree
to the cent. What is not known is named, and stands in no figure. Not tax advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from di_advisor.domain.amounts import cents_of_parts
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.dividends import dividends_of_year
from di_advisor.ledger.papers.paper import Paper, about
from di_advisor.ledger.papers.sold_lines import SoldLine, sold_lines
from di_advisor.ledger.papers.wash_report import wash_report
from di_advisor.ledger.realized import Term

__all__ = ["SummaryRow", "year_summary"]

_ZERO: Final = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One figure.

    Attributes
    ----------
    figure : str
        Its key: ``short_gains``, ``short_net``, ``disallowed``, ``dividends_qualified``...
    what : str
        What it is.
    amount_usd : Decimal
        In cents; losses negative, disallowed losses positive.
    """

    figure: str
    what: str
    amount_usd: Decimal


def year_summary(books: Books, year: int) -> Paper[SummaryRow]:
    """Figures of one tax year.

    Parameters
    ----------
    books : Books
        The books.
    year : int
        Calendar year.
    """
    lines, missing = sold_lines(books, year)
    washes = wash_report(books, year)
    income = dividends_of_year(books, year)
    rows = [*_gains(lines, Term.SHORT), *_gains(lines, Term.LONG)]
    net = {r.figure: r.amount_usd for r in rows}
    rows.append(SummaryRow("net", "Net gain or loss", net["short_net"] + net["long_net"]))
    disallowed = sum((r.disallowed_usd for r in washes.rows), _ZERO)
    lost = sum((r.disallowed_usd for r in washes.rows if r.lost_for_good), _ZERO)
    still_open = cents_of_parts([-p.recognized_usd for x in lines for p in x.pieces if p.provisional(books.as_of)])
    rows += [
        SummaryRow("disallowed", "Losses disallowed by wash sales", disallowed),
        SummaryRow("lost_for_good", "of these, lost for good", lost),
        SummaryRow("carried", "of these, moved into the basis of other lots", disallowed - lost),
        SummaryRow("provisional", "Losses a later purchase can still disallow", sum(still_open, _ZERO)),
    ]
    total = income.qualified_usd + income.ordinary_usd
    qualified, ordinary = cents_of_parts([income.qualified_usd, income.ordinary_usd], total)
    rows += [
        SummaryRow("dividends", "Dividends and taxable distributions", qualified + ordinary),
        SummaryRow("dividends_qualified", "of these, qualified by holding days", qualified),
        SummaryRow("dividends_ordinary", "of these, ordinary", ordinary),
    ]
    kinds = [kind for kind, _ in income.by_kind_usd]
    cents = cents_of_parts([amount for _, amount in income.by_kind_usd], qualified + ordinary)
    rows += [
        SummaryRow(f"income_{kind}", kind.replace("_", " "), amount) for kind, amount in zip(kinds, cents, strict=True)
    ]
    title = f"Summary of tax year {year}"
    return Paper(
        about(books, title, notes=income.may_change, missing=(*missing, *income.missing)), SummaryRow, tuple(rows)
    )


def _gains(lines: tuple[SoldLine, ...], term: Term) -> list[SummaryRow]:
    mine = [x.gain_usd for x in lines if x.term is term]
    gains = sum((g for g in mine if g > 0), _ZERO)
    losses = sum((g for g in mine if g < 0), _ZERO)
    name = f"{term.value.capitalize()}-term"
    return [
        SummaryRow(f"{term.value}_gains", f"{name} gains", gains),
        SummaryRow(f"{term.value}_losses", f"{name} losses that count", losses),
        SummaryRow(f"{term.value}_net", f"{name} net", gains + losses),
    ]
