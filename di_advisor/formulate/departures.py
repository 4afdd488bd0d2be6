"""Names that must leave: at once, or along a dated glide path, never bought.

Problem: an exclusion that forces a large gain today costs more than the client meant; one that never
ends is no exclusion. Decision: a name that a screen takes out may hold at most what its glide path
leaves, nothing where it has none; what locks keep from being sold stays, and says so elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.exclusions import GlidePath
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.formulate.plan import Holdings
from di_advisor.signals.screens import screened

__all__ = ["Departures", "departures", "must_leave"]


@dataclass(frozen=True)
class Departures:
    """Names that must leave, and what may be left of each.

    Attributes
    ----------
    out : ndarray of bool, shape (n,)
        Names that are not bought and may only shrink.
    most : ndarray of shape (n,)
        Largest weight that may be left; 0 where there is no glide path.
    """

    out: NDArray[np.bool_]
    most: FloatArray


def must_leave(signals: Signals, mandate: Mandate) -> NDArray[np.bool_]:
    """Names that must not be held or that a screen takes out, shape (n,)."""
    ids = signals.market.universe.security_ids
    out = np.array([s in mandate.do_not_hold for s in ids], dtype=np.bool_) if mandate.do_not_hold else _none(ids)
    for screen in screened(mandate.exclusions, signals.market):
        out |= screen.out
    return out


def _none(ids: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.zeros(len(ids), dtype=np.bool_)


def departures(signals: Signals, mandate: Mandate, holdings: Holdings) -> Departures:
    """Names that must leave; where several screens take out the same name, the strictest holds."""
    ids = signals.market.universe.security_ids
    most = np.full(len(ids), np.inf)
    if mandate.do_not_hold:
        most[np.array([s in mandate.do_not_hold for s in ids], dtype=np.bool_)] = 0.0
    for screen in screened(mandate.exclusions, signals.market):
        glide = screen.exclusion.glide
        left = np.zeros(len(ids)) if glide is None else _left(glide, signals, holdings)
        most = np.where(screen.out, np.minimum(most, left), most)
    return Departures(np.isfinite(most), most)


def _left(glide: GlidePath, signals: Signals, holdings: Holdings) -> FloatArray:
    """Weight that a glide path leaves of each name today, shape (n,)."""
    account, ids = signals.account, signals.market.universe.security_ids
    n = len(ids)
    gain = np.bincount(account.lot_name, weights=account.lot_gain_usd, minlength=n)
    worth = account.held_usd()
    glides = gain >= glide.gain_min * np.maximum(worth, 1e-300)
    start = np.array([glide.start_weight.get(s, h) for s, h in zip(ids, holdings.held.tolist(), strict=True)])
    return np.where(glides & (worth > 0), glide.fraction(signals.market.as_of) * start, 0.0)
