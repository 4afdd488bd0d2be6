"""Risk models behind the port `di_advisor.ports.RiskModel`."""

from __future__ import annotations

from di_models.risk.factor_model import FactorRiskModel

__all__ = ["FactorRiskModel"]
