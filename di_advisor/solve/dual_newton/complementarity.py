"""The small problem of one Newton step: prices, exposures and row activities that fit together.

With the names' responses linearised, ``activity(p) = a - H (p - p0)``, the step asks for prices p and
exposures e such that e is in its box and the prices of exposures and rows have the right signs: a
strictly monotone complementarity problem with k + r conditions. It is solved by guessing which
limits bind, solving linear equations, and correcting all wrong guesses at once; where that cycles,
only the first wrong guess is corrected, which always ends (Murty 1974). Started from the limits of
the previous step it usually takes one or two guesses.

Where two pieces of a name stand at a tie in which a row price decides (a loss sold and bought back
under a turnover limit), the amount exchanged between them is one more unknown: the dual has a kink
there, and without this unknown Newton's method would jump across it for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["Exchanges", "Limits", "Point", "Responses", "Sides", "fit"]

IntArray = NDArray[np.int64]

_SAME = 1e-13
_ALL_AT_ONCE = 12
_TIE_BREAK = 1e-13
_TINY = 1e-300
_FREE, _ZERO, _FULL = 0, -1, 1
_NO_SWAPS = np.zeros(0, np.int64), np.zeros((0, 0)), np.zeros(0), np.zeros(0)


@dataclass(frozen=True)
class Limits:
    """Boxes of exposures and rows, and the curvature of the price of factor risk.

    Attributes
    ----------
    curvature : ndarray of shape (k, k)
        Twice the price of risk times the factor covariance.
    lower, upper : ndarray of shape (k + r,)
        Of exposures, then of rows; infinite where open, equal where fixed.
    """

    curvature: FloatArray
    lower: FloatArray
    upper: FloatArray

    @cached_property
    def fixed(self) -> NDArray[np.bool_]:
        """Where there is no choice."""
        return np.asarray(self.lower == self.upper, dtype=np.bool_)

    @property
    def laid(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """As compiled loops have it."""
        return self.curvature, self.lower, self.upper

    @property
    def factors(self) -> int:
        """Number of exposures."""
        return len(self.curvature)


@dataclass(frozen=True)
class Exchanges:
    """Pairs of pieces that could change places: the amount moved lies between 0 and ``most``.

    Attributes
    ----------
    giving, taking : ndarray of int, shape (x,)
        Places of the filled piece and of the empty one, in filling order.
    rows : ndarray of int, shape (c,)
        Places, among exposures and rows, of the rows that count amounts.
    change : ndarray of shape (x, c)
        Change of their activities per unit.
    cost : ndarray of shape (x,)
        Cost per unit at the present prices; at least zero.
    most : ndarray of shape (x,)
        Largest amount.
    """

    giving: IntArray
    taking: IntArray
    rows: IntArray
    change: FloatArray
    cost: FloatArray
    most: FloatArray

    def cheapest(self, most_cost: float) -> Exchanges | None:
        """Those that cost no more than this; None where there are none."""
        if self.cost.min(initial=np.inf) > most_cost:
            return None
        keep = np.flatnonzero(self.cost <= most_cost)
        return Exchanges(
            self.giving[keep], self.taking[keep], self.rows, self.change[keep], self.cost[keep], self.most[keep]
        )


@dataclass(frozen=True)
class Responses:
    """The names' responses, linearised: ``activity - hessian (p - prices)``.

    Attributes
    ----------
    prices, activity : ndarray of shape (k + r,)
        Where the names were asked, and what they answered.
    hessian : ndarray of shape (k + r, k + r)
        Positive semidefinite, damped by whoever asks for a step.
    exchanges : Exchanges or None
        Pairs at a tie.
    """

    prices: FloatArray
    activity: FloatArray
    hessian: FloatArray
    exchanges: Exchanges | None


@dataclass(frozen=True)
class Sides:
    """Which limits bind: -1 at the lower, 1 at the upper, 0 none; shape (k + r,)."""

    at: IntArray


@dataclass(frozen=True)
class Point:
    """Prices (k + r,), exposures (k,), exchanged amounts (x,), and the limits that bind."""

    prices: FloatArray
    exposures: FloatArray
    exchanged: FloatArray
    sides: Sides
    settled: bool


def fit(responses: Responses, limits: Limits, start: Sides, *, guesses_max: int = 60) -> Point:
    """Solve the small problem.

    Parameters
    ----------
    responses : Responses
        The names, linearised.
    limits : Limits
        Boxes.
    start : Sides
        First guess.
    guesses_max : int
        Budget; a point that is not settled is still a direction.
    """
    if compiled.is_compiled():
        return _fitted(responses, limits, start, guesses_max)
    exchanges = responses.exchanges
    at = np.where(limits.fixed, 1, start.at)
    at = np.where((at > 0) & np.isinf(limits.upper), 0, at)
    at = np.where((at < 0) & np.isinf(limits.lower), 0, at)
    swap = np.full(0 if exchanges is None else len(exchanges.cost), _ZERO)
    for guess in range(guesses_max):
        p, e, moved = _with_limits(responses, limits, at, swap)
        better = _corrected(responses, limits, at, p, e, moved)
        wrong = np.flatnonzero(better != at)
        swap_better = swap if exchanges is None else _exchanged(responses, exchanges, swap, p, moved)
        swap_wrong = np.flatnonzero(swap_better != swap)
        if not len(wrong) and not len(swap_wrong):
            return Point(p, e, moved, Sides(at), settled=True)
        if guess < _ALL_AT_ONCE:
            at, swap = better, swap_better
        elif len(wrong):
            at = at.copy()
            at[wrong[0]] = better[wrong[0]]
        else:
            swap = swap.copy()
            swap[swap_wrong[0]] = swap_better[swap_wrong[0]]
    return Point(p, e, moved, Sides(at), settled=False)


def _fitted(responses: Responses, limits: Limits, start: Sides, guesses_max: int) -> Point:
    """The same by compiled loops."""
    from di_advisor.solve.dual_newton.fit_loops import fitted

    swaps, exchanges = _NO_SWAPS, responses.exchanges
    if exchanges is not None:
        swaps = exchanges.rows, exchanges.change, exchanges.cost, exchanges.most
    given = responses.prices, responses.activity, responses.hessian
    p, e, moved, at, settled, singular = fitted(given, limits.laid, swaps, start.at, guesses_max)
    if singular:
        raise np.linalg.LinAlgError("The equations of a Newton step have no single solution.")
    return Point(p, e, moved, Sides(at), settled)


def _with_limits(
    responses: Responses, limits: Limits, at: IntArray, swap: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Prices, exposures and exchanges if exactly these limits bind.

    Unknowns: free exposures (whose price follows from them), prices of what is at a limit, and free
    exchanges. Equations: the linearised activity meets each exposure and each binding row; a free
    exchange costs nothing.
    """
    k, F, H = limits.factors, limits.curvature, responses.hessian
    free = np.flatnonzero(at[:k] == 0)
    bound = np.flatnonzero(at != 0)
    bound_e = bound[bound < k]
    limit = np.where(at > 0, limits.upper, limits.lower)
    wanted = np.concatenate([free, bound])
    nf, size = len(free), len(wanted)
    e = np.zeros(k)
    e[bound_e] = limit[bound_e]
    curvature = F[free]
    step = -responses.prices
    step[bound] = 0.0
    step[free] += curvature @ e
    target = responses.activity[wanted] - H[wanted] @ step
    target[nf:] -= limit[bound]
    matrix = np.empty((size, size))
    if nf:
        matrix[:, :nf] = H[wanted][:, free] @ curvature[:, free]
        matrix[np.arange(nf), np.arange(nf)] += 1.0
    matrix[:, nf:] = H[wanted][:, bound]
    moved = np.zeros(0)
    open_swaps = np.zeros(0, dtype=np.int64)
    if responses.exchanges is not None:
        moved, open_swaps, matrix, target = _with_exchanges(responses.exchanges, swap, wanted, nf, step, matrix, target)
    v = np.linalg.solve(matrix, target) if len(target) else target
    p = responses.prices + step
    if nf:
        e[free] = v[:nf]
        p[free] += curvature[:, free] @ v[:nf]
    p[bound] += v[nf:size]
    moved[open_swaps] = v[size:]
    return p, e, moved


def _with_exchanges(
    exchanges: Exchanges,
    swap: IntArray,
    wanted: IntArray,
    nf: int,
    step: FloatArray,
    matrix: FloatArray,
    target: FloatArray,
) -> tuple[FloatArray, IntArray, FloatArray, FloatArray]:
    """The equations with the exchanges: full ones shift the activities, free ones are further unknowns."""
    moved = np.where(swap == _FULL, exchanges.most, 0.0)
    change = np.zeros((len(moved), len(step)))
    change[:, exchanges.rows] = exchanges.change
    target = target + (moved @ change)[wanted]
    free = np.flatnonzero(swap == _FREE)
    if not len(free):
        return moved, free, matrix, target
    c, size = change[free], len(wanted)
    wide = np.zeros((size + len(free),) * 2)
    wide[:size, :size] = matrix
    wide[:size, size:] = -c[:, wanted].T
    wide[size:, nf:size] = c[:, wanted[nf:]]
    wide[size:, size:] = _TIE_BREAK * np.eye(len(free))
    return moved, free, wide, np.concatenate([target, -exchanges.cost[free] - c @ step])


def _corrected(
    responses: Responses, limits: Limits, at: IntArray, p: FloatArray, e: FloatArray, moved: FloatArray
) -> IntArray:
    """Guesses corrected where a limit is passed, or a price has the wrong sign."""
    k = limits.factors
    reached = responses.activity - responses.hessian @ (p - responses.prices)
    if responses.exchanges is not None:
        reached[responses.exchanges.rows] += moved @ responses.exchanges.change
    reached[:k] = e
    pull = p.copy()  # more than zero: pushes against the upper limit
    pull[:k] -= limits.curvature @ e
    small = _SAME * (np.abs(p) + np.abs(pull)) + _TINY
    passed = np.where(reached > limits.upper + _SAME, 1, np.where(reached < limits.lower - _SAME, -1, 0))
    kept = np.where(at * pull < -small, 0, at)
    return np.where(limits.fixed, 1, np.where(at == 0, passed, kept))


def _exchanged(
    responses: Responses, exchanges: Exchanges, swap: IntArray, p: FloatArray, moved: FloatArray
) -> IntArray:
    """The same for exchanges: within their amounts, and at no cost unless at an end."""
    cost = exchanges.cost + exchanges.change @ (p - responses.prices)[exchanges.rows]
    ends = np.where(moved < -_SAME, _ZERO, np.where(moved > exchanges.most + _SAME, _FULL, _FREE))
    after = np.where(swap == _FREE, ends, swap)
    after = np.where((swap == _ZERO) & (cost < -_SAME), _FREE, after)
    return np.where((swap == _FULL) & (cost > _SAME), _FREE, after)
