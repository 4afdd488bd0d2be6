"""The exact dynamic program of one lot: when to take a loss, and what waiting is worth.

Problem: a loss can be used today, or kept while it may grow, vanish or turn long-term. Decision: the lot's state
is its age in review intervals and z = ln(basis / price); prices follow a geometric Brownian motion; at each review
the lot is harvested (tax now, cost, a new lot with basis = price and age 0) or held. Values are taxes per dollar
of *current* price, discounted, so one backward pass over (age, z) solves the whole horizon. A review interval's
move is one matrix of interpolation weights on the grid, times the price ratio, because values scale with price.

::

    advantage(b, a) = use rate(a) (b - 1) - cost + v(1, 0) - hold(b, a)
    hold(b, a)      = e^(-r dt) E[ (P'/P) v(b P/P', a + dt) ] ;   v = max(harvest where allowed, hold)
    at the end        -(1 - step-up share) exit rate(a) (1 - b)

Interpolation is linear in the basis, so a lot that is never sold is valued without error. It spreads mass;
the quadrature is narrowed by just that variance, so the grid's volatility is the market's. The program's year has
52 weeks; a lot is long-term from its 52nd. Only losses are harvested. A fixed rule is valued by the same pass, with
the rule in place of the maximum.

Limits: one lot, one name, unlimited use of losses at constant rates, a perfect replacement, no dividends, no jumps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT

__all__ = ["YEAR_DAYS", "Grid", "LotMarket", "LotProgram", "Rule", "Snapshot", "solve", "value_bps_per_year"]

YEAR_DAYS = 364
"""52 weeks of seven days."""

Rule = Callable[[FloatArray, FloatArray, float], NDArray[np.bool_]]
"""From loss as a share of basis, shape (1, n), age in days, shape (m, 1), and years left: whether to harvest."""


@dataclass(frozen=True, slots=True)
class LotMarket:
    """The name, what a harvest costs, and how long one must wait after it.

    Attributes
    ----------
    volatility_per_year, drift_per_year : float
        Of the price; the expected price grows by the drift.
    harvest_cost : float
        Of selling and replacing, both trades together, as a fraction of value.
    lock_days : int
        A lot younger than this cannot be harvested: a purchase within 30 days washes the loss.
    """

    volatility_per_year: float
    drift_per_year: float = 0.07
    harvest_cost: float = 0.001
    lock_days: int = 31

    def __post_init__(self) -> None:
        if not 0.02 <= self.volatility_per_year <= 2.0:
            raise InputError(
                f"The volatility is {self.volatility_per_year} a year.",
                hint="The program holds from 0.02 to 2 (2 to 200 percent).",
            )
        if not 0 <= self.harvest_cost < 0.2:
            raise InputError(
                f"The cost of a harvest is {self.harvest_cost} of value.", hint="It is a fraction: 0.001 for 10 bps."
            )
        if not 0 <= self.lock_days <= 364:
            raise InputError(f"The lock is {self.lock_days} days.", hint="Give 0 to 364; the law's is 31.")


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes in z = ln(basis / price) and the quadrature of one interval.

    Attributes
    ----------
    lowest, highest : float
        Of z; values beyond the edges continue linearly in the basis.
    nodes : int
        Count, equally spaced. A new lot starts on the node nearest to z = 0: let 0 be a node.
    points : int
        Of the Gauss-Hermite quadrature; at 11 the trigger of monthly reviews is off by up to half a point.
    refined : bool
        False is the scheme of the reference measurement, kept so that it can be reproduced: linear in z, not
        narrowed, and constant beyond the edges. It values volatile lots that are never sold too low.
    """

    lowest: float = -2.2
    highest: float = 1.2
    nodes: int = 273
    points: int = 61
    refined: bool = True

    def z(self) -> FloatArray:
        """The nodes."""
        return np.linspace(self.lowest, self.highest, self.nodes)

    def start(self) -> int:
        """Node of a new lot."""
        return int(np.argmin(np.abs(self.z())))

    def calmest(self, years: float) -> float:
        """Least volatility per year whose move over an interval of these years the spacing of the nodes can carry."""
        return (self.highest - self.lowest) / (self.nodes - 1) / math.sqrt(3 * years)

    def transition(self, market: LotMarket, years: float) -> FloatArray:
        """Weights of the next values, times the price ratio, shape (nodes, nodes).

        Raises
        ------
        InputError
            If the move of one interval is too small for the spacing of the nodes.
        """
        z = self.z()
        h = float(z[1] - z[0])
        point, weight = np.polynomial.hermite_e.hermegauss(self.points)
        weight = weight / weight.sum()
        mean = (market.drift_per_year - market.volatility_per_year**2 / 2) * years
        wanted = market.volatility_per_year**2 * years
        if self.refined and market.volatility_per_year < self.calmest(years):
            raise InputError(
                f"A volatility of {market.volatility_per_year} over {years:.3f} years is too small for nodes {h:.4f} "
                "apart.",
                hint="Take more nodes.",
            )
        move = mean + math.sqrt(wanted) * point
        for _ in range(8 if self.refined else 0):
            part = move / h - np.floor(move / h)
            spread = float(weight @ (part * (1 - part))) * h * h
            move = mean + math.sqrt(wanted - spread) * point
            move += market.drift_per_year * years - math.log(float(weight @ np.exp(move)))
        out = np.zeros((self.nodes, self.nodes))
        rows = np.arange(self.nodes)
        basis = np.exp(z)
        for x, w in zip(move, weight, strict=True):
            at = (np.clip(z - x, z[0], z[-1]) - z[0]) / h
            left = np.minimum(at.astype(np.int64), self.nodes - 2)
            part = at - left
            if self.refined:
                part = (np.exp(z - x) - basis[left]) / (basis[left + 1] - basis[left])
            np.add.at(out, (rows, left), w * math.exp(x) * (1 - part))
            np.add.at(out, (rows, left + 1), w * math.exp(x) * part)
        return out


@dataclass(frozen=True)
class Snapshot:
    """The program at one date.

    Attributes
    ----------
    years_left : float
        To the horizon.
    hold : ndarray of shape (ages, nodes)
        Value of holding until the next review and acting optimally then, per dollar of price.
    restart : float
        Value of a new lot.
    acts : ndarray of bool, shape (ages, nodes)
        Where the lot is harvested.
    """

    years_left: float
    hold: FloatArray
    restart: float
    acts: NDArray[np.bool_]


@dataclass(frozen=True)
class LotProgram:
    """A solved program: `solve` makes it.

    Attributes
    ----------
    profile, market, step_days, grid
        What was solved; the step is the review interval.
    snapshots : tuple of Snapshot
        Today first, then the dates that were asked for, later ones last.
    """

    profile: ClientProfile
    market: LotMarket
    step_days: int
    grid: Grid
    snapshots: tuple[Snapshot, ...]

    @property
    def today(self) -> Snapshot:
        """The program now, with the whole horizon ahead."""
        return self.snapshots[0]

    @property
    def value(self) -> float:
        """Value of a new lot, per dollar: minus the present value of its taxes, harvests included."""
        return self.today.restart

    def use_rate(self) -> FloatArray:
        """Rate at which a loss is used, by age in steps."""
        ages = np.arange(len(self.today.hold))
        return np.where(ages < len(ages) - 1, self.profile.short_use_rate, self.profile.long_use_rate)

    def advantage(self, snapshot: Snapshot | None = None, *, cost_now: float | None = None) -> FloatArray:
        """Value of harvesting now against holding, per dollar of price, shape (ages, nodes), locks aside.

        Parameters
        ----------
        snapshot : Snapshot, optional
            Of another date; today's when left out.
        cost_now : float, optional
            Cost of today's harvest, where it is not the market's: 0 where the optimizer counts it.
        """
        at = snapshot if snapshot is not None else self.today
        cost = self.market.harvest_cost if cost_now is None else cost_now
        loss = np.exp(self.grid.z()) - 1.0
        return np.asarray(self.use_rate()[:, None] * loss - cost + at.restart - at.hold)

    def ages(self, age_days: NDArray[np.int64], days_to_long_term: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ages in steps: counted from the purchase in a lot's first half-year, then back from long-term."""
        last = len(self.today.hold) - 1
        young = np.minimum(age_days // self.step_days, last - 1)
        old = np.clip(last - -(-days_to_long_term // self.step_days), 0, last)
        return np.asarray(np.where(2 * age_days < YEAR_DAYS, np.where(days_to_long_term > 0, young, last), old))

    def hold_at(self, basis_over_price: FloatArray, age: NDArray[np.int64]) -> FloatArray:
        """Value of holding today at any basis over price, linear between nodes, shape (L,)."""
        z = self.grid.z()
        spot = np.clip((np.log(np.maximum(basis_over_price, 1e-12)) - z[0]) / (z[1] - z[0]), 0, len(z) - 1)
        left = np.minimum(spot.astype(np.int64), len(z) - 2)
        part = spot - left
        hold = self.today.hold
        return np.asarray(hold[age, left] * (1 - part) + hold[age, left + 1] * part)

    def trigger(self, age_days: int) -> float:
        """Smallest loss, as a share of basis, that is harvested today at an age; infinite where none is.

        Linear between the nodes; a lot that is locked at that age has none.
        """
        age = min(age_days // self.step_days, len(self.today.hold) - 1)
        acts = np.flatnonzero(self.today.acts[age])
        if not len(acts):
            return math.inf
        at = int(acts[0])
        row = self.advantage()[age]
        z = self.grid.z()
        crossing = z[at]
        if row[at - 1] < 0 < row[at]:
            crossing = z[at] - (z[at] - z[at - 1]) * row[at] / (row[at] - row[at - 1])
        elif row[at - 1] >= 0:
            crossing = z[at - 1]
        return float(1.0 - math.exp(-max(float(crossing), 0.0)))


def solve(
    profile: ClientProfile,
    market: LotMarket,
    *,
    step_days: int = 7,
    grid: Grid | None = None,
    rule: Rule | None = None,
    years_left: Sequence[float] = (),
) -> LotProgram:
    """Solve the program of one lot.

    Parameters
    ----------
    profile, market : ClientProfile, LotMarket
        The client, and the name.
    step_days : int
        Review interval: lots are looked at this often.
    grid : Grid, optional
        Where values are kept.
    rule : callable, optional
        A fixed rule to be valued instead of the best one.
    years_left : sequence of float
        Later dates of which a snapshot is kept, by the years still to go.

    Raises
    ------
    InputError
        If the interval is outside 1 to 91 days or longer than the horizon; or as in `Grid.transition`.
    """
    years = step_days / YEAR_DAYS
    steps = round(profile.horizon_years / years) if step_days > 0 else 0
    if not 1 <= step_days <= 91 or steps < 1:
        raise InputError(
            f"The review interval is {step_days} days, the horizon {profile.horizon_years} years.",
            hint="Review every 1 to 91 days, at least once before the horizon.",
        )
    grid = grid if grid is not None else Grid()
    move = grid.transition(market, years).T * math.exp(-profile.discount_per_year * years)
    last = math.ceil(YEAR_DAYS / step_days)
    ages = np.arange(last + 1)
    ratio = np.exp(grid.z())
    start = grid.start()
    taxed = (1.0 - profile.step_up_share) * np.where(ages < last, profile.short_exit_rate, profile.long_exit_rate)
    saved = np.where(ages < last, profile.short_use_rate, profile.long_use_rate)[:, None] * (ratio - 1.0)[None, :]
    unlocked = ages >= math.ceil(market.lock_days / step_days)
    allowed = unlocked[:, None] & (ratio > 1.0)[None, :]
    loss = np.asarray(1.0 - 1.0 / ratio, dtype=np.float64)[None, :]
    age_days = np.asarray(ages * float(step_days), dtype=np.float64)[:, None]
    wanted = {min(max(round(y / years), 1), steps) for y in years_left} | {steps}
    kept: list[Snapshot] = []
    value = -taxed[:, None] * (1.0 - ratio)[None, :]
    for done in range(1, steps + 1):
        hold = np.vstack([value[1:], value[-1:]]) @ move
        restart = float(hold[0, start])
        harvest = saved - market.harvest_cost + restart
        chosen = np.asarray(harvest > hold if rule is None else rule(loss, age_days, done * years))
        acts = allowed & chosen
        value = np.where(acts, harvest, hold)
        if done in wanted:
            kept.append(Snapshot(done * years, hold, restart, acts))
    return LotProgram(profile, market, step_days, grid, tuple(reversed(kept)))


def value_bps_per_year(program: LotProgram, never: LotProgram) -> float:
    """What a policy is worth over never harvesting: bps of the initial dollar a year (present value by years)."""
    return (program.value - never.value) / program.profile.horizon_years * BPS_PER_UNIT
