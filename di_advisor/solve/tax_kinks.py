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
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.solve.choices import relaxed
from di_advisor.solve.exact import prove
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.solution import Solution
from di_advisor.solve.tax_plans import Proved

if TYPE_CHECKING:
    from di_advisor.solve.taxed import TaxedSearch

__all__ = ["search_at_kinks"]

_REGIONS = 6
_NEAR = 5e-4
"""Gap, as a share of the benefit, at which branching ends."""

_WORK, _FEWEST = 800, 20
"""Nodes times names of the branching in one region; small accounts count as so many names."""

_LEAST = 1e-9


def search_at_kinks(search: TaxedSearch) -> None:
    """Search region by region, the one of the lowest bound first, until plan and bound meet.

    Parameters
    ----------
    search : TaxedSearch
        With a plan and proofs; better ones are taken in.

    Raises
    ------
    UnfinishedError
        If the search was cancelled.
    """
    for nodes in (0, _WORK // max(len(search.problem.block.active_lower), _FEWEST)):
        looked: set[int] = set()
        for _ in range(_REGIONS):
            if search.closed_to(_NEAR if nodes else 0.0):
                return
            bounds = search.bounds()
            limit = np.inf if search.best is None else search.best.plan.objective - _LEAST
            open_ = [i for i in np.argsort(bounds).tolist() if bounds[i] < limit and i not in looked]
            if not open_:
                break
            looked.add(open_[0])
            _within(search, open_[0], nodes)


def _within(search: TaxedSearch, at: int, nodes: int) -> None:
    """Search for choices with the gains kept in a region; take in what is found, and what its prices prove.

    With ``nodes`` its torn names are branched on until next to nothing is open, within this budget.
    """
    region = search.regions[at]
    order = max(search.over_all, key=lambda p: p.bound(region)).rates
    bare = search.family.block(region.rates, order=order)
    kept, rows = len(bare.rows), search.regions_under(relaxed(bare)).solves.region_rows(region, bare)
    inside = search.searching(replace(bare, rows=(*bare.rows, *rows)), search.hot)
    every = search.family.all_washed(region.rates, order)
    if every is not None:
        borders = search.regions_under(relaxed(bare)).solves.region_rows(region, every)
        inside.names = PricedNames(inside.block, inner=replace(every, rows=(*every.rows, *borders)))
    normals = np.array([b.normal for b in region.borders]).reshape(len(rows), 2)

    def proved(prices: Prices) -> Proved:
        rates = region.rates + prices.rows[kept:] @ normals
        return Proved(rates, -np.inf, replace(prices, rows=prices.rows[:kept]))

    found: Solution | None = None
    with suppress(InfeasibleError, UncertifiedError):
        found = inside.run()
        if nodes and found is not None:
            found = prove(inside, nodes_max=nodes, tolerance=_NEAR, start=found).solution
            search.relaxed_bounds[at] = max(search.relaxed_bounds[at], found.bound + region.cell.constant)
    for prices in (inside.highest, None if found is None else found.prices):
        if prices is not None:
            search.note(proved(prices))
    if found is not None:
        with suppress(InfeasibleError, UncertifiedError):
            search.under(found, proved(found.prices))
