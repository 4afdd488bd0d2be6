"""Choices at a kink of the tax: regions searched with their borders as rows, as no constant rates lead there.

Problem: the search at constant rates lets gains run to one side of a kink or the other; where a plan ends at
the kink itself, a few names with discrete choices (washed parts, minimum trades) decide how near it comes, and no
pair of rates tells which. Decision: the borders of a region are rows of the search for choices: its dual climbs
their prices with all others, which proves most about the region, and its plan stays within. Where that leaves
a gap, the names torn there are branched on (`exact`). Limits: budgets of regions, those of the lowest bounds
first, and of nodes; what they leave open shows in the gap.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.solve.choices import relaxed
from di_advisor.solve.exact import prove
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.solution import FEASIBLE, Solution
from di_advisor.solve.tax_plans import Proved, margin_of

if TYPE_CHECKING:
    from di_advisor.solve.discrete import Search
    from di_advisor.solve.taxed import TaxedSearch

__all__ = ["search_at_kinks"]

_REGIONS = 6
_NEAR = 5e-4
"""Gap, as a share of the benefit, at which branching ends."""

_WORK, _FEWEST = 800, 20
"""Nodes times names of the branching in one region; small accounts count as so many names."""

_LEAST = 1e-9
_ORDERS = 3
_SAME_RATES = 1e-3


@dataclass(frozen=True)
class _Inside:
    """A search within a region: its best plan so far, and how its prices are read without the borders' rows."""

    search: Search
    found: Solution | None
    kept: int
    rates: FloatArray
    normals: FloatArray

    def proved(self, prices: Prices) -> Proved:
        """Prices as those of the gains, and of all else."""
        rates = self.rates + prices.rows[self.kept :] @ self.normals
        return Proved(rates, -np.inf, replace(prices, rows=prices.rows[: self.kept]))


def search_at_kinks(search: TaxedSearch, near: float | None = None) -> None:
    """Search region by region, the one of the lowest bound first, until plan and bound meet.

    Parameters
    ----------
    search : TaxedSearch
        With a plan and proofs; better ones are taken in.
    near : float, optional
        Gap, as a share of the benefit, that is near enough from the start; when left out next to nothing is before
        branching, and half a thousandth after.

    Raises
    ------
    UnfinishedError
        If the search was cancelled.
    """
    known: dict[int, _Inside] = {}
    apart = _NEAR if near is None else near
    for nodes in (0, _WORK // max(len(search.problem.block.active_lower), _FEWEST)):
        looked: set[int] = set()
        for _ in range(_REGIONS):
            if search.closed_to(apart if nodes or near is not None else 0.0):
                return
            bounds = search.bounds()
            limit = min(search.to_beat, np.inf if search.best is None else search.best.plan.objective) - _LEAST
            open_ = [i for i in np.argsort(bounds).tolist() if bounds[i] < limit and i not in looked]
            if not open_:
                break
            at = open_[0]
            looked.add(at)
            if at not in known:
                known[at] = _within(search, at)
            if nodes:
                _branched(search, at, known[at], nodes, apart)


def _within(search: TaxedSearch, at: int) -> _Inside:
    """Search for choices with the gains kept in a region; take in what is found, and what its prices prove.

    Lots are put in order anew at the rates that borders and rows lead to, as long as that moves them.
    """
    proof = max(search.over_all, key=lambda p: p.bound(search.regions[at]))
    order = proof.rates + margin_of(search.family, proof.prices)
    before = -np.inf
    for _ in range(_ORDERS):
        inside = _in_order(search, at, order)
        bound = float(search.bounds()[at])
        if bound <= before + _LEAST or (search.best is not None and bound >= search.best.plan.objective - _LEAST):
            break
        before = bound
        last = inside.search.highest if inside.found is None else inside.found.prices
        if last is None:
            break
        there = inside.proved(last)
        after = there.rates + margin_of(search.family, there.prices)
        if np.abs(after - order).max() < _SAME_RATES:
            break
        order = after
    return inside


def _in_order(search: TaxedSearch, at: int, order: FloatArray) -> _Inside:
    """One search with lots in order at given rates."""
    region = search.regions[at]
    bare = search.family.block(region.rates, order=order)
    kept, rows = len(bare.rows), search.regions_under(relaxed(bare)).solves.region_rows(region, bare)
    inner = search.searching(replace(bare, rows=(*bare.rows, *rows)), search.hot)
    every = search.family.all_washed(region.rates, order)
    if every is not None:
        borders = search.regions_under(relaxed(bare)).solves.region_rows(region, every)
        inner.names = PricedNames(inner.block, inner=replace(every, rows=(*every.rows, *borders)))
    normals = np.array([b.normal for b in region.borders]).reshape(len(rows), 2)
    inside = _Inside(inner, None, kept, region.rates, normals)
    with suppress(InfeasibleError, UncertifiedError):
        inside = replace(inside, found=inner.run())
    _took(search, at, inside, inner.bound)
    return inside


def _branched(search: TaxedSearch, at: int, inside: _Inside, nodes: int, near: float) -> None:
    """Branch on the torn names of a region until next to nothing is open, within a budget of nodes."""
    constant = search.regions[at].cell.constant
    found, best = inside.found, search.best
    if best is not None and search.regions[at].excess(best.plan.gains) <= _LEAST:
        with suppress(InfeasibleError, UncertifiedError):
            other = inside.search.attempt(best.plan.choices, best.proof.prices.risk)
            if (
                other is not None
                and other.residual <= FEASIBLE
                and (found is None or other.objective < found.objective)
            ):
                found = other
    if found is None:
        return
    cutoff = min(search.to_beat, np.inf if best is None else best.plan.objective) - constant
    with suppress(InfeasibleError, UncertifiedError):
        found = prove(inside.search, nodes_max=nodes, tolerance=near, start=found, cutoff=cutoff).solution
    _took(search, at, replace(inside, found=found), found.bound)


def _took(search: TaxedSearch, at: int, inside: _Inside, bound: float) -> None:
    """Take in a plan, the bound of its region, and what its prices prove."""
    bound = bound + search.regions[at].cell.constant
    search.relaxed_bounds[at] = max(search.relaxed_bounds[at], bound)
    for prices in (inside.search.highest, None if inside.found is None else inside.found.prices):
        if prices is not None:
            search.note(inside.proved(prices))
    if inside.found is not None:
        with suppress(InfeasibleError, UncertifiedError):
            search.under(inside.found, inside.proved(inside.found.prices))
