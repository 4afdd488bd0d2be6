"""What all accounts of a fleet share: market signals and targets, made once and sent to each worker once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.target import Target
from di_advisor.errors import InputError
from di_advisor.signals import Harvesting, estimate_market

__all__ = ["FleetFacts"]

_DIGITS: Final = 32


@dataclass(frozen=True)
class FleetFacts:
    """Facts of one day for all accounts.

    Attributes
    ----------
    market : MarketSignals
        Prices, risk, cost curves, ESG measures.
    targets : Mapping of str to Target
        By name; accounts say which one they track.
    harvest : Harvesting, optional
        A model of what waiting is worth.

    Raises
    ------
    InputError
        If there is no target.
    """

    market: MarketSignals
    targets: Mapping[str, Target]
    harvest: Harvesting | None = field(default=None)

    def __post_init__(self) -> None:
        if not self.targets:
            raise InputError("A fleet has no target.", hint="Pass targets={'index': target}.")
        object.__setattr__(self, "targets", FrozenMap(dict(self.targets)))

    @classmethod
    def of(
        cls,
        market: Market,
        target: Target | Mapping[str, Target],
        risk: FactorRisk,
        costs: CostCurves,
        *,
        esg: EsgTable | Mapping[str, FloatArray] | None = None,
        harvest: Harvesting | None = None,
    ) -> FleetFacts:
        """From a market and models' estimates, as `Advisor.propose` takes them."""
        targets = {"": target} if isinstance(target, Target) else target
        return cls(estimate_market(market, risk, costs, esg=esg), targets, harvest)

    def target_of(self, name: str) -> Target:
        """The target of a name; the only one where the name is empty.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name in self.targets:
            return self.targets[name]
        if not name and len(self.targets) == 1:
            return next(iter(self.targets.values()))
        raise InputError(
            f"The fleet has no target {name!r}.", hint=f"There are: {', '.join(sorted(self.targets))}.", name=name
        )

    def with_costs(self, costs: CostCurves) -> FleetFacts:
        """The same facts with other cost curves over the same names."""
        return replace(self, market=replace(self.market, costs=costs))

    def digest(self) -> str:
        """A hash of all figures: results of other facts do not go into the same folder."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        """Made once: a run asks before its first account is sent, while all workers wait."""
        market, seal = self.market, hashlib.sha256()
        known = {
            "as_of": market.as_of.isoformat(),
            "securities": [astuple(s) for s in market.universe.securities],
            "prices": [str(p) for p in market.price_usd],
            "unpriced": [astuple(s) for s in market.unpriced],
            "factors": market.risk.factors,
            "measures": {name: repr(market.esg_scale.get(name)) for name in sorted(market.esg)},
            "provenance": dict(market.provenance),
            "targets": {name: _plain(target) for name, target in self.targets.items()},
            "harvest": _told(self.harvest),
        }
        seal.update(json.dumps(known, sort_keys=True).encode())
        for costs in (market.costs, market.costs.selling):
            if costs is not None:
                for array in (costs.linear, costs.three_halves, costs.quadratic):
                    seal.update(array.tobytes())
        risk = market.risk
        figures = [risk.exposures, risk.factor_covariance_per_year, risk.specific_variance_per_year, market.adv_usd]
        figures += [market.esg[k] for k in sorted(market.esg)]
        for name, known_of_some in (("yield", market.dividend_yield_per_year), ("qualified", market.qualified_share)):
            if known_of_some is not None:
                seal.update(name.encode())
                figures.append(known_of_some)
        for array in figures:
            seal.update(np.ascontiguousarray(array).tobytes())
        return seal.hexdigest()[:_DIGITS]


def _told(harvest: Harvesting | None) -> list[str]:
    """What is said of a harvest model in every process alike; one that says nothing is like no other one."""
    if harvest is None:
        return []
    model = getattr(harvest.model, "provenance", None) or repr(harvest.model)
    return [str(model), repr(harvest.client), str(harvest.review_days), harvest.use.name]


def _plain(tracked: Target) -> list[Any]:
    return [
        [c.index, c.fraction, [[w.effective.isoformat(), *w.weights.items()] for w in c.path]]
        for c in tracked.components
    ]
