"""Trading-cost models behind the port `di_advisor.ports.CostModel`."""

from __future__ import annotations

from di_models.cost.prior import PriorCostModel

__all__ = ["PriorCostModel"]
