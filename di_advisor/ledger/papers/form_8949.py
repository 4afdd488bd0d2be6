"""Form 8949: sales and other dispositions of capital assets, row by row.

Rows stand by part (I short-term, II long-term) and box (A to F). Columns: (d) proceeds, (e) basis,
(f) codes in alphabetical order, (g) adjustment, (h) = (d) - (e) + (g), which always holds. Codes that
occur: B basis on the 1099-B is wrong, E selling expenses not on the 1099-B, T its term is wrong, W
loss disallowed by a wash sale. Column (b) shows the day from which the holding period counts, as
brokers print it after a wash sale; ``VARIOUS`` where lots are combined, ``INHERITED`` for an estate's.

Limits: the other codes (nominees, market discount, small business stock...) are not made here. Not
tax advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import cents_of_parts
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers.form_1099b import Box, Broker, Form1099B, box_of
from di_advisor.ledger.papers.paper import Paper, about
from di_advisor.ledger.papers.sold_lines import SoldLine, sold_lines
from di_advisor.ledger.papers.words import shares_text
from di_advisor.ledger.parts import RealizedKind

__all__ = ["VARIOUS", "Form8949Row", "form_8949"]

VARIOUS: Final = "VARIOUS"
"""What the form shows where lots of several days are combined."""

_ZERO: Final = Decimal("0.00")
_WHAT: Final = {
    RealizedKind.CASH_IN_LIEU: "fraction paid in cash",
    RealizedKind.CASH_MERGER: "cash merger",
    RealizedKind.BOOT: "cash in a reorganisation",
    RealizedKind.TAXABLE_EXCHANGE: "taxable exchange",
    RealizedKind.RETURN_OF_CAPITAL: "return of capital above basis",
    RealizedKind.WORTHLESS: "worthless",
}


@dataclass(frozen=True, slots=True)
class Form8949Row:
    """One row.

    Attributes
    ----------
    part, box : str
        I or II, and A to F.
    description : str
        Column (a).
    acquired : str
        Column (b): an ISO date, VARIOUS or INHERITED.
    sold : date or None
        Column (c); None in a total.
    proceeds_usd, basis_usd : Decimal
        Columns (d) and (e).
    codes : str
        Column (f).
    adjustment_usd, gain_usd : Decimal
        Columns (g) and (h).
    washed_usd : Decimal
        The part of (g) that is a disallowed loss, not negative.
    provisional_until : date or None
        A purchase until this day can still disallow a loss on it; None if none can.
    account_id, security_id, event_id, lots : str
        Where it comes from; lots separated by "; ".
    """

    part: str
    box: str
    description: str
    acquired: str
    sold: date | None
    proceeds_usd: Decimal
    basis_usd: Decimal
    codes: str
    adjustment_usd: Decimal
    gain_usd: Decimal
    washed_usd: Decimal
    provisional_until: date | None
    account_id: str
    security_id: str
    event_id: str
    lots: str


def form_8949(
    books: Books,
    year: int,
    *,
    broker: Broker | None = None,
    names: Mapping[str, str] | None = None,
    combine_lots: bool = False,
) -> Paper[Form8949Row]:
    """Rows of one tax year, with a total for each box.

    Parameters
    ----------
    books : Books
        The books.
    year : int
        Tax year.
    broker : Broker, optional
        What was reported to the IRS; basis reported, as in the books, where left out.
    names : Mapping of str to str, optional
        What to call a security id; its last ticker, or the id, where left out.
    combine_lots : bool
        Whether lots of one sale in one box make one row (VARIOUS), gains and losses apart.

    Raises
    ------
    InputError
        If a 1099-B has less proceeds than the books, or covers two parts of the form.
    """
    broker = broker or Broker()
    lines, missing = sold_lines(books, year)
    called = {**books.tickers, **(names or {})}
    groups: dict[tuple[object, ...], list[SoldLine]] = {}
    forms: dict[tuple[object, ...], Form1099B | None] = {}
    for line in lines:
        form = broker.form(line)
        box = box_of(line.term, broker.reported(line))
        lot: tuple[object, ...] = (line.root_id, line.acquired, line.kind)
        if form is not None:
            lot = (form.event_id, form.lot_id, form.term)
        elif combine_lots:
            lot = (line.kind,)
        loss = form is None and line.basis_usd > line.proceeds_usd
        key = (box, line.sold, line.event_id, line.account_id, line.security_id, loss, *lot)
        groups.setdefault(key, []).append(line)
        forms[key] = form
    _one_part_each(list(forms.items()))
    rows = tuple(
        _row(Box(str(key[0])), groups[key], forms[key], called, books.as_of)
        for key in sorted(groups, key=lambda k: [str(x) for x in k])
    )
    unmatched = sorted({f.event_id for f in broker.forms} - {line.event_id for line in lines})
    notes = [f"A 1099-B names sale {e}, which is not among the sales of {year}." for e in unmatched]
    if any(r.provisional_until for r in rows):
        notes.append("Losses marked provisional can still be disallowed by a purchase until the day shown.")
    title = f"Form 8949, tax year {year}"
    return Paper(about(books, title, notes=tuple(notes), missing=missing), Form8949Row, rows, _totals(rows))


def _one_part_each(forms: Sequence[tuple[tuple[object, ...], Form1099B | None]]) -> None:
    parts: dict[Form1099B, str] = {}
    for key, form in forms:
        part = Box(str(key[0])).part
        if form is not None and parts.setdefault(form, part) != part:
            raise InputError(
                f"The 1099-B of sale {form.event_id}, lot {form.lot_id or '(all)'}, covers short-term and long-term "
                "shares.",
                hint="Give two forms, each with its term: the books split the lot because part of it replaced shares "
                "sold at a loss.",
                event_id=form.event_id,
            )


def _row(
    box: Box, lines: Sequence[SoldLine], form: Form1099B | None, called: Mapping[str, str], as_of: date
) -> Form8949Row:
    first = lines[0]
    proceeds, basis = (sum((getattr(x, n) for x in lines), _ZERO) for n in ("proceeds_usd", "basis_usd"))
    washed = sum((x.washed_usd for x in lines), _ZERO)
    gain = sum((x.gain_usd for x in lines), _ZERO)
    codes = {"W"} if washed else set()
    if form is not None:
        proceeds, basis = _as_reported(form, first, proceeds, basis, codes)
    dates = sorted({x.acquired for x in lines})
    name = called.get(first.security_id, first.security_id)
    shares = sum((x.shares for x in lines), Fraction(0))
    what = f" ({_WHAT[first.kind]})" if first.kind in _WHAT else ""
    open_until = [p.window_closes for x in lines for p in x.pieces if p.provisional(as_of)]
    return Form8949Row(
        part=box.part,
        box=box.value,
        description=f"{shares_text(shares)} sh. {name}{what}" if shares else f"{name}{what}",
        acquired=dates[0] if len(dates) == 1 else VARIOUS,
        sold=first.sold,
        proceeds_usd=proceeds,
        basis_usd=basis,
        codes="".join(sorted(codes)),
        adjustment_usd=gain - proceeds + basis,
        gain_usd=gain,
        washed_usd=washed,
        provisional_until=max(open_until, default=None),
        account_id=first.account_id,
        security_id=first.security_id,
        event_id=first.event_id,
        lots="; ".join(dict.fromkeys(x.root_id for x in lines)),
    )


def _as_reported(
    form: Form1099B, line: SoldLine, proceeds: Decimal, basis: Decimal, codes: set[str]
) -> tuple[Decimal, Decimal]:
    """Columns (d) and (e) as the broker reported them, with the codes that say why (g) corrects them."""
    if form.term is not None and form.term is not line.term:
        codes.add("T")
    if form.proceeds_usd is not None:
        printed = cents_of_parts([form.proceeds_usd])[0]
        if printed < proceeds:
            raise InputError(
                f"The 1099-B of sale {form.event_id} shows proceeds of {printed} USD, and the books {proceeds} USD.",
                hint="Correct the sale in the journal, or ask the broker for a corrected form.",
                event_id=form.event_id,
            )
        if printed > proceeds:
            codes.add("E")
        proceeds = printed
    if form.basis_usd is not None:
        printed = cents_of_parts([form.basis_usd])[0]
        if printed != basis:
            codes.add("B")
        if form.basis_to_irs:
            basis = printed
    return proceeds, basis


def _totals(rows: Sequence[Form8949Row]) -> tuple[Form8949Row, ...]:
    totals = []
    for box in Box:
        mine = [r for r in rows if r.box == box]
        if mine:
            totals.append(
                replace(
                    mine[0],
                    description=f"Total of box {box}",
                    acquired="",
                    sold=None,
                    proceeds_usd=sum((r.proceeds_usd for r in mine), _ZERO),
                    basis_usd=sum((r.basis_usd for r in mine), _ZERO),
                    codes="",
                    adjustment_usd=sum((r.adjustment_usd for r in mine), _ZERO),
                    gain_usd=sum((r.gain_usd for r in mine), _ZERO),
                    washed_usd=sum((r.washed_usd for r in mine), _ZERO),
                    provisional_until=None,
                    account_id="",
                    security_id="",
                    event_id="",
                    lots="",
                )
            )
    return tuple(totals)
