"""Securities that the models do not cover: an ETF that may stand in, with exposures that its user gives.

Problem: a stand-in outside the index may have no history in the risk model, and the optimizer needs its
exposures all the same. Decision: a risk model, cost curves and a universe are extended by rows that the
user supplies and answers for; the provenance says so. Limits: the residuals of a fund are taken as
independent of those of the stocks it holds, so its tracking of them is a little understated; where it
has returns in the history, let the risk model estimate it instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError

__all__ = ["FurtherSecurity", "extended_costs", "extended_risk", "extended_universe"]


@dataclass(frozen=True)
class FurtherSecurity:
    """A security with the figures that the models lack.

    Attributes
    ----------
    security : Security
        Its id, ticker and classification.
    exposures : Mapping of str to float
        By factor of the risk model, in its units; 0 where left out, and at least one is given.
    specific_variance_per_year : float
        Variance that the factors do not explain, more than zero.
    cost_linear, cost_three_halves, cost_quadratic : float
        Coefficients of its cost curve, as in `CostCurves`.
    """

    security: Security
    exposures: Mapping[str, float]
    specific_variance_per_year: float
    cost_linear: float
    cost_three_halves: float = 0.0
    cost_quadratic: float = 0.0


def extended_universe(universe: Universe, further: Sequence[FurtherSecurity]) -> Universe:
    """The universe with further securities at its end.

    Parameters
    ----------
    universe : Universe
        Of n names.
    further : sequence of FurtherSecurity
        Names that are not in it.

    Raises
    ------
    InputError
        If one is in it already.
    """
    return Universe((*universe.securities, *(f.security for f in further)))


def extended_risk(risk: FactorRisk, further: Sequence[FurtherSecurity]) -> FactorRisk:
    """The risk model with further securities, by the exposures given for them.

    Parameters
    ----------
    risk : FactorRisk
        Of n names and k factors.
    further : sequence of FurtherSecurity
        m names that are not in it.

    Raises
    ------
    InputError
        If an exposure names a factor that the model does not have, or a security comes without any.
    """
    if not further:
        return risk
    rows = np.array([_row(risk, f) for f in further])
    variance = np.array([f.specific_variance_per_year for f in further])
    named = ", ".join(f.security.ticker for f in further)
    return replace(
        risk,
        universe=extended_universe(risk.universe, further),
        exposures=np.concatenate([risk.exposures, rows]),
        specific_variance_per_year=np.concatenate([risk.specific_variance_per_year, variance]),
        provenance=f"{risk.provenance}; exposures of {named} as given by the user".removeprefix("; "),
    )


def _row(risk: FactorRisk, further: FurtherSecurity) -> list[float]:
    unknown = sorted(set(further.exposures) - set(risk.factors))
    if unknown or not further.exposures:
        says = f"to {', '.join(unknown)}, which the risk model does not have" if unknown else "to no factor at all"
        raise InputError(
            f"{further.security.ticker} comes with exposures {says}.",
            hint=f"The risk model has: {', '.join(risk.factors)}.",
            security_id=further.security.security_id,
        )
    return [float(further.exposures.get(factor, 0.0)) for factor in risk.factors]


def extended_costs(costs: CostCurves, further: Sequence[FurtherSecurity]) -> CostCurves:
    """The cost curves with those of further securities.

    Parameters
    ----------
    costs : CostCurves
        Of n names.
    further : sequence of FurtherSecurity
        m names that are not in it.

    Raises
    ------
    InputError
        If one is covered already, or a coefficient is negative.
    """
    if not further:
        return costs
    return replace(
        costs,
        universe=extended_universe(costs.universe, further),
        linear=np.concatenate([costs.linear, [f.cost_linear for f in further]]),
        three_halves=np.concatenate([costs.three_halves, [f.cost_three_halves for f in further]]),
        quadratic=np.concatenate([costs.quadratic, [f.cost_quadratic for f in further]]),
        selling=None if costs.selling is None else extended_costs(costs.selling, further),
    )
