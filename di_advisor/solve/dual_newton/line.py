"""The line search on the dual, kinks included.

Along a Newton step the dual is concave, with quadratic pieces and, where a row price lets two pieces
of a name change places, kinks. A point is taken when it gains a fair share of what the step promised
and the dual does not already fall steeply; otherwise the top is looked for between a rising and a
falling point, at the first kink if there is one, by a secant of the slopes if not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.dual_newton.complementarity import Limits, Point
from di_advisor.solve.dual_newton.curvature import exchanges_at
from di_advisor.solve.dual_newton.line_tuning import LINE
from di_advisor.solve.dual_newton.pieces import Charges, Interleaved, Pieces, Response, Stack

__all__ = ["Climb", "Place", "coupling"]


@dataclass(frozen=True)
class Place:
    """Prices (k + r,) and exposures (k,), with the names' response and the value of the dual."""

    prices: FloatArray
    exposures: FloatArray
    response: Response
    dual: float


def coupling(prices: FloatArray, exposures: FloatArray, limits: Limits) -> float:
    """The part of the dual that belongs to exposures and rows, linearised at given exposures.

    A price that pushes against an open side is round-off, and counts nothing.
    """
    k = limits.factors
    slope = limits.curvature @ exposures
    pull = prices.copy()
    pull[:k] -= slope
    reach = np.where(pull > 0, limits.upper, limits.lower)
    total = float(pull @ np.where(np.isfinite(reach), reach, 0.0))
    return -0.5 * float(exposures @ slope) - total


@dataclass(frozen=True)
class Climb:
    """The dual of restricted names.

    Attributes
    ----------
    pieces : Pieces
        The names.
    limits : Limits
        Boxes of exposures and rows.
    charges : Charges
        What the names pay beside the prices.
    """

    pieces: Pieces
    limits: Limits
    charges: Charges

    def at(self, prices: FloatArray, exposures: FloatArray, near: Stack | None = None) -> Place:
        """The dual at a point; near another one the order of its pieces may serve again."""
        if compiled.is_compiled():
            from di_advisor.solve.dual_newton.loops import coupled

            prices, exposures = np.array(prices, dtype=np.float64), np.array(exposures, dtype=np.float64)  # writable
            response = self.pieces.respond(prices, self.charges, near)
            return Place(prices, exposures, response, response.value + coupled(prices, exposures, self.limits.laid))
        response = self.pieces.respond(prices, self.charges, near)
        return Place(prices, exposures, response, response.value + coupling(prices, exposures, self.limits))

    def along(self, here: Place, point: Point, hessian: FloatArray, bent: FloatArray) -> Place | None:
        """The first good point along a step; None where none is better than here.

        Parameters
        ----------
        here : Place
            Where the step begins.
        point : Point
            Where it leads.
        hessian, bent : ndarray of shape (k + r, k + r)
            Curvature at ``here``, and with the kinks ahead spread out over the step. That, and damping,
            can make a step short: it is overstepped while the dual rises steeply, up to the next kink.
        """
        if compiled.is_compiled():
            return self._along(here, point, hessian, bent)
        dp, de = point.prices - here.prices, point.exposures - here.exposures
        promised = (
            float(here.response.activity @ dp)
            - 0.5 * float(dp @ bent @ dp)
            + coupling(point.prices, point.exposures, self.limits)
            - coupling(here.prices, here.exposures, self.limits)
        )
        bend = float(dp @ hessian @ dp)
        noise = LINE.noise * abs(here.dual) + LINE.least_noise
        low, low_place, low_rise = 0.0, here, max(promised, 0.0)
        high, high_rise = np.inf, 0.0
        best: Place | None = None
        longest = self._longest(here, dp, de)
        share = 1.0
        for _ in range(LINE.trials):
            there = self.at(here.prices + share * dp, here.exposures + share * de, here.response.stack)
            rise = self._rise(there, dp, de)
            if there.dual >= here.dual + LINE.enough * share * promised - noise:
                best = there if best is None or there.dual > best.dual else best
                level = abs(rise) <= LINE.steep * abs(promised) + noise
                if level or (rise > 0 and share >= longest):
                    return best
            elif rise >= 0 and share >= 1:
                return best  # it rises all along, and yet gains nothing: round-off
            if rise >= 0:
                low, low_place, low_rise = share, there, rise
            else:
                high, high_rise = share, rise
            top = self._top(low_place, low_rise, bend, dp)
            if top is not None and low < min(low + top, longest) <= high - LINE.same:
                share = min(low + top, longest)
            elif top is not None and best is not None and abs(low + top - high) <= LINE.same:
                return best  # the kink tried last is the top
            elif np.isinf(high):
                share = min(LINE.stride * share, longest)  # still rising steeply: the step was damped too much
            else:
                part = low_rise / (low_rise - high_rise) if low_rise > 0 > high_rise else LINE.longest
                share = low + (high - low) * min(
                    max(part, LINE.shortest), 1 - LINE.shortest if low > 0 else LINE.longest
                )
            if high - low <= LINE.same:
                break
        return best

    def _along(self, here: Place, point: Point, hessian: FloatArray, bent: FloatArray) -> Place | None:
        """The same by compiled loops."""
        from di_advisor.solve.dual_newton.loops import along

        found, crossed, prices, exposures, dual, answer = along(
            self.pieces.laid,
            self.charges.laid,
            self.limits.laid,
            here.prices,
            here.exposures,
            here.dual,
            here.response.answer,
            point.prices,
            point.exposures,
            hessian,
            bent,
            LINE,
        )
        if crossed:
            raise Interleaved
        return Place(prices, exposures, self.pieces.response_of(answer), dual) if found else None

    def _longest(self, here: Place, dp: FloatArray, de: FloatArray) -> float:
        """Share of a step at which the first price would push against an open side; at least 1."""
        pull, turn = self._pull(here.prices, here.exposures), self._pull(dp, de)
        small = LINE.same * (np.abs(here.prices) + np.abs(dp))
        open_side = np.isinf(np.where(turn > 0, self.limits.upper, self.limits.lower)) & (np.abs(turn) > small)
        if not open_side.any():
            return np.inf
        return max(1.0, float((-pull[open_side] / turn[open_side]).min()))

    def _pull(self, prices: FloatArray, exposures: FloatArray) -> FloatArray:
        """What pushes against the limits; linear."""
        pull = prices.copy()
        pull[: self.limits.factors] -= self.limits.curvature @ exposures
        return pull

    def _top(self, place: Place, rise: float, bend: float, dp: FloatArray) -> float | None:
        """Where the dual tops beyond a rising point, by its slope, its curvature and its kinks; None without kinks.

        A pair that changes place lowers the slope by what it moves times how fast its cost falls.
        """
        found = exchanges_at(place.response)
        if found is None:
            return None
        falling = -(found.change @ dp[found.rows])
        ahead = np.flatnonzero((falling > 0) & (found.cost > LINE.same * falling))
        if not len(ahead):
            return None
        kinks = found.cost[ahead] / falling[ahead]
        order = np.argsort(kinks)
        kinks, drops = kinks[order], (found.most[ahead] * falling[ahead])[order]
        before = rise - bend * kinks - np.r_[0.0, np.cumsum(drops)[:-1]]
        beyond = np.flatnonzero(before - drops <= 0)
        if not len(beyond):
            return None
        first = int(beyond[0])
        if before[first] >= 0:
            return float(kinks[first])
        return float(kinks[first] + before[first] / bend) if bend > 0 else None

    def _rise(self, place: Place, dp: FloatArray, de: FloatArray) -> float:
        """Slope of the dual along a direction; at a kink the slope next to zero of those ahead and behind.

        A step that sets an exposure free, or a row, ends exactly at a kink: nothing pushes there any more
        but round-off, whose sign says nothing.
        """
        limits = self.limits
        pull, turn = self._pull(place.prices, place.exposures), self._pull(dp, de)
        reach = np.where(pull > 0, limits.upper, limits.lower)
        limit = turn * np.where(np.isfinite(reach), reach, 0.0)
        smooth = float(place.response.activity @ dp) - float(place.exposures @ limits.curvature @ de)
        small = LINE.same * (np.abs(place.prices) + np.abs(dp))
        loose = np.flatnonzero((np.abs(pull) <= small) & (np.abs(turn) > small))
        if not len(loose):
            return smooth - float(limit.sum())
        smooth -= float(limit.sum() - limit[loose].sum())
        one, other = turn[loose] * limits.lower[loose], turn[loose] * limits.upper[loose]
        ahead, behind = smooth - float(np.maximum(one, other).sum()), smooth - float(np.minimum(one, other).sum())
        return min(max(0.0, ahead), behind)
