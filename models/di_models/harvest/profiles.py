"""Sampled clients and names, and the labels that the exact program gives them.

Problem: a learner that has to serve any client must have seen clients everywhere in the box it is trusted in, most
of all in its corners, where mistakes are dear. Decision: half of the profiles are uniform in the box, half are
drawn from a density that piles up at its edges; half of the clients use short-term losses against short-term gains,
a quarter against long-term gains, a quarter in between. Each profile is solved exactly and gives labels at all ages, at
losses up to half of the basis (denser where decisions turn), and at several dates before the horizon. Limits: the
box is that of the reference measurement; outside it nothing was learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.market import FloatArray
from di_models.harvest.program import YEAR_DAYS, Grid, LotMarket, solve

__all__ = ["BOX", "FEATURES", "Case", "Labels", "features", "inside_box", "label", "sample_cases"]

BOX = {
    "long_rate": (0.15, 0.30),
    "short_more": (0.0, 0.25),
    "volatility_per_year": (0.15, 0.60),
    "drift_per_year": (0.03, 0.10),
    "discount_per_year": (0.03, 0.08),
    "horizon_years": (2.0, 15.0),
    "harvest_cost": (0.0002, 0.0040),
}
"""Where profiles are sampled: lowest and highest of each coordinate."""

FEATURES = (
    "loss",
    "loss_in_monthly_volatility",
    "share_of_year_to_long_term",
    "volatility_per_year",
    "use_rate",
    "short_less_long_use_rate",
    "long_use_rate",
    "short_exit_rate",
    "long_exit_rate",
    "step_up_share",
    "years_left",
    "discount_per_year",
    "drift_per_year",
    "harvest_cost",
    "benefit_over_cost",
    "myopic_benefit",
)
"""Columns of `features`, all known today."""

_FROM_MARKET = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """A client and a name."""

    profile: ClientProfile
    market: LotMarket


@dataclass(frozen=True)
class Labels:
    """States of many cases: what is known, and the exact advantage of harvesting now, cost included.

    Attributes
    ----------
    columns : ndarray of shape (m, 16)
        `FEATURES`.
    advantage : ndarray of shape (m,)
        Per dollar of price.
    restart : ndarray of shape (m,)
        Value of a new lot, per dollar of price.
    case : ndarray of int, shape (m,)
        Which case a row belongs to: cases are never split between training and testing.
    """

    columns: FloatArray
    advantage: FloatArray
    restart: FloatArray
    case: NDArray[np.int64]


def sample_cases(
    count: int, *, seed: int, corners: float = 0.5, volatilities: FloatArray | None = None
) -> tuple[Case, ...]:
    """Random clients and names in the box.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Everything random follows from it.
    corners : float
        Share of the cases that is drawn near the edges of the box.
    volatilities : ndarray of shape (n,), optional
        Of a market's names, as fractions a year: half of the cases take theirs from here, held inside the box.
    """
    own = np.random.default_rng([seed, 1])
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        at_edges = rng.random() < corners
        unit = rng.beta(0.4, 0.4, len(BOX)) if at_edges else rng.random(len(BOX))
        x = {k: low + (high - low) * float(u) for (k, (low, high)), u in zip(BOX.items(), unit, strict=True)}
        short = x["long_rate"] + x["short_more"]
        kind = rng.random()
        between = 1.0 if kind < 1 / 2 else 0.0 if kind < 3 / 4 else rng.random()
        profile = ClientProfile(
            short_use_rate=x["long_rate"] + between * x["short_more"],
            long_use_rate=x["long_rate"],
            short_exit_rate=short,
            long_exit_rate=x["long_rate"],
            step_up_share=float(rng.choice([0.0, 0.5, 1.0])),
            horizon_years=x["horizon_years"],
            discount_per_year=x["discount_per_year"],
        )
        if volatilities is not None and own.random() < _FROM_MARKET:
            x["volatility_per_year"] = float(np.clip(own.choice(volatilities), *BOX["volatility_per_year"]))
        market = LotMarket(x["volatility_per_year"], x["drift_per_year"], x["harvest_cost"])
        cases.append(Case(profile, market))
    return tuple(cases)


def inside_box(case: Case, *, tolerance: float = 1e-9) -> bool:
    """Whether the sample covers a case: in the box, long rates equal, short losses used between them, usual lock."""
    p, m = case.profile, case.market
    x = {
        "long_rate": p.long_use_rate,
        "short_more": p.short_exit_rate - p.long_exit_rate,
        "volatility_per_year": m.volatility_per_year,
        "drift_per_year": m.drift_per_year,
        "discount_per_year": p.discount_per_year,
        "horizon_years": p.horizon_years,
        "harvest_cost": m.harvest_cost,
    }
    usual = abs(p.long_exit_rate - p.long_use_rate) <= tolerance
    usual &= p.long_use_rate - tolerance <= p.short_use_rate <= p.short_exit_rate + tolerance
    inside = all(low - tolerance <= x[k] <= high + tolerance for k, (low, high) in BOX.items())
    return usual and inside and m.lock_days == LotMarket(0.3).lock_days


def features(case: Case, loss: FloatArray, age_days: FloatArray, years_left: float | FloatArray) -> FloatArray:
    """Columns of states of one case, shape (m, 16); arguments broadcast to m rows."""
    p, m = case.profile, case.market
    loss, age_days, left = (a.ravel() for a in np.broadcast_arrays(loss, age_days, np.asarray(years_left)))
    rate = np.where(age_days < YEAR_DAYS, p.short_use_rate, p.long_use_rate)
    benefit = rate * loss / (1.0 - loss)
    out = np.empty((len(loss), len(FEATURES)))
    columns = (
        loss,
        loss / (m.volatility_per_year * np.sqrt(31 / 365)),
        np.maximum(1.0 - age_days / YEAR_DAYS, 0.0),
        m.volatility_per_year,
        rate,
        p.short_use_rate - p.long_use_rate,
        p.long_use_rate,
        p.short_exit_rate,
        p.long_exit_rate,
        p.step_up_share,
        left,
        p.discount_per_year,
        m.drift_per_year,
        m.harvest_cost,
        benefit / m.harvest_cost,
        benefit,
    )
    for j, column in enumerate(columns):
        out[:, j] = column
    return out


def label(
    cases: tuple[Case, ...],
    *,
    step_days: int,
    seed: int,
    grid: Grid | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Labels:
    """Solve every case and draw states from it.

    Parameters
    ----------
    cases : tuple of Case
        From `sample_cases`.
    step_days : int
        Review interval.
    seed : int
        Of the dates and losses drawn.
    grid : Grid, optional
        Of the program.
    told : callable, optional
        Told the number of cases so far, of how many.
    """
    rng = np.random.default_rng(seed)
    grid = grid if grid is not None else Grid()
    z = grid.z()
    nodes = np.flatnonzero((z > 1e-9) & (z < 0.7))
    density = 1.0 / (0.05 + z[nodes])
    density /= density.sum()
    rows, targets, restarts, owners = [], [], [], []
    for i, case in enumerate(cases):
        dates = tuple(case.profile.horizon_years * rng.random(4))
        program = solve(case.profile, case.market, step_days=step_days, grid=grid, years_left=dates)
        ages = np.arange(len(program.today.hold))
        age_days = np.asarray(ages * float(step_days), dtype=np.float64)[:, None]
        for snapshot in program.snapshots:
            chosen = rng.choice(nodes, size=20, replace=False, p=density)
            advantage = program.advantage(snapshot)[np.ix_(ages, chosen)]
            loss = np.asarray(1.0 - np.exp(-z[chosen]), dtype=np.float64)
            rows.append(features(case, loss[None, :], age_days, snapshot.years_left))
            targets.append(advantage.ravel())
            restarts.append(np.full(advantage.size, snapshot.restart))
            owners.append(np.full(advantage.size, i))
        if told is not None:
            told(i + 1, len(cases))
    return Labels(np.vstack(rows), np.concatenate(targets), np.concatenate(restarts), np.concatenate(owners))
