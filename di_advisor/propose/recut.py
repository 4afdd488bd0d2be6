"""One name's sales cut anew into segments, everything else of the block kept.

A question about one trade changes what a lot costs or in which order lots are sold; the pieces of the
name's sales then change with it, because trading costs grow along the fill order. Cutting one name is
two orders of magnitude cheaper than cutting all.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UnfinishedError
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import Separable, add_up

__all__ = ["charged", "recut", "sales_of", "with_segments", "without_lot"]


def sales_of(problem: Problem, name: int) -> tuple[NDArray[np.int64], FloatArray, FloatArray, Separable]:
    """Lots of a name that may be sold: which, how much of each, at what slope; and all terms together.

    Raises
    ------
    UnfinishedError
        If the terms have no price by lot.
    """
    holdings = problem.block.holdings
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    total = add_up((t.separable() for t in problem.terms), len(holdings.lot_name), len(holdings.held))
    if total.lot_slope is None or total.traded is None:
        raise UnfinishedError("The plan has no price by lot.", hint="Ask about a plan that was formulated here.")
    mine = np.flatnonzero((holdings.lot_name == name) & (locked.sell_max > 0))
    return mine, locked.sell_max[mine], total.lot_slope[mine], total


def recut(
    problem: Problem, name: int, lots: NDArray[np.int64], widths: FloatArray, slopes: FloatArray, total: Separable
) -> Segments:
    """The block's segments with one name's sales cut anew.

    Parameters
    ----------
    problem : Problem
        The plan's.
    name : int
        Position of the name.
    lots : ndarray of int, shape (l,)
        Which lot each part is of; a lot may come in several parts.
    widths, slopes : ndarray of shape (l,)
        Largest amount and cost by lot of each part.
    total : Separable
        All terms together, from `sales_of`.
    """
    old = problem.block.segments
    if total.traded is None:
        raise UnfinishedError("The plan has no cost of trading.", hint="Ask about a plan that was formulated here.")
    at_loss = np.zeros(len(problem.block.holdings.lot_name), dtype=np.bool_)
    at_loss[old.lot[old.loss]] = True
    alone = np.array([name])
    found = cut(  # the name by itself, as if there were no other
        np.zeros(len(lots), dtype=np.int64),
        widths,
        slopes,
        at_loss[lots],
        np.zeros(1),
        total.traded.of_names(alone),
        None if total.linear is None else total.linear[alone],
    ).tilted(None if total.name_slope is None else total.name_slope[alone])
    found = replace(found, name=found.name + name, lot=lots[found.lot])
    sold = np.flatnonzero(old.sell & (old.name == name))  # one run: segments are sorted by name, sales first

    def spliced(field: str) -> Any:  # noqa: ANN401 - an array of whatever the field holds
        whole = getattr(old, field)
        return np.concatenate([whole[: sold[0]], getattr(found, field), whole[sold[-1] + 1 :]])

    return Segments(**{f.name: spliced(f.name) for f in fields(Segments)})


def charged(problem: Problem, *, name: int, lot: int, charge: float) -> Block:
    """The block with a charge per unit bought of a name, or sold of a lot (-1 for a buy)."""
    block = problem.block
    if lot < 0:
        old = block.segments
        extra = np.where(~old.sell & (old.name == name), charge, 0.0)
        return replace(block, segments=replace(old, slope=old.slope + extra))
    lots, widths, slopes, total = sales_of(problem, name)
    return with_segments(
        problem, block, recut(problem, name, lots, widths, slopes + np.where(lots == lot, charge, 0.0), total)
    )


def without_lot(problem: Problem, block: Block, *, name: int, lot: int) -> Block | None:
    """A block of the problem without one lot to sell; None where the name has no other.

    The other lots then stand earlier on the curve of trading costs.
    """
    lots, widths, slopes, total = sales_of(problem, name)
    others = lots != lot
    if not others.any():
        return None
    return with_segments(problem, block, recut(problem, name, lots[others], widths[others], slopes[others], total))


def with_segments(problem: Problem, block: Block, segments: Segments) -> Block:
    """The block with other segments, and its rows on them."""
    kept = {row.rule for row in block.rows}
    rows = tuple(row for rule in problem.rules if rule.name in kept for row in rule.rows(segments))
    return replace(block, segments=segments, rows=rows)
