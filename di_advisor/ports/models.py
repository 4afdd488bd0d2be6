"""Ports of statistical models."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from di_advisor.domain.cost_reasons import CostPrediction
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.harvest import ClientProfile, HarvestWorth, LotStates
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.rebalance_state import RebalanceState, RebalanceWorth
from di_advisor.domain.risk import FactorRisk

__all__ = ["CostModel", "CostReasons", "HarvestModel", "RebalanceValueModel", "RiskModel"]


@runtime_checkable
class RiskModel(Protocol):
    """Estimates a factor covariance from returns and, if given, characteristics."""

    def estimate(self, market: Market, returns: ReturnHistory, exposures: ExposureHistory | None = None) -> FactorRisk:
        """Risk of the market's universe, from history up to ``market.as_of`` only.

        Parameters
        ----------
        market : Market
            Universe, sectors and today's characteristics.
        returns : ReturnHistory
            Daily total returns; later dates than ``market.as_of`` are not looked at.
        exposures : ExposureHistory, optional
            Dated characteristics; without them the model derives exposures from returns and sectors.

        Returns
        -------
        FactorRisk
            Aligned to ``market.universe``; names with little history get shrunk figures.
        """
        ...


@runtime_checkable
class CostModel(Protocol):
    """Predicts trading-cost curves."""

    def curves(self, market: Market) -> CostCurves:
        """Cost curves of the market's universe, in USD of cost by USD traded."""
        ...


@runtime_checkable
class CostReasons(Protocol):
    """What a cost model may offer beside `CostModel`: what the predicted cost of one order is made of."""

    def predict_order(
        self, market: Market, security_id: str, value_usd: float, *, coverage: float = 0.9
    ) -> CostPrediction:
        """The average cost of one order with its parts, and an interval for a trade where there is one.

        Parameters
        ----------
        market : Market
            That the curves were drawn for.
        security_id : str
            A name of it.
        value_usd : float
            Dollars traded, more than 0; one order for the name and side.
        coverage : float
            Of the interval, a fraction.

        Raises
        ------
        UnknownSecurityError
            If the market does not know the name.
        """
        ...


@runtime_checkable
class HarvestModel(Protocol):
    """Values selling lots now against later."""

    def worth(self, lots: LotStates, client: ClientProfile, *, review_days: int) -> HarvestWorth:
        """What selling each whole lot today is worth against waiting until the next review.

        Parameters
        ----------
        lots : LotStates
            L lots.
        client : ClientProfile
            Rates, horizon and discount rate.
        review_days : int
            How often the policy reviews; the value of waiting is the value of waiting that long.

        Returns
        -------
        HarvestWorth
            Aligned to the lots, in USD, with its parts and a rule of thumb beside it.

        Raises
        ------
        InputError
            If the model was made for another review interval.
        """
        ...


@runtime_checkable
class RebalanceValueModel(Protocol):
    """Says what rebalancing an account now is worth against waiting, learned from replays."""

    @property
    def provenance(self) -> str:
        """Which model, which version."""
        ...

    def rebalance_worth(self, state: RebalanceState) -> RebalanceWorth:
        """Value of a rebalance today against waiting, after cost, tax and risk, with its bound and its baseline."""
        ...
