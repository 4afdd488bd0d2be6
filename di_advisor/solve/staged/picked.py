"""Choices from a mixture: of every name one of its plans, and what that plan leaves closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.solve.staged.layout import CRUMB, Open
from di_advisor.solve.staged.mixture import Mixture
from di_advisor.solve.staged.parts import Kind, Parts

__all__ = ["Draw", "choices_of", "drawn", "likeliest", "one_of_each", "switched"]

_SHARPER = 1.5

Draw = Callable[[FloatArray], int]


def likeliest(shares: FloatArray) -> int:
    """The plan with the largest share."""
    return int(shares.argmax())


def drawn(shares: FloatArray, generator: np.random.Generator) -> int:
    """A plan by chance, likelier than its share where that is large."""
    likely = np.maximum(shares, 0.0) ** _SHARPER
    whole = float(likely.sum())
    return int(generator.choice(len(likely), p=likely / whole)) if whole > 0 else 0


def one_of_each(mixture: Mixture, draw: Draw) -> FloatArray:
    """One plan of every part as variables; the shared ones are left at 0."""
    v = np.zeros(len(mixture.parts.layout.q))
    for part, columns, shares in zip(mixture.parts.parts, mixture.columns, mixture.shares, strict=True):
        v[part.columns] = columns.v[draw(shares)]
    return v


def switched(mixture: Mixture, v: FloatArray) -> Iterator[FloatArray]:
    """A whole plan with one part after another at its cheapest, the part that is furthest from it first."""
    lost = mixture.lost(v)
    for i in np.argsort(-lost, kind="stable").tolist():
        best = mixture.cheapest[i]
        if best is None or lost[i] <= 0:
            continue
        other = v.copy()
        other[mixture.parts.parts[i].columns] = best
        yield other


def choices_of(parts: Parts, v: FloatArray, choices: Open) -> Open:
    """Choices with one side of every wash closed: the smaller in the variables; both stay open where neither is used.

    Parameters
    ----------
    parts : Parts
        What the variables belong to.
    v : ndarray of shape (variables,)
        One plan of every part.
    choices : Open
        What was decided before.
    """
    problem, group = parts.problem, parts.problem.identical
    stages, many = len(problem.legs), len(parts.parts)
    mine = parts.kind >= 0
    key = parts.stage[mine] * many + group[parts.name[mine]]
    lost, bought = (
        np.bincount(key, weights=np.where(which, v, 0.0)[mine], minlength=stages * many).reshape(stages, many)
        for which in ((parts.kind == Kind.LOT) & parts.at_loss, parts.kind == Kind.BOUGHT)
    )
    lose, buy = choices.loss.copy(), choices.buy.copy()
    for s in range(stages):
        for r in range(stages):
            if problem.washing(s, r):
                losing = (lost[s] > bought[r]) & (lost[s] > CRUMB)
                buying = ~losing & (bought[r] > CRUMB)
                buy[r] &= ~losing[group]
                lose[s] &= ~buying[group]
    return replace(choices, loss=lose, buy=buy)
