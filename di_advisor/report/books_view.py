"""The books and their papers inline: HTML for a notebook, Markdown, and plain text.

Problem: whoever looks at the books must see at a glance what is held, what each year holds, and what
is not final or not known. Decision: two tables, positions and years, with the accounts seen above
and the notices below; papers show their first rows, without
the keys of events and lots, and fold the rest. Every text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from markupsafe import Markup

from di_advisor.domain.amounts import cents_of_parts
from di_advisor.ledger.books import Books
from di_advisor.ledger.papers import LotRow, Paper
from di_advisor.ledger.realized import Realized, Term
from di_advisor.ledger.tax_return import NOT_TAX_ADVICE
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.paper_page import paper_table
from di_advisor.report.tables import Align, Cell, Column, Table, as_markdown, as_text
from di_advisor.report.wording import money, printable, shares

__all__ = ["books_html", "books_markdown", "books_text", "paper_view_html", "paper_view_text"]

_FIRST: Final = 12
_MOST_NOTICES: Final = 12
_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-books">{}</div>')
_KEYS: Final = frozenset({"Sale", "Lot", "Lots", "Event id", "Replacement lot id"})
# A name by content is a digest; its first letters tell it apart where people look.
_LONG_KEY: Final = re.compile(r"\b([0-9a-f]{6})[0-9a-f]{10}\b")
_NOTHING_HELD: Final = "Held: nothing."
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b><br>{}</div>')


def _figure(label: str, unit: str = "$") -> Column:
    return Column(label, unit, Align.RIGHT)


def _positions(books: Books) -> Table:
    held: dict[tuple[str, str], list[tuple[Fraction, Fraction | None]]] = {}
    for b in books.lots:
        basis = None if b.lot.basis_total_usd is None else Fraction(b.lot.basis_total_usd)
        held.setdefault((b.lot.account_id, b.lot.security_id), []).append((Fraction(b.lot.shares), basis))
    rows = []
    for (account, security), lots in held.items():
        known = [basis for _, basis in lots if basis is not None]
        total = sum(known, Fraction(0))
        rows.append(
            (
                account,
                books.tickers.get(security, security),
                str(len(lots)),
                shares(sum((n for n, _ in lots), Fraction(0))),
                money(cents_of_parts([total])[0]) if len(known) == len(lots) else "not known",
            )
        )
    columns = (Column("Account"), Column("Security"), _figure("Lots", ""), _figure("Shares", ""), _figure("Basis"))
    return Table("Held", columns, tuple(rows))


def _years(books: Books) -> Table:
    rows = []
    for year in sorted({r.sold.year for r in books.realized if r.taxed}):
        pieces = [r for r in books.realized_in(year) if r.known]
        unknown = len(books.realized_in(year)) - len(pieces)
        sums = (
            _recognized(pieces, Term.SHORT),
            _recognized(pieces, Term.LONG),
            sum((r.disallowed_usd for r in pieces), Fraction(0)),
            sum((r.lost_for_good_usd for r in pieces), Fraction(0)),
            sum((r.recognized_usd for r in pieces if r.provisional(books.as_of)), Fraction(0)),
        )
        rows.append((str(year), *(money(cents_of_parts([s])[0]) for s in sums), str(unknown) if unknown else "-"))
    columns = (
        Column("Year"),
        _figure("Short-term"),
        _figure("Long-term"),
        _figure("Disallowed"),
        _figure("Lost for good"),
        _figure("Provisional"),
        _figure("Not known", "sales"),
    )
    return Table("Realised", columns, tuple(rows))


def _recognized(pieces: Sequence[Realized], term: Term) -> Fraction:
    return sum((r.recognized_usd for r in pieces if r.term is term), Fraction(0))


def _notices(books: Books) -> list[str]:
    sentences = list(dict.fromkeys(n.sentence for n in books.notices))
    shown = sentences[:_MOST_NOTICES]
    more = len(sentences) - len(shown)
    return [*shown, f"And {more} more notices (Books.notices)."] if more > 0 else shown


def _title(books: Books) -> str:
    return f"Books of {books.taxpayer} on {books.as_of}"


def books_html(books: Books) -> str:
    """The books for a notebook: positions, years, notices.

    Parameters
    ----------
    books : Books
        The books.
    """
    held = _positions(books)
    first = Table(held.caption, held.columns, held.rows[:_FIRST])
    parts = [
        _LEAD.format(escaped(_title(books)), escaped(f"{books.scope} {NOT_TAX_ADVICE}")),
        as_html(first) if held.rows else html_list([_NOTHING_HELD]),
    ]
    rest = held.rows[_FIRST:]
    if rest:
        parts.append(folded(f"The other {len(rest)} positions", as_html(Table("Held", held.columns, rest))))
    years = _years(books)
    if years.rows:
        parts.append(as_html(years))
    if books.notices:
        parts.append(html_list(_notices(books)))
    return str(_NO_FORMULAS.format(Markup("").join(parts)))


def books_text(books: Books) -> str:
    """The books for a terminal."""
    years = _years(books)
    held = _positions(books)
    shown = as_text(held) if held.rows else _NOTHING_HELD
    parts = [printable(f"{_title(books)}. {books.scope} {NOT_TAX_ADVICE}"), "", shown]
    parts += ["", as_text(years)] if years.rows else []
    return "\n".join([*parts, *map(printable, _notices(books))])


def books_markdown(books: Books) -> str:
    """The books where no HTML is shown."""
    years = _years(books)
    tables = [as_markdown(t) for t in (_positions(books), years) if t.rows]
    return "\n\n".join([f"{_title(books)}. {NOT_TAX_ADVICE}", *tables])


def _without_keys(table: Table, *, lots: bool) -> Table:
    """The table without columns that only name events and lots (but for a list of lots); files and frames keep them."""
    keep = [
        n for n, column in enumerate(table.columns) if column.label not in _KEYS or (lots and column.label == "Lot")
    ]

    def kept(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(_LONG_KEY.sub(r"\1…", cell) if isinstance(cell, str) else cell for cell in (row[n] for n in keep))

    columns = tuple(table.columns[n] for n in keep)
    return Table("", columns, tuple(map(kept, table.rows)), tuple(map(kept, table.totals)))


def paper_view_html(paper: Paper[Any]) -> str:
    """A paper for a notebook: the first rows, the totals, what is missing.

    Parameters
    ----------
    paper : Paper
        Any paper of the ledger.
    """
    about = paper.about
    whole = _without_keys(paper_table(paper), lots=paper.row_type is LotRow)
    first = Table(whole.caption, whole.columns, whole.rows[:_FIRST], whole.totals)
    lead = f"Taxpayer: {about.taxpayer}. Books as of {about.as_of}. {about.scope} {about.disclaimer}"
    parts = [_LEAD.format(escaped(about.title), escaped(lead)), as_html(first)]
    rest = whole.rows[_FIRST:]
    if rest:
        parts.append(folded(f"The other {len(rest)} rows", as_html(Table("", whole.columns, rest))))
    sentences = [m.sentence for m in about.missing] + list(about.notes)
    if sentences:
        parts.append(html_list(sentences))
    return str(_NO_FORMULAS.format(Markup("").join(parts)))


def paper_view_text(paper: Paper[Any]) -> str:
    """A paper for a terminal."""
    about = paper.about
    lines = [printable(f"{about.title}. {about.scope} {about.disclaimer}"), "", as_text(paper_table(paper))]
    return "\n".join([*lines, *map(printable, (*(m.sentence for m in about.missing), *about.notes))])
