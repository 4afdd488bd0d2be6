"""The sample's index: 500 names by free-float capitalisation, reconstituted every quarter.

Problem: members change, on announced dates and in between. Decision: each quarter, names that rank
above an upper buffer join and members below a lower one leave, announced ten trading days before;
a member that is bought or fails leaves on that day and the largest outsider takes its place, known
five days before; a spun-off company joins the day after its ex-date when it is large enough, and
the smallest member leaves. Limits: no committee, no profitability rule; a new listing waits a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.sample.calendar import FIRST_DAY, reconstitution_days
from di_advisor.sample.companies import SPUN_OFF, Companies
from di_advisor.sample.corporate_actions import Plan
from di_advisor.sample.path import Path
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["MEMBERS", "Change", "IndexPath", "reconstitute"]

MEMBERS = 500
_JOIN_RANK, _STAY_RANK = 465, 535
_QUARTERLY_NOTICE_DAYS, _OTHER_NOTICE_DAYS = 10, 5


@dataclass(frozen=True, slots=True)
class Change:
    """A name that joins or leaves, by position; ``reason`` is a word or two."""

    announced: int
    effective: int
    company: int
    joins: bool
    reason: str


@dataclass(frozen=True)
class IndexPath:
    """Weights by effective day.

    Attributes
    ----------
    effective, announced : ndarray of int, shape (k,)
        Positions of days; a position equal to the number of days lies after the sample's end.
    weights : ndarray of shape (k, n)
        Each row sums to 1.
    changes : tuple of Change
    """

    effective: NDArray[np.int64]
    announced: NDArray[np.int64]
    weights: FloatArray
    changes: tuple[Change, ...]


class _Committee:
    """State of the index while the days go by."""

    def __init__(self, companies: Companies, plan: Plan, path: Path) -> None:
        self.path, self.plan, self.companies = path, plan, companies
        t, n = path.close_usd.shape
        self.float_cap = np.nan_to_num(path.close_usd * path.shares * companies.float_fraction)
        self.leaves = np.full(n, t + TRADING_DAYS_PER_YEAR, dtype=np.int64)
        self.announced = self.leaves.copy()
        for m in plan.mergers:
            self.leaves[m.target], self.announced[m.target] = m.effective, m.announced
        fail = plan.failure
        self.leaves[fail.company], self.announced[fail.company] = fail.announced, fail.start
        self.member = np.zeros(n, dtype=np.bool_)
        self.changes: list[Change] = []
        self.rows: list[tuple[int, int, FloatArray]] = []

    def eligible(self, day: int) -> NDArray[np.bool_]:
        """Names that may join, as seen on a day: seasoned, and neither being bought nor failing."""
        n = len(self.companies)
        spun = np.arange(n) >= n - SPUN_OFF
        seasoned = np.where(self.plan.listed == 0, 0, self.plan.listed + np.where(spun, 0, TRADING_DAYS_PER_YEAR))
        return np.asarray((self.float_cap[day] > 0) & (seasoned <= day) & (self.announced > day), dtype=np.bool_)

    def ranked(self, day: int) -> NDArray[np.int64]:
        """Names from the largest on, as seen on a day."""
        return np.argsort(-self.float_cap[day], kind="stable")

    def change(self, notice: tuple[int, int], company: int, reason: str, *, joins: bool) -> None:
        """Let a name join or leave; ``notice`` is announcement and effective day."""
        self.member[company] = joins
        self.changes.append(Change(*notice, company, joins, reason))

    def weigh(self, announced: int, effective: int) -> None:
        """Set weights from the closes before the effective day."""
        day = min(effective, len(self.float_cap)) - 1
        cap = np.where(self.member, self.float_cap[day], 0.0)
        self.rows.append((effective, announced, cap / cap.sum()))

    def quarterly(self, effective: int) -> None:
        """Reconstitute by rank, as seen on the day of the announcement."""
        seen = max(effective - _QUARTERLY_NOTICE_DAYS, 0)
        notice = (seen, effective)
        order = self.ranked(seen)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(1, len(order) + 1)
        may = self.eligible(seen) & (self.leaves > effective)
        joins = [i for i in order if may[i] and not self.member[i] and rank[i] <= _JOIN_RANK]
        drops = [i for i in order[::-1] if self.member[i] and rank[i] > _STAY_RANK]
        room = MEMBERS - int(self.member.sum())
        while len(joins) - len(drops) > room:
            drops.append(next(i for i in order[::-1] if self.member[i] and i not in drops))
        while len(joins) - len(drops) < room:
            joins.append(next(i for i in order if may[i] and not self.member[i] and i not in joins))
        for i in drops:
            self.change(notice, int(i), "reconstitution", joins=False)
        for i in joins:
            self.change(notice, int(i), "reconstitution", joins=True)
        self.weigh(*notice)

    def replace(self, company: int, effective: int, reason: str) -> None:
        """A member leaves between reconstitutions, the largest eligible outsider takes its place."""
        seen = effective - _OTHER_NOTICE_DAYS
        notice = (seen, effective)
        self.change(notice, company, reason, joins=False)
        may = self.eligible(min(seen, len(self.float_cap) - 1)) & (self.leaves > effective)
        best = next(i for i in self.ranked(min(seen, len(self.float_cap) - 1)) if may[i] and not self.member[i])
        self.change(notice, int(best), f"replacement after {reason}", joins=True)
        self.weigh(*notice)

    def spin_off(self, parent: int, child: int, ex: int) -> None:
        """A member's spun-off company joins the day after its ex-date, if it is larger than the smallest."""
        if not self.member[parent] or ex + 1 >= len(self.float_cap):
            return
        members = np.flatnonzero(self.member)
        smallest = int(members[np.argmin(self.float_cap[ex][members])])
        if self.float_cap[ex, child] <= self.float_cap[ex, smallest]:
            return
        notice = (ex, ex + 1)
        self.change(notice, smallest, "replaced by a spin-off", joins=False)
        self.change(notice, child, "spin-off", joins=True)
        self.weigh(*notice)


def reconstitute(companies: Companies, plan: Plan, path: Path, days: NDArray[np.datetime64]) -> IndexPath:
    """Run the index over all days, and over what is announced by the last of them."""
    committee = _Committee(companies, plan, path)
    t = len(days)
    agenda: list[tuple[int, int, int]] = [(int(d), 2, -1) for d in reconstitution_days(days)]
    leaving = [(m.effective, m.target) for m in plan.mergers] + [(plan.failure.announced, plan.failure.company)]
    agenda += [(day, 0, company) for day, company in leaving if day - _OTHER_NOTICE_DAYS < t]
    agenda += [(s.ex, 1, k) for k, s in enumerate(plan.spin_offs)]
    shown = int(np.searchsorted(days, np.datetime64(FIRST_DAY, "D")))
    for day, kind, what in sorted(agenda):
        if kind == 2:
            committee.quarterly(day)
        elif kind == 1:
            s = plan.spin_offs[what]
            committee.spin_off(s.parent, s.child, s.ex)
        elif committee.member[what]:
            failed = what == plan.failure.company
            committee.replace(what, day, "failure" if failed else "merger")
    # The last weights before the first shown day are the first of the path.
    rows = committee.rows
    first = max(k for k, (effective, _, _) in enumerate(rows) if effective <= shown)
    rows = _one_a_day(rows[first:])
    return IndexPath(
        effective=np.array([e for e, _, _ in rows], dtype=np.int64),
        announced=np.array([a for _, a, _ in rows], dtype=np.int64),
        weights=np.array([w for _, _, w in rows]),
        changes=tuple(c for c in committee.changes if c.effective >= shown),
    )


def _one_a_day(rows: list[tuple[int, int, FloatArray]]) -> list[tuple[int, int, FloatArray]]:
    """Keep the last weights of each effective day: several changes on one day are one set."""
    return list({effective: (effective, announced, w) for effective, announced, w in rows}.values())
