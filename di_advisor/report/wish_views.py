"""Wishes with their prices: what measures cover, what a wish would cost before it is set, what those that are set cost.

Problem: a wish is bought without its price being seen. Decision: the price stands in dollars by term and in
tracking error, with the averages it moves; a wish that cannot be met says the most that can be had. Every text
is escaped. Limits: prices are before rounding to shares, and known up to the certified gaps that are stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from di_advisor.errors import InfeasibleError
from di_advisor.propose.proposal import Proposal
from di_advisor.propose.wish_costs import WishCost
from di_advisor.report.markup import as_html, escaped, html_list
from di_advisor.report.tables import Align, Bars, Cell, Column, Table, as_markdown, as_text, markdown_escaped
from di_advisor.report.wording import bps, money, percent, printable, signed, usd
from di_advisor.signals.measure_coverage import MeasureCoverage

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "coverage_bundle",
    "coverage_table",
    "figure_of",
    "price_bundle",
    "refused_bundle",
    "refused_in_words",
    "told_bundle",
    "wish_costs_bundle",
]

_NO_FORMULAS: Final = Markup('<div class="mathjax_ignore tex2jax_ignore di-wishes">{}</div>')
_LEAD: Final = Markup('<div style="margin:4px 0"><b>{}</b><br>{}</div>')


_REASONS: Final = 20
"""Reason lines of names that leave, at most."""


def told_bundle(lead: str, said: str, tables: Sequence[Table], points: Sequence[str] = ()) -> dict[str, str]:
    """A lead, a sentence, points and tables, in every form a notebook may want, by media type."""
    shown = [t for t in tables if t.rows]
    parts = [_LEAD.format(escaped(lead), escaped(said)), html_list(list(points)), *map(as_html, shown)]
    marked = [f"**{markdown_escaped(lead)}** {markdown_escaped(said)}", *(f"- {markdown_escaped(p)}" for p in points)]
    return {
        "text/html": str(_NO_FORMULAS.format(Markup("\n").join(parts))),
        "text/markdown": "\n\n".join([*marked, *map(as_markdown, shown)]) + "\n",
        "text/plain": "\n\n".join([printable(f"{lead} {said}"), *map(printable, points), *map(as_text, shown)]) + "\n",
    }


def figure_of(value: float, unit: str) -> str:
    """A measure's figure with its unit; fractions as percent."""
    if not math.isfinite(value):
        return "-"
    return f"{percent(value)} %" if unit == "%" else f"{value:,.2f}{f' {unit}' if unit else ''}"


def coverage_table(measures: Sequence[MeasureCoverage]) -> Table:
    """What every measure covers, by names and by weight, and both averages."""

    def row(m: MeasureCoverage) -> tuple[Cell, ...]:
        good = "not said" if m.direction is None else m.direction.value.partition("_")[0]
        return (
            m.measure,
            f"{m.covered:,} of {m.names:,}",
            percent(m.index_coverage, 1),
            percent(m.account_coverage, 1),
            figure_of(m.index_average, m.unit),
            figure_of(m.account_average, m.unit),
            good,
        )

    columns = (
        Column("Measure"),
        Column("Names covered", align=Align.RIGHT),
        Column("Index weight covered", "%", Align.RIGHT),
        Column("Account covered", "%", Align.RIGHT),
        Column("Index average", align=Align.RIGHT),
        Column("Account average", align=Align.RIGHT),
        Column("Better"),
    )
    return Table("ESG measures", columns, tuple(map(row, measures)))


def coverage_bundle(measures: Sequence[MeasureCoverage]) -> dict[str, str]:
    """What can be wished of every measure."""
    if not measures:
        return told_bundle("No ESG measures are open.", "Give a file of them on the Account page.", ())
    said = "Averages are over covered names; what a wish counts the others as, it says itself."
    return told_bundle("What can be wished of ESG, and what it rests on.", said, [coverage_table(measures)])


def price_bundle(cost: WishCost, without: Proposal, with_wish: Proposal) -> dict[str, str]:
    """What a wish would cost, before it is set.

    Parameters
    ----------
    cost : WishCost
        Its price.
    without, with_wish : Proposal
        The proposals as things stand, and with the wish.
    """
    before, after = without.after, with_wish.after
    names = set(without.after.objective_usd)
    rows: list[tuple[Cell, ...]] = [
        (
            "Tracking error (bps a year)",
            bps(before.tracking_error),
            bps(after.tracking_error),
            signed(bps(after.tracking_error - before.tracking_error)),
        ),
        ("Names held", str(before.names), str(after.names), signed(str(after.names - before.names))),
        (
            "Trades",
            str(len(without.trade_list)),
            str(len(with_wish.trade_list)),
            signed(str(len(with_wish.trade_list) - len(without.trade_list))),
        ),
    ]
    moved = {f.measure: f for f in without.esg}
    wished = {w.measure for w in with_wish.mandate.esg}
    for fact in with_wish.esg:
        if fact.measure in wished and fact.measure in moved:
            old = moved[fact.measure].after
            apart = figure_of(fact.after - old, fact.unit)
            rows.append((fact.measure, figure_of(old, fact.unit), figure_of(fact.after, fact.unit), signed(apart)))
    columns = (
        Column("After trading"),
        Column("Without", align=Align.RIGHT),
        Column("With", align=Align.RIGHT),
        Column("Change", align=Align.RIGHT),
    )
    dollars: list[tuple[Cell, ...]] = [
        (name, money(v), Bars((-float(v),), usd(v))) for name, v in cost.dollars.items() if name in names or v
    ]
    terms = (Column("Term"), Column("Worse by", "$", Align.RIGHT), Column("better right, worse left", align=Align.BARS))
    tables = [
        Table("What it moves, in whole shares", columns, tuple(rows)),
        Table(
            "What it costs, before rounding to shares",
            terms,
            tuple(dollars),
            (("All terms", money(cost.cost_usd), ""),),
        ),
    ]
    said = f"A price, nothing is set by it. Known up to {usd(cost.gap_usd)}, the certified gaps of both plans."
    return told_bundle(cost.sentence, said, tables, [line for s in with_wish.screens for line in s.reasons][:_REASONS])


def _enough_alone(error: InfeasibleError) -> list[str]:
    facts = error.facts
    both = zip(facts.get("relaxations", ()), facts.get("enough", ()), strict=False)
    return [text for text, alone in both if alone]


def refused_in_words(wish: str, error: InfeasibleError) -> tuple[str, str]:
    """That a wish cannot be met, and what would do: two sentences."""
    best = _enough_alone(error)
    would = f"Any one of these would do: {'; '.join(best)}." if best else error.hint
    return f"'{wish}' cannot be met by this account as things stand.", would


def refused_bundle(wish: str, error: InfeasibleError) -> dict[str, str]:
    """A wish that cannot be met: which wishes clash, and the least each would have to give."""
    lead, would = refused_in_words(wish, error)
    clash = [f"It clashes with what is asked: {sentence}" for sentence in error.facts.get("conflict", (error.what,))]
    return told_bundle(lead, would, (), clash)


def wish_costs_bundle(frame: pd.DataFrame) -> dict[str, str]:
    """What every wish that is set costs, dearest first; columns as `Workspace.prices_of_wishes` gives them."""
    rows: list[tuple[Cell, ...]] = []
    for each in frame.to_dict("records"):
        if each["refused"]:
            rows.append((str(each["wish"]), "-", "-", "", str(each["refused"])))
            continue
        cost = float(each["cost_usd"])
        rows.append(
            (
                str(each["wish"]),
                money(cost),
                signed(f"{float(each['tracking_error_bps']):,.1f}"),
                Bars((-cost,), usd(cost)),
                str(each["why"]),
            )
        )
    columns = (
        Column("Wish or rule"),
        Column("Costs", "$", Align.RIGHT),
        Column("Tracking error", "bps", Align.RIGHT),
        Column("cost", align=Align.BARS),
        Column("In words", align=Align.BELOW),
    )
    said = "Each against the plan without it; they do not add up, because one wish can stand in for another."
    table = Table("Wishes that are set and cost something, dearest first", columns, tuple(rows))
    lead = "What the wishes cost." if rows else "No wish that is set holds the plan back."
    return told_bundle(lead, said if rows else "", [table])
