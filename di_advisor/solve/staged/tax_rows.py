"""The tax of every year by its return, as rows and variables of the convex problem of several stages."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.staged import StagedProblem
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


def tax_rows(builder: Gathers, problem: StagedProblem, choices: Open) -> tuple[YearLayout, ...]:
    """The tax of every year: gains as a mean of corners of its pieces, the tax as the same mean of theirs.

    With one piece open that is exact; with several it is the hull of them, from below.
    """
    if problem.taxes is None:
        return ()
    taxes, found = problem.taxes, list[YearLayout]()
    before: tuple[Ints, FloatArray] | None = None
    for y, year in enumerate(taxes.years):
        corners = np.concatenate([p.corners for p in year.pieces])
        tax = np.concatenate([p.tax for p in year.pieces])
        sizes = [len(p.tax) for p in year.pieces]
        open_ = np.repeat(choices.pieces[y] if choices.pieces else np.ones(len(sizes), np.bool_), sizes)
        at = slice(builder.size, builder.size + len(tax))
        builder.size = at.stop
        builder.q.append(tax)
        builder.own.append(np.zeros(len(tax)))
        builder.box.append((np.zeros(len(tax)), open_.astype(np.float64), np.zeros(len(tax), np.bool_)))
        one, first = builder.equalities, builder.equalities + 1
        builder.A.put(one, np.arange(at.start, at.stop), 1.0)
        for term, gains in enumerate((taxes.short, taxes.long)):
            builder.A.put(first + term, np.arange(at.start, at.stop), corners[:, term])
            for s, here in enumerate(builder.legs):
                if taxes.stage_year[s] == y:
                    builder.A.put(first + term, np.arange(here.x.start, here.x.stop), -gains[s][here.lots])
            if before is not None:
                builder.A.put(first + term, before[0], before[1][:, term])
        realised = taxes.realised if y == 0 else (0.0, 0.0)
        builder.a.append(np.array([1.0, *realised]))
        builder.equalities += 3
        before = np.arange(at.start, at.stop), np.concatenate([p.carried for p in year.pieces])
        found.append(YearLayout(at, tax, (first, first + 1)))
    builder.constant -= taxes.base
    return tuple(found)
