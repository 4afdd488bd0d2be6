"""Risk and trading cost of a market by models: those given, else the registered ones when they are first needed.

Decision: what is estimated of a market is asked for in one place, so that one account, a household and a fleet get
the same. Limits: one model of each kind; a model that is trained comes from who trained it.
"""

from __future__ import annotations

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_advisor.errors import InputError
from di_advisor.ports import CostModel, RiskModel

__all__ = ["Models"]


class Models:
    """The models of an advisor.

    Parameters
    ----------
    risk_model : RiskModel, optional
        Estimates risk from returns; the registered model "factor" when left out.
    cost_model : CostModel, optional
        Predicts trading cost; the registered model "prior" when left out.
    """

    def __init__(self, risk_model: RiskModel | None = None, cost_model: CostModel | None = None) -> None:
        self._risk_model = risk_model
        self._cost_model = cost_model

    def estimate_risk(
        self, market: Market, returns: ReturnHistory | None, exposures: ExposureHistory | None = None
    ) -> FactorRisk:
        """Risk of the market's universe by this advisor's model.

        Raises
        ------
        InputError
            If there are no returns to estimate from.
        """
        if returns is None:
            raise InputError(
                "There is neither a risk model's result nor a history of returns.",
                hint="Pass returns=..., or a ready FactorRisk as risk=...",
            )
        from di_advisor.registry import risk_model

        self._risk_model = self._risk_model or risk_model()
        return self._risk_model.estimate(market, returns, exposures)

    def estimate_costs(self, market: Market) -> CostCurves:
        """Cost curves of the market's universe by this advisor's model."""
        from di_advisor.registry import cost_model

        self._cost_model = self._cost_model or cost_model()
        return self._cost_model.curves(market)
