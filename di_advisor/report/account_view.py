"""An account as it stands: gains by size and term as a picture with its figures, wash dates, lots.

Problem: where the losses are, and which of them may be taken today, must be seen at a glance, in a notebook
that nobody trusted yet as well. Decision: bars from one line, drawn by the table that carries the numbers;
every text is escaped; lots beyond the first are for the grid of the app. Limits: gains are at the market's
price, before costs and tax.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from di_advisor.domain.signals import LockKind
from di_advisor.report.markup import as_html, escaped, folded, html_list
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import count_of, day, joined, money, percent, printable, shares, signed, usd
from di_advisor.signals.standing import AccountStanding, LotStanding, WashDate

__all__ = ["account_html", "account_markdown", "account_text", "gains_table", "lots_table", "wash_table"]

MOST_LOTS: Final = 50
"""Up to so many lots all stand in the notebook itself."""

FIRST_LOTS: Final = 20
"""Of more, so many; an app shows all of them in a grid."""

_EDGES: Final = (-math.inf, -0.20, -0.10, -0.05, 0.0, 0.10, 0.25, 0.50, 1.0, math.inf)
"""Unrealised gain over basis, a fraction, where one group ends and the next begins."""

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-account">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b><br>{}</div>')
_DO_NOT: Final = {LockKind.NO_BUY: "Do not buy", LockKind.NO_LOSS_SALE: "Do not sell at a loss"}


def _figure(label: str, unit: str = "$") -> Column:
    return Column(label, unit, Align.RIGHT)


def _over_basis(each: LotStanding) -> float:
    """Gain over basis, a fraction; infinite where the basis is zero."""
    basis = float(each.lot.basis_total_usd or 0)
    return (each.gain_usd or 0.0) / basis if basis > 0 else math.inf


def _group(low: float, high: float) -> str:
    if math.isinf(low):
        return f"loss over {percent(-high, 0)} %"
    if math.isinf(high):
        return f"gain over {percent(low, 0)} %"
    return (
        f"loss {percent(-high, 0)} to {percent(-low, 0)} %"
        if high <= 0
        else f"gain {percent(low, 0)} to {percent(high, 0)} %"
    )


def _terms(lots: Sequence[LotStanding]) -> tuple[float, float]:
    """Unrealised gain, short-term and long-term."""
    short = sum(x.gain_usd or 0.0 for x in lots if not x.long_term)
    return short, sum(x.gain_usd or 0.0 for x in lots if x.long_term)


def gains_table(standing: AccountStanding) -> Table:
    """Unrealised gain by its size over basis, short-term and long-term, as bars beside the figures."""
    known = [x for x in standing.lots if x.gain_usd is not None]
    rows: list[tuple[Cell, ...]] = []
    for low, high in pairwise(_EDGES):
        # A lot that neither gained nor lost is no loss: groups take in their lower edge.
        inside = [x for x in known if low <= _over_basis(x) < high or (high == math.inf and _over_basis(x) == high)]
        if inside:
            short, long = _terms(inside)
            says = f"short-term {usd(short)}, long-term {usd(long)}"
            value = sum(x.value_usd or 0.0 for x in inside)
            rows.append(
                (
                    _group(low, high),
                    str(len(inside)),
                    money(value),
                    money(short),
                    money(long),
                    Bars((short, long), says),
                )
            )
    unknown = [x for x in standing.lots if x.gain_usd is None]
    if unknown:
        value = sum(x.value_usd or 0.0 for x in unknown)
        rows.append(("not known", f"{len(unknown):,}", money(value), "-", "-", ""))
    short, long = _terms(known)
    value = sum(x.value_usd or 0.0 for x in standing.lots)
    total: tuple[Cell, ...] = ("All lots", f"{len(standing.lots):,}", money(value), money(short), money(long), "")
    columns = (
        Column("Gain over basis"),
        Column("Lots", align=Align.RIGHT),
        _figure("Value"),
        _figure("Short-term gain"),
        _figure("Long-term gain"),
        Column("short (grey), long (blue)", align=Align.BARS),
    )
    return Table("Unrealised gains by size and term (bars: losses left, gains right)", columns, tuple(rows), (total,))


def wash_table(standing: AccountStanding) -> Table:
    """What should not be traded until when, first to end first."""

    def row(each: WashDate) -> tuple[Cell, ...]:
        lots = str(each.lots) if each.lots else "-"
        loss = money(each.loss_usd) if each.lots else "-"
        safe = "while dividends buy shares" if each.safe_on is None else day(each.safe_on)
        return (each.security.ticker, _DO_NOT[each.kind], safe, lots, loss, each.reason)

    columns = (
        Column("Name"),
        Column("What", align=Align.WHOLE),
        Column("First safe day", align=Align.WHOLE),
        Column("Lots that wait", align=Align.RIGHT),
        _figure("Their loss"),
        Column("Why", align=Align.BELOW),
    )
    caption = f"Wash-sale calendar on {standing.as_of} (accounts seen: {', '.join(standing.accounts_seen)})"
    return Table(caption, columns, tuple(map(row, standing.wash_dates)))


def lots_table(standing: AccountStanding) -> Table:
    """One row a lot, largest loss first."""
    columns = (
        Column("Name"),
        _figure("Gain"),
        _figure("Gain", "% of basis"),
        Column("Term", align=Align.WHOLE),
        Column("Bought", align=Align.WHOLE),
        Column("Shares", align=Align.RIGHT),
        _figure("Basis"),
        _figure("Value"),
        Column("Lot"),
        Column("Sector"),
    )
    return Table("Lots, largest loss first", columns, tuple(map(_lot_row, standing.lots)))


def _term(each: LotStanding) -> str:
    if each.long_term is None:
        return "not known"
    return "long" if each.long_term else f"short, long on {day(each.long_term_on)}"


def _lot_row(each: LotStanding) -> tuple[Cell, ...]:
    lot, known = each.lot, each.gain_usd is not None
    over = _over_basis(each)
    return (
        each.security.ticker,
        money(each.gain_usd or 0.0) if known else "not known",
        signed(percent(over, 1)) if known and math.isfinite(over) else "-",
        _term(each),
        day(lot.acquired),
        shares(lot.shares),
        "not known" if lot.basis_total_usd is None else money(float(lot.basis_total_usd)),
        "no price" if each.value_usd is None else money(each.value_usd),
        lot.lot_id,
        each.security.sector or "-",
    )


def _headline(standing: AccountStanding) -> str:
    value = sum(x.value_usd or 0.0 for x in standing.lots) + float(standing.cash_usd)
    names = len({x.lot.security_id for x in standing.lots})
    held = f"{count_of(len(standing.lots), 'lot')} of {count_of(names, 'name')}"
    return printable(f"Account {standing.account_id} on {standing.as_of}: {usd(value)} in {held} and cash.")


def _facts(standing: AccountStanding) -> str:
    short, long = _terms(standing.lots)
    losses = [x for x in standing.lots if (x.gain_usd or 0.0) < 0]
    waiting = sum(d.loss_usd for d in standing.wash_dates)
    said = [
        f"Cash {usd(standing.cash_usd)}.",
        f"Unrealised: short-term {usd(short)}, long-term {usd(long)}.",
    ]
    if not standing.taxed:
        said.append(f"An account of the kind {standing.kind.value}: its gains and losses are not taxed.")
    else:
        said.append(f"{count_of(len(losses), 'lot')} at a loss, {usd(sum(x.gain_usd or 0.0 for x in losses))} together")
        said[-1] += f", of which {usd(waiting)} waits for a wash-sale date." if waiting else "."
    if standing.later_cash:
        dated = [f"{usd(float(c.amount_usd))} on {c.available_on}" for c in standing.later_cash]
        said.append(f"Cash that comes or goes later: {joined(dated)}.")
    return printable(" ".join(said))


def _first_lots(standing: AccountStanding) -> tuple[Table, str]:
    table, first = lots_table(standing), FIRST_LOTS
    if len(table.rows) <= MOST_LOTS:
        return table, f"All {count_of(len(table.rows), 'lot')}"
    shown = Table(f"{table.caption}: the first {first}", table.columns, table.rows[:first])
    return shown, f"The first {first} of {len(table.rows):,} lots, largest loss first"


def account_html(standing: AccountStanding, notes: Sequence[str] = ()) -> str:
    """The account for a notebook, in the subset of HTML that every sanitizer leaves.

    Parameters
    ----------
    standing : AccountStanding
        What to show.
    notes : sequence of str
        What must be said of its source, such as what is missing in files.
    """
    lots, summary = _first_lots(standing)
    parts = [
        _LEAD.format(escaped(_headline(standing)), escaped(_facts(standing))),
        html_list(list(notes)),
        as_html(gains_table(standing)),
        folded(_wash_summary(standing), as_html(wash_table(standing))) if standing.wash_dates else Markup(""),
        folded(summary, as_html(lots)) if standing.lots else Markup("<div>{}</div>").format("It holds no lots."),
    ]
    return str(_NO_FORMULAS.format(Markup("\n").join(parts)))


def _wash_summary(standing: AccountStanding) -> str:
    buys = sum(d.kind is LockKind.NO_BUY for d in standing.wash_dates)
    sales = len(standing.wash_dates) - buys
    return f"Wash-sale calendar: {count_of(buys, 'name')} not to be bought, {sales:,} not to be sold at a loss"


def account_markdown(standing: AccountStanding, notes: Sequence[str] = ()) -> str:
    """The account as GitHub Markdown."""
    lines = [f"### {markdown_escaped(_headline(standing))}", markdown_escaped(_facts(standing))]
    lines += ["\n".join(f"- {markdown_escaped(note)}" for note in notes)] if notes else []
    tables = (gains_table(standing), wash_table(standing), _first_lots(standing)[0])
    lines += [as_markdown(table) for table in tables if table.rows]
    return "\n\n".join(lines) + "\n"


def account_text(standing: AccountStanding, notes: Sequence[str] = ()) -> str:
    """The account in plain text: headline, notes, gains."""
    lines = [_headline(standing), _facts(standing), *(f"Note: {printable(n)}" for n in notes)]
    return "\n\n".join([*lines, as_text(gains_table(standing))]) + "\n"
