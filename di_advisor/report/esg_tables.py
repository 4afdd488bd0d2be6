"""ESG measures of a proposal as a table: the index, the account before and after, and what is covered.

Limits: averages are over covered names, as `di_advisor.propose.esg_facts` makes them; a wish that counts
names without a figure otherwise may say another average, and its rule says which.
"""

from __future__ import annotations

import math

from di_advisor.propose.esg_facts import EsgFact
from di_advisor.propose.proposal import Proposal
from di_advisor.report.tables import Align, Cell, Column, Table
from di_advisor.report.wording import count_of, percent, printable

__all__ = ["esg_measures", "esg_summary"]


def _figure(fact: EsgFact, value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return percent(value) if fact.unit == "%" else f"{value:,.3f}"


def esg_measures(proposal: Proposal) -> Table:
    """One row a measure."""

    def row(fact: EsgFact) -> tuple[Cell, ...]:
        figures = (_figure(fact, v) for v in (fact.index, fact.before, fact.after))
        good = fact.direction.replace("_is_better", "")
        return (
            fact.measure,
            fact.unit,
            good,
            *figures,
            percent(fact.index_coverage, 1),
            percent(fact.after_coverage, 1),
        )

    columns = (
        Column("Measure"),
        Column("Unit"),
        Column("Better"),
        Column("Index", align=Align.RIGHT),
        Column("Before", align=Align.RIGHT),
        Column("After", align=Align.RIGHT),
        Column("Covered: index", "%", Align.RIGHT),
        Column("after", "%", Align.RIGHT),
    )
    return Table("ESG: averages over the names that have a figure", columns, tuple(map(row, proposal.esg)))


def esg_summary(proposal: Proposal) -> str:
    """How many measures there are, and where those that the mandate wishes something of go."""
    wished = {wish.measure for wish in proposal.mandate.esg}
    moved = [
        f"{f.measure} {_figure(f, f.before)} to {_figure(f, f.after)}{f' {f.unit}' if f.unit else ''}"
        for f in proposal.esg
        if f.measure in wished
    ]
    return printable(f"ESG: {count_of(len(proposal.esg), 'measure')}{'. ' if moved else ''}{'; '.join(moved)}.")
