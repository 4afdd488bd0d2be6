"""Random ESG measures, and wishes that over many seeds use every kind there is of them.

For tests and benchmarks that hold two solvers against each other. Invented figures of plausible size;
the same generator state gives the same wishes. They are mild enough that most accounts can keep them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from di_advisor.domain.esg_table import Direction, EsgScale
from di_advisor.domain.esg_wishes import EsgWish, Pathway, Uncovered, exposure_cap, not_below_index, share_floor
from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath, Operator
from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals

__all__ = ["MEASURES", "RandomWishes", "random_esg_wishes"]

MEASURES = ("score", "risk score", "z score", "carbon", "target set", "coal share", "high impact")
"""Measures that the random signals carry."""

_SCALES = {
    "score": EsgScale(Direction.HIGHER_IS_BETTER, topic="score", provider="one"),
    "risk score": EsgScale(Direction.LOWER_IS_BETTER, topic="score", provider="two"),
    "carbon": EsgScale(Direction.LOWER_IS_BETTER, "t/$M"),
    "coal share": EsgScale(Direction.LOWER_IS_BETTER, "%"),
}


@dataclass(frozen=True)
class RandomWishes:
    """Signals that carry the measures, and the fields of a mandate that hold the wishes."""

    signals: Signals
    changes: dict[str, Any]


def _measures(g: np.random.Generator, n: int) -> dict[str, FloatArray]:
    quality = g.standard_normal(n)

    def gappy(values: FloatArray, share: float) -> FloatArray:
        return np.where(g.random(n) < share, values, np.nan)

    return {
        "score": gappy(np.clip(5 + 2 * quality + g.standard_normal(n), 0, 10), 0.9),
        "risk score": gappy(np.clip(21 * np.exp(-0.3 * quality + 0.2 * g.standard_normal(n)), 2, 60), 0.85),
        "z score": gappy(0.7 * quality + 0.5 * g.standard_normal(n), 0.95),
        "carbon": gappy(np.exp(g.normal(3.2, 1.6, n)), 0.9),
        "target set": gappy((g.random(n) < 0.5).astype(np.float64), 0.95),
        "coal share": gappy(np.where(g.random(n) < 0.15, g.uniform(0, 0.6, n), 0.0), 0.95),
        "high impact": (g.random(n) < 0.5).astype(np.float64),
    }


def _average(signals: Signals, measure: str) -> float:
    values, weight = signals.market.esg[measure], signals.account.target_weight
    covered = np.isfinite(values)
    return float(values[covered] @ weight[covered] / weight[covered].sum())


def _esg(g: np.random.Generator, signals: Signals) -> tuple[EsgWish, ...]:
    policy = list(Uncovered)[int(g.integers(4))]
    base_date = signals.market.as_of - timedelta(days=int(g.integers(0, 1000)))
    has = _average(signals, "target set")
    choices = [
        EsgWish("score", uplift_min=float(g.uniform(0.0, 0.06)), uncovered=policy),
        EsgWish("risk score", uplift_min=float(g.uniform(0.0, 0.06)), usd_per_point=float(g.uniform(0, 300))),
        EsgWish("z score", delta_min=float(g.uniform(0, 0.08)), uncovered=policy),
        EsgWish("carbon", cut_min=float(g.uniform(0.0, 0.3)), coverage_min=0.75),
        EsgWish("carbon", pathway=Pathway(_average(signals, "carbon") * float(g.uniform(0.9, 1.2)), base_date)),
        share_floor("target set", max(has * float(g.uniform(0.8, 1.0)) - 0.05, 0.0)),
        exposure_cap("coal share", _average(signals, "coal share") * float(g.uniform(0.7, 1.2)) + 1e-4),
        not_below_index("high impact"),
        EsgWish("score", usd_per_point=float(g.uniform(0, 2000)), floor=_average(signals, "score") * 0.98),
        EsgWish("z score", usd_per_point=float(g.uniform(0, 2000))),
    ]
    picked = g.permutation(len(choices))[: int(g.integers(1, 4))]
    return tuple(choices[i] for i in sorted(picked.tolist()))


def _exclusions(g: np.random.Generator, signals: Signals) -> tuple[Exclusion, ...]:
    ids, as_of = signals.market.universe.security_ids, signals.market.as_of
    listed = frozenset(ids[int(i)] for i in g.integers(0, len(ids), 2))
    path = GlidePath(((as_of - timedelta(days=5), float(g.uniform(0.3, 0.9))), (as_of + timedelta(days=90), 0.0)), 0.1)
    power = (Condition("coal share", 0.3), Condition("carbon", 40.0, Operator.MORE_THAN))
    choices = [
        Exclusion("a list", listed, source="random"),
        Exclusion("a list that glides", listed, glide=path, source="random"),
        Exclusion("coal", conditions=(Condition("coal share", float(g.uniform(0.2, 0.5))),), source="random"),
        Exclusion("power", conditions=power, source="random"),
    ]
    picked = g.permutation(len(choices))[: int(g.integers(1, 3))]
    return tuple(choices[i] for i in sorted(picked.tolist()))


def _group_bands(g: np.random.Generator, signals: Signals) -> tuple[GroupBand, ...]:
    universe, target = signals.market.universe, signals.account.target_weight
    sector = int(g.integers(len(universe.sectors)))
    weight = float(target[universe.sector_of == sector].sum())
    named = universe.sectors[sector]
    largest = universe.security_ids[int(np.argmax(target))]
    choices = [
        GroupBand(GroupKind.SECTOR, named, max(weight - 0.06, 0.0), weight + 0.06),
        GroupBand(GroupKind.SECTOR, named, 0.6, 1.5, MeasuredAs.MULTIPLE),
        GroupBand(GroupKind.SECTOR, "", -0.08, 0.08, MeasuredAs.ACTIVE),
        GroupBand(GroupKind.NAME, largest, 0.0, float(target.max()) + 0.01),
    ]
    return (choices[int(g.integers(len(choices)))],)


def random_esg_wishes(rng: np.random.Generator, signals: Signals) -> RandomWishes:
    """Measures for the names of some signals, and wishes on them.

    Parameters
    ----------
    rng : numpy Generator
        Where everything is drawn from.
    signals : Signals
        Of one account; its ESG measures are replaced by `MEASURES`.

    Returns
    -------
    RandomWishes
        ``mandate.with_changes(**wishes.changes)`` with ``wishes.signals`` is ready for `formulate`. The
        fields set are ``esg``, ``exclusions``, ``group_bands`` and ``factor_tilts``, each in part of the draws.
    """
    market = replace(signals.market, esg=_measures(rng, len(signals.market.universe)), esg_scale=_SCALES)
    signals = replace(signals, market=market)
    changes: dict[str, Any] = {"esg": _esg(rng, signals)}
    if rng.random() < 0.4:
        changes["exclusions"] = _exclusions(rng, signals)
    if rng.random() < 0.4:
        changes["group_bands"] = _group_bands(rng, signals)
    if rng.random() < 0.4:
        factors = market.risk.factors
        changes["factor_tilts"] = {factors[-1]: float(rng.uniform(-500, 500))}
    return RandomWishes(signals, changes)
