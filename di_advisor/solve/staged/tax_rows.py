"""The tax of every year by its return, as rows and variables of the convex problem of several stages.

A budget of tax holds after every stage of its year. After the last one it limits the year's own tax; after an
earlier one the tax of the year so far, which is reckoned by pieces of its own and charged nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.staged_tax import ReturnTax
from di_advisor.solve.staged.layout import LegLayout, Open, YearLayout

__all__ = ["Gathers", "tax_rows"]

Ints = NDArray[np.int64]


class Gathers(Protocol):
    """What gathers the matrices: sizes so far, triplets, and lists of parts."""

    size: int
    equalities: int
    constant: float
    A: Any
    q: list[FloatArray]
    own: list[FloatArray]
    a: list[FloatArray]
    box: list[tuple[FloatArray, FloatArray, NDArray[np.bool_]]]
    legs: list[LegLayout]

    @property
    def row(self) -> Callable[[Any, Any, float, float], int]:
        """One more row with limits."""


def tax_rows(
    builder: Gathers, problem: StagedProblem, choices: Open
) -> tuple[tuple[YearLayout, ...], dict[int, YearLayout]]:
    """The tax of every year, and of years so far by stage where a budget limits it.

    Gains are a mean of corners of a year's pieces, the tax is the same mean of theirs. With one piece open that
    is exact; with several it is the hull of them, from below.
    """
    if problem.taxes is None:
        return (), {}
    taxes, limits = problem.taxes, problem.tax_limits()
    found, before = list[YearLayout](), list[tuple[Ints, FloatArray] | None]([None])
    for y, year in enumerate(taxes.years):
        stages = [s for s, at in enumerate(taxes.stage_year) if at == y]
        here = _pieces(builder, taxes, y, stages, before[y], choices.pieces[y] if choices.pieces else None)
        builder.q.append(here.tax)
        before.append((_at(here.at), np.concatenate([p.carried for p in year.pieces])))
        found.append(here)
    checks, so_far = dict[int, YearLayout](), [limit for limit in limits if not limit.ends]
    for place, limit in enumerate(so_far, start=len(taxes.years)):
        stages = [s for s, at in enumerate(taxes.stage_year) if at == limit.year and s <= limit.stage]
        open_ = choices.pieces[place] if choices.pieces else None
        here = _pieces(builder, taxes, limit.year, stages, before[limit.year], open_)
        builder.q.append(np.zeros(len(here.tax)))
        checks[limit.stage] = here
    for limit in limits:
        here = found[limit.year] if limit.ends else checks[limit.stage]
        builder.row(_at(here.at), here.tax, -np.inf, limit.most)
    builder.constant -= taxes.base
    return tuple(found), checks


def _at(where: slice) -> Ints:
    return np.arange(where.start, where.stop)


def _pieces(
    builder: Gathers,
    taxes: ReturnTax,
    y: int,
    stages: list[int],
    before: tuple[Ints, FloatArray] | None,
    flags: NDArray[np.bool_] | None,
) -> YearLayout:
    """Shares of the corners of a year's pieces, tied to what some stages realise and the year before carries."""
    pieces = taxes.years[y].pieces
    corners = np.concatenate([p.corners for p in pieces])
    tax = np.concatenate([p.tax for p in pieces])
    sizes = [len(p.tax) for p in pieces]
    open_ = np.repeat(np.ones(len(sizes), np.bool_) if flags is None else flags, sizes)
    at = slice(builder.size, builder.size + len(tax))
    builder.size = at.stop
    builder.own.append(np.zeros(len(tax)))
    builder.box.append((np.zeros(len(tax)), open_.astype(np.float64), np.zeros(len(tax), np.bool_)))
    one, first = builder.equalities, builder.equalities + 1
    builder.A.put(one, _at(at), 1.0)
    for term, gains in enumerate((taxes.short, taxes.long)):
        builder.A.put(first + term, _at(at), corners[:, term])
        for s in stages:
            here = builder.legs[s]
            builder.A.put(first + term, _at(here.x), -gains[s][here.lots])
        if before is not None:
            builder.A.put(first + term, before[0], before[1][:, term])
    builder.a.append(np.array([1.0, *(taxes.realised if y == 0 else (0.0, 0.0))]))
    builder.equalities += 3
    return YearLayout(at, tax, (first, first + 1))
