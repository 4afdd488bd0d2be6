"""Prices at which the bound over all choices is highest, by Newton's method on a smoothed dual.

The dual over all choices is a sum of minima, so it has a kink wherever a name is torn between two
choices, and its top is a kink: where numbers of names are limited, dozens of names are torn at once.
Decision: each minimum is softened (minus mu log sum exp of minus value over mu, which lies below it),
so that the whole is concave and smooth, Newton's method climbs it in exposures, rows and counts
together (and in the price of risk, where tracking error is capped), and mu falls by stages. Whatever
prices come out give a true bound (`PricedNames.bound`), and the weights of the softened minimum say
which names are torn, and how. Limits: budgets are counts of steps; the kink of a row with two limits is
treated by fixing it at zero until its slope says go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.choices import COLUMNS, Choice
from di_advisor.solve.gains_sold import OnBothSides
from di_advisor.solve.prices import NameValues, PricedNames, Prices
from di_advisor.solve.scalar import Best

__all__ = ["Softened", "climbed"]

_STAGES = 5
_STEPS_A_STAGE = 5
_FALL = 0.2
_ENOUGH = 0.3
_HALVINGS = 6
_SHORTER = 0.3
_DAMPINGS = (0.0, 1.0, 30.0)
_ARMIJO = 1e-4
_REGULAR = 1e-10
_RIDGE = 1e-12
_NEAR = 1e-7
_WEIGHTLESS = 1e-9
_FLAT = 1e-15
_LEAST_RISK = 1e-6


@dataclass(frozen=True)
class Softened:
    """Prices with the weight that each choice of each name has there.

    Attributes
    ----------
    prices : Prices
        Fit for bounds.
    bound : float
        Lower bound over all choices.
    weight : ndarray of shape (n, `COLUMNS`)
        How far each choice of a name is taken; a name with more than one is torn.
    softness : float
        At the end.
    """

    prices: Prices
    bound: float
    weight: FloatArray
    softness: float


@dataclass(frozen=True)
class _At:
    """The softened dual at a point.

    ``activity`` is what the prices multiply, summed over names, shape (k + r + 3,); ``trades`` (n, c),
    ``rows`` (c, n, r) and ``weight`` (n, c) are those of the choices in `_Climb.columns`.
    """

    value: float
    risk: float
    exposures: FloatArray
    activity: FloatArray
    trades: FloatArray
    rows: FloatArray
    weight: FloatArray
    values: NameValues


def climbed(names: PricedNames, start: Prices, *, stages: int = _STAGES, softness: float | None = None) -> Softened:
    """Climb the bound from given prices on.

    Parameters
    ----------
    names : PricedNames
        The scalar problems, limits on numbers included.
    start : Prices
        Where to begin; its price of risk is kept, unless a tracking-error cap gives risk a price of its own.
    stages : int
        Stages, each softer than the next.
    softness : float, optional
        Of the first stage; what the choice matters to a middling name when left out.
    """
    return _Climb(names, start.risk).run(start, stages, softness)


class _Climb:
    def __init__(self, names: PricedNames, risk: float) -> None:
        block = names.block
        self.names, self.block = names, block
        cap = block.tracking_error_max
        self.capped = cap is not None
        self.floor = block.aversion if self.capped else risk
        self.k, self.r = len(block.exposure_lower), len(block.rows)
        covariance = block.risk.factor_covariance_per_year
        ridge = _RIDGE * float(np.abs(np.diagonal(covariance)).max(initial=_FLAT))
        self.unit = 2.0 * (covariance + ridge * np.eye(self.k))
        self.specific = block.risk.specific_variance_per_year
        self.low = np.r_[[row.lower for row in block.rows], -np.inf, -np.inf, -np.inf].astype(np.float64)
        most = [np.inf if x is None else float(x) for x in (block.names_max, block.trades_max)]
        most.append(np.inf if cap is None else cap * cap)  # of variance, whose price is that beyond the aversion
        self.high = np.r_[[row.upper for row in block.rows], most].astype(np.float64)
        self.z0 = block.holdings.active
        self.boxed = bool(np.isfinite(block.exposure_lower).any() or np.isfinite(block.exposure_upper).any())
        self.columns = [Choice.NOTHING, Choice.SELL, Choice.BUY]
        self.columns += [] if block.names_max is None else [Choice.EXIT]
        self.columns += [] if block.wash is None else [Choice.SELL_BEYOND, Choice.BUY_BEYOND]
        counting = names.counting
        self.holding = counting.holding[:, self.columns].astype(np.float64) * counting.limited
        self.trading = counting.trading[self.columns].astype(np.float64) * counting.limited
        self.on_rows = np.ascontiguousarray(names.row_active.T)

    def run(self, start: Prices, stages: int, softness: float | None) -> Softened:
        start = self.names.sanitised(start)
        p = np.r_[start.exposures, start.rows, start.held, start.traded, start.risk - self.floor]
        p = self._closed_sides(p)
        plain = self._values(p)
        mu = self._first_softness(plain) if softness is None else softness
        at = self._at(p, mu)
        for _ in range(stages):
            for _ in range(_STEPS_A_STAGE):
                moved = self._step(p, at, mu)
                if moved is None:
                    break
                p, at = moved
            mu *= _FALL
            at = self._at(p, mu)
        prices = self.names.sanitised(self._prices(p, at.exposures))
        weight = np.zeros((len(self.z0), COLUMNS))
        weight[:, self.columns] = at.weight
        return Softened(prices, self.names.bound(prices), weight, mu)

    def _prices(self, p: FloatArray, point: FloatArray) -> Prices:
        k, r = self.k, self.r
        return Prices(self._risk(p), p[:k], p[k : k + r], point, float(p[k + r]), float(p[k + r + 1]))

    def _risk(self, p: FloatArray) -> float:
        return max(self.floor + float(p[-1]), _LEAST_RISK)

    def _closed_sides(self, p: FloatArray) -> FloatArray:
        """No price against an open side."""
        y = p[self.k :].copy()
        y[(y > 0) & np.isinf(self.high)] = 0.0
        y[(y < 0) & np.isinf(self.low)] = 0.0
        return np.concatenate([p[: self.k], y])

    def _values(self, p: FloatArray) -> NameValues:
        return self.names.values(self._prices(p, np.zeros(self.k)))

    def _first_softness(self, values: NameValues) -> float:
        """About what the choice matters to a middling name."""
        two = np.sort(values.value, axis=1)[:, :2]
        regret = (two[:, 1] - two[:, 0])[np.isfinite(two).all(axis=1)]
        regret = regret[regret > 0]
        return float(np.median(regret)) if len(regret) else 1e-6

    def _at(self, p: FloatArray, mu: float) -> _At:
        k, block = self.k, self.block
        values = self._values(p)
        value = values.value[:, self.columns]
        least = value.min(axis=1)
        open_name = np.isfinite(least)
        with np.errstate(invalid="ignore"):
            raised = np.exp(-(value - np.where(open_name, least, 0.0)[:, None]) / mu)
        total = raised.sum(axis=1)
        weight = raised / np.maximum(total, 1e-300)[:, None]
        soft = np.where(open_name, least - mu * np.log(np.maximum(total, 1e-300)), 0.0)
        curvature = self._risk(p) * self.unit
        exposures = self._exposures(p[:k], curvature)
        trades, rows = self._responses(values)
        z = self.z0 + (weight * trades).sum(axis=1)
        activity = np.zeros(len(p))
        activity[:k] = block.risk.exposures.T @ z
        activity[k : k + self.r] = z @ self.on_rows + np.einsum("nc,cnr->r", weight, rows)
        activity[k + self.r] = float((weight * self.holding).sum())
        activity[k + self.r + 1] = float(weight.sum(axis=0) @ self.trading)
        if self.capped:
            own = float(self.specific @ (weight * (self.z0[:, None] + trades) ** 2).sum(axis=1))
            activity[-1] = own + 0.5 * float(exposures @ self.unit @ exposures)
        y = p[k:]
        limit = np.where(y > 0, self.high, self.low)
        coupling = -float(sum(a * b for a, b in zip(y, limit, strict=True) if a))
        coupling += float(0.5 * exposures @ curvature @ exposures - p[:k] @ exposures)
        value_here = float(values.base.sum() + soft.sum()) + coupling
        return _At(value_here, self._risk(p), exposures, activity, trades, rows, weight, values)

    def _exposures(self, t: FloatArray, curvature: FloatArray) -> FloatArray:
        """Exposures that minimise their part: ``e'Ce / 2 - t'e`` in their box."""
        block = self.block
        low, high = block.exposure_lower, block.exposure_upper
        e = np.asarray(np.linalg.solve(curvature, t), dtype=np.float64)
        if not self.boxed:
            return e
        fixed = np.zeros(self.k, dtype=np.bool_)
        e = np.asarray(np.clip(e, low, high), dtype=np.float64)
        for _ in range(2 * self.k):
            free = ~fixed
            if free.any():
                rest = t[free] - curvature[np.ix_(free, fixed)] @ e[fixed]
                e[free] = np.linalg.solve(curvature[np.ix_(free, free)], rest)
            out = free & ((e < low) | (e > high))
            if out.any():
                e = np.clip(e, low, high)
                fixed |= out
                continue
            lean = curvature @ e - t
            wrong = fixed & (((e <= low) & (lean < 0)) | ((e >= high) & (lean > 0)))
            if not wrong.any():
                break
            fixed &= ~wrong
        return e

    def _responses(self, values: NameValues) -> tuple[FloatArray, FloatArray]:
        """Net trade of each name under each choice (n, c), and what rows count of its amounts (c, n, r)."""
        n = len(self.z0)
        trades, rows = np.zeros((n, len(self.columns))), np.zeros((len(self.columns), n, self.r))
        for at, choice in enumerate(self.columns):
            if choice == Choice.EXIT:
                trades[:, at], rows[at] = self._leaving
            elif choice != Choice.NOTHING:
                best = values.best[choice]
                trades[:, at] = best.amount if choice in (Choice.BUY, Choice.BUY_BEYOND) else -best.amount
                rows[at] = self._counted(best, *self._on[choice])
        for choice, swaps in self._swaps(values).items():
            at, on = self.columns.index(choice), self._on[choice][0]
            trades[swaps.name, at] = swaps.trade
            for j in self._counting_rows:
                sums = np.bincount(self.block.segments.name, weights=on[j] * swaps.amounts, minlength=n)
                rows[at, swaps.name, j] = sums[swaps.name]
        return trades, rows

    def _swaps(self, values: NameValues) -> dict[Choice, OnBothSides]:
        """Trades of names that are bought while gains of theirs are sold."""
        return {c: found.trades for c, found in values.gains_sold.items() if found}

    @cached_property
    def _leaving(self) -> tuple[FloatArray, FloatArray]:
        """Net trade of a name that is sold out, and what rows count of it."""
        segments, counting = self.block.segments, self.names.counting
        weights = np.where(segments.sell, segments.width, 0.0) * self.names.washes.out_rows
        on = np.zeros((len(self.z0), self.r))
        for j in range(self.r):
            on[:, j] = np.bincount(segments.name, weights=weights[j], minlength=len(self.z0))
        return np.where(counting.can_leave, -counting.sellable, 0.0), on

    @cached_property
    def _counting_rows(self) -> NDArray[np.int64]:
        """Rows that count amounts."""
        return np.flatnonzero([row.on_segments is not None and bool(row.on_segments.any()) for row in self.block.rows])

    @cached_property
    def _on(self) -> dict[Choice, tuple[FloatArray, FloatArray]]:
        """What rows count of segments (r, m), and of names as a whole (n, r), under each choice."""
        return {c: self.names.washes.counted(c) for c in self.columns}

    def _counted(self, best: Best, row_segments: FloatArray, whole: FloatArray) -> FloatArray:
        """What rows count of the best amounts of a side, shape (n, r)."""
        side, found = best.side, whole.copy()
        if len(side.segment):
            used = side.filled(np.where(np.isfinite(best.value), best.amount, 0.0))
            for j in self._counting_rows:
                on = row_segments[j, side.segment]
                found[side.owner, j] += np.add.reduceat(on * used, side.first)
        return found

    def _gradient(self, p: FloatArray, at: _At) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Slope of the softened dual, and which prices may move."""
        k, y = self.k, p[self.k :]
        a = at.activity[k:]
        above, below = a - self.high, a - self.low
        at_zero = np.where(above > 0, above, np.where(below < 0, below, 0.0))
        slope = np.where(y > 0, above, np.where(y < 0, below, at_zero))
        free = (y != 0) | (above > 0) | (below < 0)
        return np.r_[at.activity[:k] - at.exposures, np.where(free, slope, 0.0)], np.r_[np.ones(k, np.bool_), free]

    def _curvature(self, at: _At, mu: float) -> FloatArray:
        """Minus the second derivative, approximately, shape (d, d)."""
        k, r, block = self.k, self.r, self.block
        d = k + r + 3
        m = np.zeros((d, d))
        inner = np.ones(k, dtype=np.bool_)
        if self.boxed:
            inner = (at.exposures > block.exposure_lower) & (at.exposures < block.exposure_upper)
        slack = np.zeros((int(inner.sum()), d))
        slack[:, :k] = np.eye(k)[inner]
        if self.capped:
            slack[:, -1] = -(self.unit @ at.exposures)[inner]
        m += slack.T @ np.linalg.solve(at.risk * self.unit[np.ix_(inner, inner)], slack)
        give = 1.0 / np.maximum(2.0 * (at.risk * self.specific + block.impact), 1e-14)
        places = np.arange(d)[np.r_[0 : k + r, d - 1]]
        swapping = self._swaps(at.values)
        for c, choice in enumerate(self.columns):
            if choice not in at.values.best:
                continue
            inside, swaps = at.values.best[choice].inside, swapping.get(choice)
            if swaps is not None:
                inside = inside.copy()
                inside[swaps.name] = swaps.moving >= 0
            w = at.weight[:, c] * inside
            on = np.flatnonzero(w > _WEIGHTLESS)
            if not len(on):
                continue
            trade = at.trades[on, c][:, None]
            moving = at.rows[c][on] - self._on[choice][1][on]
            part = np.divide(moving, trade, out=np.zeros((len(on), r)), where=np.abs(trade) > _FLAT)
            if swaps is not None:
                part = self._by_the_last(part, on, swaps, self._on[choice][0])
            more = 2.0 * self.specific[on, None] * (self.z0[on, None] + trade) * self.capped
            lever = np.concatenate([block.risk.exposures[on], self.on_rows[on] + part, more], axis=1)
            m[np.ix_(places, places)] += (lever * (w[on] * give[on])[:, None]).T @ lever
        torn = np.flatnonzero(at.weight.max(axis=1) < 1.0 - _NEAR)
        if len(torn):
            m += self._spread(at, torn) / mu
        m[np.diag_indices(d)] += _REGULAR * (1.0 + m.diagonal())
        return m

    def _by_the_last(
        self, part: FloatArray, on: NDArray[np.int64], swaps: OnBothSides, counted: FloatArray
    ) -> FloatArray:
        """What rows count of a little more net trade, (o, r): of swapping names by the segment that it goes to."""
        place = np.full(len(self.z0), -1, dtype=np.int64)
        place[on] = np.arange(len(on))
        mine = (swaps.moving >= 0) & (place[swaps.name] >= 0)
        moving = swaps.moving[mine]
        part[place[swaps.name[mine]]] = (counted[:, moving] * self.block.segments.sign[moving]).T
        return part

    def _spread(self, at: _At, torn: NDArray[np.int64]) -> FloatArray:
        """Sum over torn names of the covariance, between choices, of what the prices multiply."""
        k, r, c = self.k, self.r, len(self.columns)
        w, trades, rows = at.weight[torn], at.trades[torn], at.rows[:, torn].transpose(1, 0, 2)
        moved = trades - (w * trades).sum(axis=1, keepdims=True)
        lever = np.zeros((len(torn), c, k + r + 3))
        lever[:, :, :k] = self.block.risk.exposures[torn][:, None, :] * moved[:, :, None]
        mean = np.einsum("nc,ncr->nr", w, rows)[:, None, :]
        lever[:, :, k : k + r] = self.on_rows[torn][:, None, :] * moved[:, :, None] + rows - mean
        held = self.holding[torn]
        lever[:, :, k + r] = held - (w * held).sum(axis=1, keepdims=True)
        lever[:, :, k + r + 1] = self.trading - (w @ self.trading)[:, None]
        if self.capped:
            own = self.specific[torn, None] * (self.z0[torn, None] + trades) ** 2
            lever[:, :, k + r + 2] = own - (w * own).sum(axis=1, keepdims=True)
        flat = (lever * np.sqrt(w)[:, :, None]).reshape(-1, k + r + 3)
        return np.asarray(flat.T @ flat, dtype=np.float64)

    def _step(self, p: FloatArray, at: _At, mu: float) -> tuple[FloatArray, _At] | None:
        """One step up; None where the stage is climbed, or no step was found."""
        slope, free = self._gradient(p, at)
        curvature = self._curvature(at, mu)
        for damping in _DAMPINGS:
            way, open_prices = self._way(p, slope, free, curvature, damping)
            promised = float(slope[open_prices] @ way[open_prices])
            if promised <= _ENOUGH * mu and not damping:
                return None
            share = 1.0
            for _ in range(_HALVINGS):
                trial = self._moved(p, share * way)
                there = self._at(trial, mu)
                if there.value >= at.value + _ARMIJO * share * promised:
                    return trial, there
                share *= _SHORTER
        return None

    def _way(
        self, p: FloatArray, slope: FloatArray, free: NDArray[np.bool_], curvature: FloatArray, damping: float
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Newton's direction, and the prices that it moves: one leaves zero to the side of its slope only."""
        resting = np.r_[np.zeros(self.k, np.bool_), p[self.k :] == 0]
        damped = curvature + damping * np.diag(curvature.diagonal())
        while True:
            way = np.zeros(len(p))
            way[free] = np.linalg.solve(damped[np.ix_(free, free)], slope[free])
            against = free & resting & (way * slope < 0)
            if not against.any():
                return way, free
            free = free & ~against

    def _moved(self, p: FloatArray, way: FloatArray) -> FloatArray:
        """Prices after a step, none of them past zero."""
        trial = p + way
        y, old = trial[self.k :], p[self.k :]
        return self._closed_sides(np.r_[trial[: self.k], np.where(y * old < 0, 0.0, y)])
