"""Trades as tables: sales by lot and buys by name, with their dollars by term and their reasons.

Sales and buys are two tables, since a buy has no lot and no gain; each ends in totals, and the
totals of both add up to the change of the objective. Dollars by term keep the objective's sign
(positive hurts); the benefit is minus their sum. What folds away is `slim`: a browser reads every
cell of a result, folded or not, and JupyterLab does so twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from di_advisor.domain.trades import Trade
from di_advisor.propose.proposal import Proposal
from di_advisor.report.sections import sum_usd
from di_advisor.report.tables import Align, Bars, Cell, Column, Reason, SecurityName, Table
from di_advisor.report.wording import day, money, sentence_case, shares, signed, usd

__all__ = ["buys", "sales", "short_trades", "slim"]

_TOLD: Final = ("Bought", "Term", "Price")
"""Columns that the sentence or the columns beside them tell, too."""

_ZERO = Decimal(0)


def _trade_table(
    proposal: Proposal,
    trades: Sequence[Trade],
    caption: str,
    own: tuple[Column, ...],
    own_cells: Callable[[Trade], tuple[Cell, ...]],
    sums: Callable[[Sequence[Trade]], tuple[Cell, ...]],
    parts: Sequence[tuple[str, Sequence[Trade]]],
) -> Table:
    """Build a table of trades with one column a term, and totals over the parts named."""
    terms = list(proposal.terms_usd)

    def drawn(benefit: Decimal) -> Bars:
        return Bars((float(benefit),), f"benefit {usd(benefit)}")

    def row(t: Trade) -> tuple[Cell, ...]:
        dollars = (signed(money(t.dollars.get(k, _ZERO))) for k in terms)
        name = SecurityName(t.ticker, t.name)
        why = Reason(t.sentence, t.name, t.facts)
        return (name, *own_cells(t), *dollars, signed(money(t.benefit_usd)), drawn(t.benefit_usd), why)

    def total(label: str, of: Sequence[Trade]) -> tuple[Cell, ...]:
        dollars = (signed(money(sum_usd([t.dollars.get(k, _ZERO) for t in of]))) for k in terms)
        return (label, *sums(of), *dollars, signed(money(sum_usd([t.benefit_usd for t in of]))), "", "")

    columns = (
        Column("Name"),
        *own,
        *(Column(sentence_case(k), "$", Align.RIGHT) for k in terms),
        Column("Benefit", "$", Align.RIGHT),
        Column("hurts | helps", align=Align.BARS),
        Column("Why", align=Align.BELOW),
    )
    return Table(caption, columns, tuple(row(t) for t in trades), tuple(total(*each) for each in parts))


def sales(
    proposal: Proposal, trades: Sequence[Trade], caption: str, parts: Sequence[tuple[str, Sequence[Trade]]] = ()
) -> Table:
    """Sales by lot, with term, gain, dollars by term and reason; ``parts`` are the totals, label and trades."""
    own = (
        Column("Lot", align=Align.WHOLE),
        Column("Bought", align=Align.WHOLE),
        Column("Term"),
        Column("Shares", align=Align.RIGHT),
        Column("Price", "$", Align.RIGHT),
        Column("Value", "$", Align.RIGHT),
        Column("Gain", "$", Align.RIGHT),
    )

    def cells(t: Trade) -> tuple[Cell, ...]:
        term = "-" if t.long_term is None else ("long" if t.long_term else "short")
        gain = "-" if t.gain_usd is None else signed(money(t.gain_usd))
        return (t.lot_id, day(t.acquired), term, shares(t.shares), money(t.price_usd), money(t.value_usd), gain)

    def sums(of: Sequence[Trade]) -> tuple[Cell, ...]:
        gain = sum_usd([t.gain_usd for t in of if t.gain_usd is not None])
        return ("", "", "", "", "", money(sum_usd([t.value_usd for t in of])), signed(money(gain)))

    return _trade_table(proposal, trades, caption, own, cells, sums, parts)


def buys(
    proposal: Proposal, trades: Sequence[Trade], caption: str, parts: Sequence[tuple[str, Sequence[Trade]]] = ()
) -> Table:
    """Buys by name, with dollars by term and reason; ``parts`` are the totals, label and trades."""
    own = (
        Column("Sector"),
        Column("Shares", align=Align.RIGHT),
        Column("Price", "$", Align.RIGHT),
        Column("Value", "$", Align.RIGHT),
    )

    def cells(t: Trade) -> tuple[Cell, ...]:
        return (t.sector, shares(t.shares), money(t.price_usd), money(t.value_usd))

    def sums(of: Sequence[Trade]) -> tuple[Cell, ...]:
        return ("", "", "", money(sum_usd([t.value_usd for t in of])))

    return _trade_table(proposal, trades, caption, own, cells, sums, parts)


def slim(table: Table) -> Table:
    """The same trades and totals without bars and the columns that their reasons tell; reasons do not unfold."""
    kept = [i for i, c in enumerate(table.columns) if c.align is not Align.BARS and c.label not in _TOLD]

    def of(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(_flat(row[i]) for i in kept)

    columns = tuple(table.columns[i] for i in kept)
    return replace(table, columns=columns, rows=tuple(map(of, table.rows)), totals=tuple(map(of, table.totals)))


def _flat(cell: Cell) -> Cell:
    if not isinstance(cell, Reason) or not cell.facts:
        return cell
    facts = "; ".join(f"{k}: {v}" for k, v in cell.facts.items())
    return Reason(f"{cell.sentence} {sentence_case(facts)}.", cell.about, {})


def short_trades(trades: Sequence[Trade], caption: str) -> Table:
    """Trades in a few columns, for a terminal."""
    rows = tuple(
        (SecurityName(t.ticker, t.name), shares(t.shares), money(t.value_usd), signed(money(t.benefit_usd)), t.sentence)
        for t in trades
    )
    dollars = (Column(label, "$", Align.RIGHT) for label in ("Value", "Benefit"))
    return Table(caption, (Column("Name"), Column("Shares", align=Align.RIGHT), *dollars, Column("Why")), rows)
