"""Listed spin-offs and mergers: rows of the folder's lists as facts with permanent ids.

Problem: the list of spin-offs names companies as of the ex-date and gives ratios for each old share, together with how
many new shares of the parent an old one becomes. Decision: facts keep both, in shares for one old share. Limits: a
company whose id no price file has is a child that is sold at the close the list gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pandas as pd

from benchmarks.past_folder.names import Names

__all__ = ["ListedMerger", "ListedSpinOff", "by_parent", "listed_mergers", "listed_spin_offs"]

_THIRDS = 50
_NEAR = Fraction(1, 10**5)


@dataclass(frozen=True, slots=True)
class ListedSpinOff:
    """Shares of a child for each old share of the parent, and what both closed at on the ex-date.

    Attributes
    ----------
    parent_id, child_id : str
    ex_date : date
    parent_per_old, child_per_old : Fraction
        New shares of parent and child for one old share of the parent.
    parent_before_usd, parent_close_usd, child_close_usd : float
        Raw closes: of the day before, and of the ex-date.
    """

    parent_id: str
    child_id: str
    ex_date: date
    parent_per_old: Fraction
    child_per_old: Fraction
    parent_before_usd: float
    parent_close_usd: float
    child_close_usd: float


@dataclass(frozen=True, slots=True)
class ListedMerger:
    """What holders got for a share when a company was bought; both amounts may be zero where they are not known."""

    security_id: str
    on: date
    cash_usd: Fraction
    ratio: Fraction
    acquirer_id: str


def listed_spin_offs(table: pd.DataFrame, names: Names) -> tuple[ListedSpinOff, ...]:
    """The list of spin-offs, by ex-date; every cell of the table is text."""
    found = []
    for row in table.itertuples(index=False):
        day = date.fromisoformat(str(row.ex_date))
        found.append(
            ListedSpinOff(
                names.security_id(str(row.parent), day),
                names.security_id(str(row.spinco), day),
                day,
                _ratio(str(row.parent_shares)),
                _ratio(str(row.ratio)),
                float(str(row.parent_prev_close)),
                float(str(row.parent_close)),
                float(str(row.spinco_close)),
            )
        )
    return tuple(sorted(found, key=lambda s: (s.ex_date, s.parent_id, s.child_id)))


def listed_mergers(table: pd.DataFrame, names: Names) -> tuple[ListedMerger, ...]:
    """Delistings that were mergers, by day, with the terms that the list has."""
    found = []
    for row in table[table["bucket"] == "merger"].itertuples(index=False):
        day = date.fromisoformat(str(row.observed_delist_date))
        acquirer = str(row.acquirer_ticker)
        found.append(
            ListedMerger(
                names.security_id(str(row.ticker), day),
                day,
                Fraction(str(row.payout_per_share) or "0"),
                Fraction(str(row.stock_ratio) or "0"),
                names.security_id(acquirer, day) if acquirer else "",
            )
        )
    return tuple(sorted(found, key=lambda m: (m.on, m.security_id)))


def by_parent(spin_offs: Iterable[ListedSpinOff]) -> dict[tuple[str, date], list[ListedSpinOff]]:
    """Spin-offs by parent and ex-date: some parents gave two companies on one day."""
    found: dict[tuple[str, date], list[ListedSpinOff]] = {}
    for s in spin_offs:
        found.setdefault((s.parent_id, s.ex_date), []).append(s)
    return found


def _ratio(written: str) -> Fraction:
    """A ratio as written, or the small fraction that it rounds ("0.333333" is a third)."""
    given = Fraction(written)
    near = given.limit_denominator(_THIRDS)
    return near if abs(near - given) < _NEAR else given
