"""The whole simulation of one seed, before it is cut down to what the world shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.sample.accounts import run_accounts
from di_advisor.sample.bars import Bars, draw_bars
from di_advisor.sample.bookkeeping import Books
from di_advisor.sample.calendar import FIRST_DAY, LAST_DAY, trading_days
from di_advisor.sample.companies import Companies, draw_companies
from di_advisor.sample.corporate_actions import Plan, draw_plan
from di_advisor.sample.index import IndexPath, reconstitute
from di_advisor.sample.path import Path, walk
from di_advisor.sample.regimes import Factors, draw_factors

__all__ = ["Simulation", "simulate"]

_AFTER_THE_END_DAYS = 40


@dataclass(frozen=True)
class Simulation:
    """Everything simulated, for t days (a year more than is shown) and all companies.

    Attributes
    ----------
    seed : int
        What it was made from.
    days : ndarray of datetime64[D], shape (t,)
        Trading days; the first year only feeds what looks back.
    shown : int
        Position of the first shown day.
    companies, plan, factors, path, bars, index, books
        The parts, see their modules.
    kept : ndarray of int, shape (n,)
        Positions of the companies that the world shows: those that ever were in the index, that came
        out of one that was, or that bought one.
    covered_from : ndarray of int, shape (n,)
        Position of the first day on which each kept company belongs to the market's universe.
    """

    seed: int
    days: NDArray[np.datetime64]
    shown: int
    companies: Companies
    plan: Plan
    factors: Factors
    path: Path
    bars: Bars
    index: IndexPath
    books: dict[str, Books]
    kept: NDArray[np.int64]
    covered_from: NDArray[np.int64]

    def security_id(self, company: int) -> str:
        """Permanent id of a company's shares."""
        return f"SIM{company + 1:04d}"

    def date_at(self, position: int) -> np.datetime64:
        """Date of a position, which may lie a little after the end."""
        if position < len(self.days):
            return np.datetime64(self.days[max(position, 0)], "D")
        after = trading_days(LAST_DAY, (np.datetime64(LAST_DAY, "D") + _AFTER_THE_END_DAYS).astype(object))
        return np.datetime64(after[position - len(self.days) + 1], "D")


def simulate(seed: int) -> Simulation:
    """Simulate the world of a seed."""
    days = trading_days()
    companies = draw_companies(seed)
    plan = draw_plan(companies, days, seed)
    factors = draw_factors(days, seed)
    path = walk(companies, plan, factors, days, seed)
    bars = draw_bars(companies, path, factors, seed)
    index = reconstitute(companies, plan, path, days)
    covered = _coverage(plan, index, len(companies))
    return Simulation(
        seed=seed,
        days=days,
        shown=int(np.searchsorted(days, np.datetime64(FIRST_DAY, "D"))),
        companies=companies,
        plan=plan,
        factors=factors,
        path=path,
        bars=bars,
        index=index,
        books=run_accounts(path, plan, index, days, seed),
        kept=np.flatnonzero(covered >= 0),
        covered_from=covered[covered >= 0],
    )


def _coverage(plan: Plan, index: IndexPath, n: int) -> NDArray[np.int64]:
    """First day of coverage of each company, -1 for never, shape (n,)."""
    never = np.iinfo(np.int64).max
    covered = np.full(n, never, dtype=np.int64)
    covered[index.weights[0] > 0] = 0
    for change in index.changes:
        if change.joins:
            covered[change.company] = min(covered[change.company], change.announced)
    for merger in plan.mergers:
        if merger.acquirer >= 0 and covered[merger.target] <= merger.effective:
            covered[merger.acquirer] = min(covered[merger.acquirer], merger.announced)
    for spin in plan.spin_offs:
        if covered[spin.parent] <= spin.ex:
            covered[spin.child] = min(covered[spin.child], spin.ex)
    return np.where(covered == never, -1, covered)
