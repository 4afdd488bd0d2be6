"""Least-squares Monte Carlo for states that the program cannot hold: carried losses, two lots of one name.

Problem: a balance of losses that only a part of can be used each year, or a second lot whose purchase locks the
first, adds a dimension; a grid in all of them is too large. Decision: backwards in time, random states are drawn
everywhere in the state space (so that rare ones are covered), moved by random prices, and the value of holding is
fitted to what came out: least squares on tents in one or two continuous coordinates, separately for each combination
of ages (Longstaff and Schwartz 2001, with the value of acting taken from the fit at the next date). What is fitted is
the part beyond never selling, which is known exactly: that removes most of the noise. Moves are stratified and shared
by all states of a date.

Limits: noise biases the value upwards by a little; on one lot it is held against the program (value within 1 %, trigger
within half a point). Carried losses are worth one rate, whatever their age; the yearly gains grow with the price.
Two lots have equal shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_models.harvest.program import YEAR_DAYS, LotMarket

__all__ = ["Drawn", "Fit", "carried_losses", "one_lot", "two_lots"]

_GAINS = (-2.2, -1.4, -0.9, -0.6, -0.4, -0.28, -0.19, -0.12, -0.07, -0.03)
_LOSSES = (0.0, 0.02, 0.04, 0.06, 0.08, 0.11, 0.15, 0.2, 0.27, 0.36, 0.5, 0.8, 1.2)
_FINE = (*_GAINS, *_LOSSES)
_COARSE = (-2.2, -1.2, -0.7, -0.4, -0.2, -0.08, 0.0, 0.05, 0.1, 0.17, 0.27, 0.45, 0.75, 1.2)
_BALANCES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0)
_RIDGE = 1e-9

Hold = Callable[[NDArray[np.int64], FloatArray, FloatArray], FloatArray]
"""Value of holding, from the age group and two coordinates."""

_Act = Callable[[Hold, NDArray[np.int64], FloatArray, FloatArray], list[FloatArray]]
"""Values of the actions from those of holding, by the same arguments: harvesting the first lot first, waiting last."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How much is drawn.

    Attributes
    ----------
    states : int
        For each combination of ages, at each date.
    moves : int
        Of the price at each date.
    seed : int
        Everything random follows from it.
    """

    states: int = 300
    moves: int = 40
    seed: int = 0


@dataclass(frozen=True)
class Fit:
    """A fitted problem at its first date.

    Attributes
    ----------
    value : float
        Of a new position, per dollar of price (two lots: of both).
    hold : callable
        Value of holding today by age group and coordinates.
    advantage : callable
        Of the first action (harvest the first lot) against holding, by the same arguments.
    """

    value: float
    hold: Hold
    advantage: Hold

    def trigger(self, group: int) -> float:
        """Smallest loss, as a share of basis, at which the first lot is harvested, the second coordinate at zero."""
        z = np.linspace(1e-4, 0.6, 6000)
        acts = self.advantage(np.full(len(z), group), z, np.zeros(len(z))) > 0
        return float(1.0 - math.exp(-z[np.argmax(acts)])) if acts.any() else math.inf


@dataclass(frozen=True)
class _Setting:
    profile: ClientProfile
    market: LotMarket
    years: float
    last: int
    lock: int

    @classmethod
    def of(cls, profile: ClientProfile, market: LotMarket, step_days: int) -> _Setting:
        if not 1 <= step_days <= 91 or round(profile.horizon_years * YEAR_DAYS / step_days) < 1:
            raise InputError(f"The review interval is {step_days} days.", hint="Review every 1 to 91 days.")
        last = math.ceil(YEAR_DAYS / step_days)
        return cls(profile, market, step_days / YEAR_DAYS, last, math.ceil(market.lock_days / step_days))

    def never(self, age: NDArray[np.int64], z: FloatArray, left: int) -> FloatArray:
        """Value of a lot that is never sold before the horizon, ``left`` steps away."""
        p, years = self.profile, left * self.years
        rate = np.where(age + left < self.last, p.short_exit_rate, p.long_exit_rate) * (1.0 - p.step_up_share)
        grown = math.exp(self.market.drift_per_year * years)
        return np.asarray(-rate * math.exp(-p.discount_per_year * years) * (grown - np.exp(z)))

    def saved(self, age: NDArray[np.int64], z: FloatArray) -> FloatArray:
        rate = np.where(age < self.last, self.profile.short_use_rate, self.profile.long_use_rate)
        return np.asarray(rate * (np.exp(z) - 1.0) - self.market.harvest_cost)

    def steps(self) -> int:
        return round(self.profile.horizon_years / self.years)


class _Tents:
    """Piecewise linear in one or two coordinates, one set of coefficients for each age group."""

    def __init__(self, groups: int, first: tuple[float, ...], second: tuple[float, ...]) -> None:
        self.first, self.second = np.array(first), np.array(second)
        self.groups = groups
        self.table = np.zeros((groups, len(first), len(second)))

    def weights(
        self, x: FloatArray, y: FloatArray
    ) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.int64], FloatArray]:
        i, f = _spot(x, self.first)
        j, g = _spot(y, self.second)
        return i, f, j, g

    def at(self, group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> FloatArray:
        i, f, j, g = self.weights(x, y)
        t, k = self.table, np.minimum(j + 1, len(self.second) - 1)
        low = (1 - f) * t[group, i, j] + f * t[group, i + 1, j]
        high = (1 - f) * t[group, i, k] + f * t[group, i + 1, k]
        return np.asarray((1 - g) * low + g * high)

    def fit(self, x: FloatArray, y: FloatArray, target: FloatArray) -> None:
        """Least squares in each group; arguments of shape (groups, states)."""
        rows = np.arange(x.shape[1])
        for group in range(self.groups):
            i, f, j, g = self.weights(x[group], y[group])
            design = np.zeros((x.shape[1], len(self.first), len(self.second)))
            k = np.minimum(j + 1, len(self.second) - 1)
            for a, wa in ((i, 1 - f), (i + 1, f)):
                for b, wb in ((j, 1 - g), (k, g)):
                    design[rows, a, b] += wa * wb
            flat = design.reshape(len(rows), -1)
            square = flat.T @ flat
            square[np.diag_indices_from(square)] += _RIDGE * len(rows)
            self.table[group] = np.linalg.solve(square, flat.T @ target[group]).reshape(self.table.shape[1:])


def one_lot(profile: ClientProfile, market: LotMarket, *, step_days: int, drawn: Drawn | None = None) -> Fit:
    """The program's own problem, to check this method against it."""
    s = _Setting.of(profile, market, step_days)

    def harvest(hold: Hold, group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> list[FloatArray]:
        restart = hold(np.zeros_like(group), np.zeros_like(x), y)
        return [_where((group >= s.lock) & (x > 0), s.saved(group, x) + restart), hold(group, x, y)]

    def base(group: NDArray[np.int64], x: FloatArray, y: FloatArray, left: int) -> FloatArray:  # noqa: ARG001
        return s.never(group, x, left)

    ages = np.arange(s.last + 1)
    return _solve(s, np.minimum(ages + 1, s.last), (_FINE, (0.0,)), harvest, base, lambda y, ratio: y, drawn)  # noqa: ARG005


def carried_losses(
    profile: ClientProfile,
    market: LotMarket,
    *,
    gains_per_year: float,
    step_days: int,
    drawn: Drawn | None = None,
) -> Fit:
    """One lot whose losses are used only as gains come in; the rest is carried.

    The second coordinate is the carried balance as a multiple of the price. Losses are used at the client's short-term
    use rate, and what is left at the horizon is set against the position's own gain.

    Parameters
    ----------
    profile, market : ClientProfile, LotMarket
        The client, and the name.
    gains_per_year : float
        Gains that losses can be set against in a year, as a multiple of the position's price.
    step_days : int
        Review interval.
    drawn : Drawn, optional
        How much is drawn.
    """
    if gains_per_year < 0:
        raise InputError(f"The gains of a year are {gains_per_year}.", hint="They are a multiple of value, 0 or more.")
    s = _Setting.of(profile, market, step_days)
    room = gains_per_year * s.years

    def used(hold: Hold, group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> FloatArray:
        now = np.minimum(y, room)
        return np.asarray(profile.short_use_rate * now + hold(group, x, y - now))

    def act(hold: Hold, group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> list[FloatArray]:
        loss = np.maximum(np.exp(x) - 1.0, 0.0)
        new = used(hold, np.zeros_like(group), np.zeros_like(x), y + loss) - market.harvest_cost
        return [_where((group >= s.lock) & (x > 0), new), used(hold, group, x, y)]

    def base(group: NDArray[np.int64], x: FloatArray, y: FloatArray, left: int) -> FloatArray:
        plain = s.never(group, x, left)
        if left:
            return plain
        rate = np.where(group < s.last, profile.short_exit_rate, profile.long_exit_rate) * (1 - profile.step_up_share)
        return np.asarray(plain + rate * np.minimum(y, np.maximum(1.0 - np.exp(x), 0.0)))

    ages = np.arange(s.last + 1)
    return _solve(s, np.minimum(ages + 1, s.last), (_FINE, _BALANCES), act, base, lambda y, ratio: y / ratio, drawn)


def two_lots(profile: ClientProfile, market: LotMarket, *, step_days: int, drawn: Drawn | None = None) -> Fit:
    """Two lots of one name with equal shares: harvesting either buys, and the purchase locks both.

    Groups are ``first age * (ages) + second age``; values are per dollar of the price of one lot, for both together.
    """
    s = _Setting.of(profile, market, step_days)
    count = s.last + 1
    pair = np.arange(count * count)
    after = np.minimum(pair // count + 1, s.last) * count + np.minimum(pair % count + 1, s.last)

    def act(hold: Hold, group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> list[FloatArray]:
        one, two, zero = group // count, group % count, np.zeros_like(x)
        free = np.minimum(one, two) >= s.lock
        first = s.saved(one, x) + hold(two, zero, y)
        second = s.saved(two, y) + hold(one * count, x, zero)
        both = s.saved(one, x) + s.saved(two, y) + hold(np.zeros_like(group), zero, zero)
        acts = (_where(free & (x > 0), first), _where(free & (y > 0), second), _where(free & (x > 0) & (y > 0), both))
        return [*acts, hold(group, x, y)]

    def base(group: NDArray[np.int64], x: FloatArray, y: FloatArray, left: int) -> FloatArray:
        return s.never(group // count, x, left) + s.never(group % count, y, left)

    return _solve(s, after, (_COARSE, _COARSE), act, base, lambda y, ratio: y - math.log(ratio), drawn)


def _solve(
    s: _Setting,
    after: NDArray[np.int64],
    knots: tuple[tuple[float, ...], tuple[float, ...]],
    act: _Act,
    base: Callable[[NDArray[np.int64], FloatArray, FloatArray, int], FloatArray],
    moved: Callable[[FloatArray, float], FloatArray],
    drawn: Drawn | None,
) -> Fit:
    drawn = drawn if drawn is not None else Drawn()
    rng = np.random.default_rng(drawn.seed)
    shape = (len(after), drawn.states)
    groups = np.repeat(np.arange(len(after))[:, None], drawn.states, axis=1)
    m, discount = s.market, math.exp(-s.profile.discount_per_year * s.years)
    fitted = _Tents(len(after), *knots)

    def hold_at(left: int, tents: _Tents) -> Hold:
        return lambda group, x, y: base(group, x, y, left) + tents.at(group, x, y)

    for left in range(1, s.steps() + 1):
        x, y = _draw(rng, shape, knots[0]), _draw(rng, shape, knots[1])
        total = np.zeros(shape)
        # One move in each of equally likely strata, the same for all states: what a draw does to a new lot and to an
        # old one then cancels in their difference, which is what decides.
        noise = ndtri((np.arange(drawn.moves) + rng.random(drawn.moves)) / drawn.moves)
        noise = (noise - noise.mean()) / noise.std()
        drift = (m.drift_per_year - m.volatility_per_year**2 / 2) * s.years
        for ratio in np.exp(drift + m.volatility_per_year * math.sqrt(s.years) * noise).tolist():
            to, nx, ny = after[groups], x - math.log(ratio), moved(y, ratio)
            value = base(to, nx, ny, 0) if left == 1 else np.max(act(hold_at(left - 1, fitted), to, nx, ny), axis=0)
            # The part that is known exactly is taken off move by move: less noise.
            total += discount * ratio * (value - base(to, nx, ny, max(left - 1, 0)))
            if left == 1:
                total += discount * ratio * base(to, nx, ny, 0) - base(groups, x, y, 1)
        fresh = _Tents(len(after), *knots)
        fresh.fit(x, y, total / drawn.moves)
        fitted = fresh
    hold = hold_at(s.steps(), fitted)
    zero = np.zeros(1)

    def advantage(group: NDArray[np.int64], x: FloatArray, y: FloatArray) -> FloatArray:
        options = act(hold, group, x, y)
        return np.asarray(options[0] - options[-1])

    return Fit(float(hold(np.zeros(1, dtype=np.int64), zero, zero)[0]), hold, advantage)


def _where(allowed: NDArray[np.bool_], value: FloatArray) -> FloatArray:
    return np.where(allowed, value, -np.inf)


def _draw(rng: np.random.Generator, shape: tuple[int, int], knots: tuple[float, ...]) -> FloatArray:
    """Uniform between neighbouring knots, each gap as likely as the other, the knots themselves included."""
    spot = rng.random(shape) * (len(knots) - 1)
    return np.asarray(np.interp(spot, np.arange(len(knots)), knots))


def _spot(x: FloatArray, knots: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """Left knot and share of the way to the next; beyond the ends the end."""
    if len(knots) == 1:
        return np.zeros(np.shape(x), dtype=np.int64), np.zeros(np.shape(x))
    inside = np.clip(x, knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
    return left, (inside - knots[left]) / (knots[left + 1] - knots[left])
