"""Wash sales at a price: what today's trades replace of losses, or lose of them, beside purchases that are known.

Problem: a name's charge is a price up to a width and nothing beyond, which is concave. Decision: the chord
over all that can be traded, from below, until a choice says within the width (the price) or beyond it (all
of the width). Only the first stage has such charges: later ones are more than 30 days from what is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import StagedProblem
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.solve.staged.layout import LegLayout, Open

__all__ = ["Charge", "Width", "at_their_widths", "wash_charges", "within_or_beyond"]

_SAME = 2e-9
Plans = tuple[Plan, ...]


class Width(IntEnum):
    """On which side of its width a name's sales at a loss, or its purchases, are."""

    FREE = 0
    WITHIN = 1
    BEYOND = 2


@dataclass(frozen=True)
class Charge:
    """On the sum of some variables: a slope or a constant, and limits of the sum."""

    columns: NDArray[np.int64]
    slope: float
    constant: float
    low: float
    high: float


@dataclass(frozen=True)
class _Side:
    """Widths, prices and the most that can be traded of each name, shapes (n,), for sales or for purchases."""

    width: FloatArray
    price: FloatArray
    most: FloatArray

    def charge(self, amount: FloatArray) -> FloatArray:
        """By the law of the term."""
        return np.asarray(self.price * np.minimum(amount, self.width), dtype=np.float64)

    def reckoned(self, amount: FloatArray, state: FloatArray) -> FloatArray:
        """Under choices: the chord where none is made."""
        chord = np.divide(np.minimum(self.width, self.most), self.most, out=np.ones_like(amount), where=self.most > 0)
        free = self.price * amount * chord
        return np.asarray(np.where(state == Width.FREE, free, self.charge(amount)), dtype=np.float64)


def _sides(problem: StagedProblem, wash: WashDeferral) -> tuple[_Side, _Side]:
    leg, of_lot, p = problem.legs[0], problem.holdings.lot_name, wash.prices
    weights = np.where(wash.losing, leg.sell_max, 0.0)
    lost = np.bincount(of_lot, weights=weights, minlength=len(problem.start)).astype(np.float64)
    return _Side(p.sell_width, p.sell_price, lost), _Side(p.buy_width, p.buy_price, leg.buy_max)


def _amounts(problem: StagedProblem, wash: WashDeferral, plan: Plan) -> tuple[FloatArray, FloatArray]:
    sold = np.bincount(
        problem.holdings.lot_name, weights=np.where(wash.losing, plan.sells, 0.0), minlength=len(plan.buys)
    )
    return np.asarray(sold, dtype=np.float64), plan.buys


def wash_charges(problem: StagedProblem, choices: Open, layout: LegLayout) -> Iterator[Charge]:
    """The charges of the first stage under choices."""
    wash = problem.wash
    if wash is None:
        return
    lots = layout.lots
    losing = np.where(wash.losing[lots], problem.holdings.lot_name[lots], -1)
    places = ((losing, layout.x), (layout.buy_name, layout.b))
    for state, side, (names, where) in zip(choices.washed, _sides(problem, wash), places, strict=True):
        for name in np.flatnonzero((side.width > 0) & (side.price > 0)).tolist():
            columns = where.start + np.flatnonzero(names == name)
            width, price = float(side.width[name]), float(side.price[name])
            if state[name] == Width.BEYOND:
                yield Charge(columns, 0.0, price * width, width, np.inf)
            elif state[name] == Width.WITHIN:
                yield Charge(columns, price, 0.0, -np.inf, width)
            elif len(columns):
                most = float(side.most[name])
                yield Charge(columns, price * min(width / most, 1.0), 0.0, -np.inf, np.inf)


def _apart(problem: StagedProblem, choices: Open, plans: Plans) -> FloatArray:
    """By how much the charge of each side and name is more than was reckoned, shape (2, n)."""
    wash = problem.wash
    if wash is None:
        return np.zeros((2, len(problem.start)))
    both = zip(_sides(problem, wash), _amounts(problem, wash, plans[0]), choices.washed, strict=True)
    return np.array([side.charge(amount) - side.reckoned(amount, state) for side, amount, state in both])


def within_or_beyond(problem: StagedProblem, choices: Open, plans: Plans) -> list[Open]:
    """The name whose charge is furthest from what was reckoned, within its width and beyond; none where all agree."""
    apart = _apart(problem, choices, plans)
    if float(apart.max(initial=0.0)) <= _SAME:
        return []
    place = np.unravel_index(int(apart.argmax()), apart.shape)
    found = []
    for state in (Width.WITHIN, Width.BEYOND):
        washed = choices.washed.copy()
        washed[place] = state
        found.append(replace(choices, washed=washed))
    return found


def at_their_widths(problem: StagedProblem, choices: Open, plans: Plans) -> Open | None:
    """Every name on the side of its width where the plan has it; None where all charges agree."""
    wash = problem.wash
    if wash is None or float(_apart(problem, choices, plans).max(initial=0.0)) <= _SAME:
        return None
    washed = choices.washed.copy()
    both = zip(_sides(problem, wash), _amounts(problem, wash, plans[0]), strict=True)
    for row, (side, amount) in enumerate(both):
        counts = (side.width > 0) & (side.most > side.width)
        washed[row] = np.where(counts, np.where(amount <= side.width, Width.WITHIN, Width.BEYOND), washed[row])
    return replace(choices, washed=washed)
