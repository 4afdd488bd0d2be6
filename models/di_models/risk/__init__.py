"""Risk models behind the port `di_advisor.ports.RiskModel`, and risk that the user brings."""

from __future__ import annotations

from di_models.risk.factor_model import FactorRiskModel
from di_models.risk.published_factors import FactorExposures, exposure_history, factor_exposures
from di_models.risk.supplied import CovarianceFit, factorise_covariance, supplied_risk

__all__ = [
    "CovarianceFit",
    "FactorExposures",
    "FactorRiskModel",
    "exposure_history",
    "factor_exposures",
    "factorise_covariance",
    "supplied_risk",
]
