"""Where the after-tax advantage over the ETF twin comes from, in dollars that add up.

Problem: "tax alpha" hides what tracking, costs and cash did, and percentages of different bases cannot be added.
Decision: both sides are followed in dollars. The account gains, on each day, the index's return on what it held the day
before, plus what its own holdings did differently, less cost; the twin gains the index's return less its expenses. What
is left of either is what it has at the end less what was put in and the taxes that fell due and would fall due. The
difference of the two is split into

* ``holdings``: return of the account's value over the index's, before cost, other than through idle cash;
* ``cash``: idle cash that missed the index's return;
* ``trading cost``: paid, the purchase of the first day included;
* ``fund expenses``: what the twin's expense ratio cost its owner;
* ``base``: the index's return on the difference of what both had in the market the day before;
* ``taxes due``: taxes that fell due, of the twin less of the account: what realised losses saved now;
* ``taxes deferred``: tax on what is unrealised at the end, of the twin less of the account: what is only put off;
* ``start``: what the account began with over what the twin began with (nothing, as both begin with the same money).

No part is computed as what is left over; that they add up is checked. Limits: no interest on taxes paid outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from di_advisor.backtest.record import Replayed
from di_advisor.backtest.results import after_tax_usd
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.twin import EXPENSE_RATIO, etf_twin, value_history
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import DiAdvisorError
from di_advisor.formulate.schedule_d import Taxpayer

__all__ = ["PARTS", "Attribution", "attribution_of"]

PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "holdings": "what the account's own holdings did differently from the index, before cost",
        "cash": "idle cash that missed the index's return",
        "trading cost": "spread and impact paid",
        "fund expenses": "expenses of the fund that the account did not pay",
        "base": "the index's return on more or less money in the market than the twin had",
        "taxes due": "taxes that fell due: the twin's less the account's",
        "taxes deferred": "tax on what is unrealised at the end: the twin's less the account's",
        "start": "what both began with",
    }
)
"""The parts in words, in their order."""

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Attribution:
    """The advantage over the twin, part by part.

    Attributes
    ----------
    parts_usd : Mapping of str to float
        By the names of `PARTS`; positive helped.
    advantage_usd : float
        After-tax wealth of the account less the twin's, all sold at the end.
    mean_value_usd : float
        Mean value of the account.
    years : float
        Length.

    Raises
    ------
    DiAdvisorError
        If the parts do not add up: an error of this module.
    """

    parts_usd: Mapping[str, float]
    advantage_usd: float
    mean_value_usd: float
    years: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts_usd", FrozenMap(dict(self.parts_usd)))
        off = math.fsum(self.parts_usd.values()) - self.advantage_usd
        scale = max(self.mean_value_usd, *(abs(v) for v in self.parts_usd.values()))
        if abs(off) > _TOLERANCE * scale:
            raise DiAdvisorError(
                f"The parts of the advantage miss it by {off:.6f} USD.",
                hint="Report this with the replay's file; no figure of it can be relied on.",
            )

    def per_year(self) -> dict[str, float]:
        """Each part a year over the mean value, a fraction (simple, so that they add up)."""
        return {name: usd / self.mean_value_usd / self.years for name, usd in self.parts_usd.items()}


def attribution_of(
    replayed: Replayed, tax: Taxpayer, settings: ReplaySettings | None = None, *, expense_ratio: float = EXPENSE_RATIO
) -> Attribution:
    """Split the after-tax advantage of a replay over its twin.

    Parameters
    ----------
    replayed, tax, settings, expense_ratio
        As of `results_of`.

    Raises
    ------
    InputError
        As `etf_twin`.
    """
    account = value_history(replayed)
    twin = etf_twin(replayed, tax, settings, expense_ratio=expense_ratio)
    index = np.array([row.index_return for row in replayed.days[1:]])
    cash = np.array([row.cash_usd for row in replayed.days[:-1]])
    before, fund_before = account.value_usd[:-1], twin.value_usd[:-1]
    gained = account.value_usd[1:] - account.flow_usd[1:] - before
    fund_gained = twin.value_usd[1:] - twin.flow_usd[1:] - fund_before
    idle = -cash * index
    parts = {
        "holdings": float((gained + account.cost_usd[1:] - before * index - idle).sum()),
        "cash": float(idle.sum()),
        "trading cost": -float(account.cost_usd.sum()),
        "fund expenses": float((fund_before * index - fund_gained).sum()),
        "base": float(((before - fund_before) * index).sum()),
        "taxes due": float(twin.tax_usd.sum() - account.tax_usd.sum()),
        "taxes deferred": twin.liquidation_tax_end_usd - account.liquidation_tax_end_usd,
        "start": float(account.value_usd[0] + account.cost_usd[0] - twin.value_usd[0]),
    }
    whole = after_tax_usd(account, liquidated=True) - after_tax_usd(twin, liquidated=True)
    return Attribution(parts, whole, float(account.value_usd.mean()), account.years)
