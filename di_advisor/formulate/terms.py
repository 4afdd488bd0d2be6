"""Terms of the objective, each an amount of money in USD.

A term evaluates itself on a plan, writes itself in cvxpy for the reference, and shares its change
among the trades (Aumann and Shapley 1974: along the straight line between two plans), exactly for
quadratics and for piecewise-linear functions, so that the shares sum to the change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.cost_knots import CostChords
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.separable import Separable

__all__ = ["ActiveRisk", "LotTax", "Term", "TradingCost", "WaitingValue"]


_WELL_SCALED = 128.0
"""Weights are small; a cone solver is more exact on larger numbers."""


class Term(Protocol):
    """One term of the objective."""

    @property
    def name(self) -> str:
        """Name in tables, such as "tax"."""
        ...

    @property
    def sentence(self) -> str:
        """What it charges for, in plain words."""
        ...

    def value_usd(self, plan: Plan) -> float:
        """Its amount for a plan, in USD; positive hurts."""
        ...

    def attribute_usd(self, plan: Plan) -> Plan:
        """Its change from doing nothing to the plan, shared among sells (L,) and buys (n,), in USD."""
        ...

    def separable(self) -> Separable | None:
        """The term name by name, or None where only a cone solver understands it."""
        ...

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """The term as a convex cvxpy expression, as a fraction of account value."""
        ...


@dataclass(frozen=True)
class ActiveRisk:
    """Price of active risk: aversion x variance of the active return x account value."""

    holdings: Holdings
    risk: FactorRisk
    aversion: float
    name: str = "active risk"

    @property
    def sentence(self) -> str:
        """What it charges for."""
        return f"Active variance per year, priced at {self.aversion:g} times the account's value."

    def value_usd(self, plan: Plan) -> float:
        """Aversion x variance x value, in USD."""
        active = self.holdings.active + plan.net(self.holdings.lot_name)
        return self.aversion * self.risk.variance_per_year(active) * self.holdings.value_usd

    def attribute_usd(self, plan: Plan) -> Plan:
        """Gradient at the midpoint times each trade: exact for a quadratic."""
        middle = self.holdings.active + 0.5 * plan.net(self.holdings.lot_name)
        slope = self.aversion * self.holdings.value_usd * self.risk.gradient(middle)
        return Plan(-slope[self.holdings.lot_name] * plan.sells, slope * plan.buys)

    def separable(self) -> Separable:
        """A price of variance."""
        return Separable(variance_price=self.aversion)

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Quadratic form in the exposures plus specific risk."""
        cp = cvxpy()

        factor = cp.quad_form(symbols.exposures, self.risk.factor_covariance_per_year, assume_PSD=True)
        own = cp.sum_squares(cp.multiply(np.sqrt(self.risk.specific_variance_per_year), symbols.active))
        return self.aversion * (factor + own)


@dataclass(frozen=True)
class TradingCost:
    """Half-spread and impact of buys and of sales, each name and side by its curve."""

    holdings: Holdings
    chords: CostChords
    impact: FloatArray
    name: str = "trading cost"
    linear: FloatArray | None = None
    """Cost per unit traded, shape (n,), where the power is exact."""
    power: FloatArray | None = None
    """Cost per 3/2 power of the amount traded, shape (n,), exactly; None where chords stand for it."""

    @property
    def sentence(self) -> str:
        """What it charges for."""
        if self.power is not None:
            return "Predicted half-spread and market impact of each trade."
        return (
            "Predicted half-spread and market impact of each trade; impact by straight pieces that never understate it."
        )

    def of(self, traded: FloatArray, *, selling: bool | NDArray[np.bool_] = False) -> FloatArray:
        """Cost of buying (or selling) an amount of each name, shape (n,), fraction of the account."""
        if self.power is None or self.linear is None:
            curve = self.chords.cost(traded)
            if self.chords.sell_slopes is not None:
                curve = np.where(selling, self.chords.side(selling=True).cost(traded), curve)
        else:
            curve = (self.linear + self.power * np.sqrt(np.maximum(traded, 0.0))) * traded
        return np.asarray(curve + self.impact * traded * traded, dtype=np.float64)

    def of_names(self, at: NDArray[np.int64]) -> TradingCost:
        """The cost of a few names alone, in this order; its holdings stay those of all."""
        linear, power = (None if values is None else values[at] for values in (self.linear, self.power))
        return replace(self, impact=self.impact[at], chords=self.chords.of_names(at), linear=linear, power=power)

    def value_usd(self, plan: Plan) -> float:
        """Cost of all trades, in USD; kept with the plan, since rules and settlement ask for it again."""
        known: tuple[TradingCost, float] | None = plan.__dict__.get("_cost")
        if known is None or known[0] is not self:
            sold = plan.sold(self.holdings.lot_name)
            usd = float((self.of(sold, selling=True) + self.of(plan.buys)).sum()) * self.holdings.value_usd
            known = plan.__dict__["_cost"] = (self, usd)
        return known[1]

    def attribute_usd(self, plan: Plan) -> Plan:
        """A name's cost of selling, shared among its lots by size."""
        sold = plan.sold(self.holdings.lot_name)
        rate = np.divide(self.of(sold, selling=True), sold, out=np.zeros_like(sold), where=sold > 0)
        value = self.holdings.value_usd
        return Plan(rate[self.holdings.lot_name] * plan.sells * value, self.of(plan.buys) * value)

    def separable(self) -> Separable:
        """Chords of the amount traded, or its power, and the quadratic part of the net trade."""
        power = None if self.power is None else np.stack([self.power, self.power], axis=1)
        return Separable(traded=self.chords, impact=self.impact, power=power, linear=self.linear)

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Largest of the chords or the power, for each name and side, plus the quadratic part of the net trade."""
        cp = cvxpy()

        if self.power is not None:
            total: Any = 0
            for traded in (symbols.buys, symbols.sold):
                total = total + self.linear @ traded
                total = total + (self.power / _WELL_SCALED**1.5) @ cp.power(cp.pos(_WELL_SCALED * traded), 1.5)
            return total + self._squares(symbols)
        total = 0
        for traded, chords in (
            (symbols.buys, self.chords.side(selling=False)),
            (symbols.sold, self.chords.side(selling=True)),
        ):
            rise = np.cumsum(chords.slopes * np.diff(chords.knots, axis=1), axis=1)
            start = np.c_[np.zeros(len(rise)), rise[:, :-1]] - chords.slopes * chords.knots[:, :-1]
            pieces = [cp.multiply(chords.slopes[:, j], traded) + start[:, j] for j in range(chords.slopes.shape[1])]
            total = total + cp.sum(pieces[0] if len(pieces) == 1 else cp.maximum(*pieces))
        return total + self._squares(symbols)

    def _squares(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """The quadratic part of the net trade."""
        if not self.impact.any():
            return 0
        cp = cvxpy()
        moved = symbols.active - self.holdings.active
        return cp.sum_squares(cp.multiply(np.sqrt(self.impact), moved))


class _ByLot(ABC):
    """A term that charges each lot by what is sold of it."""

    holdings: Holdings

    @property
    @abstractmethod
    def slope(self) -> FloatArray:
        """Charge per unit of weight sold of each lot, shape (L,)."""

    def value_usd(self, plan: Plan) -> float:
        """Its amount for a plan, in USD; negative is a saving."""
        return float(self.slope @ plan.sells) * self.holdings.value_usd

    def attribute_usd(self, plan: Plan) -> Plan:
        """Each lot its own."""
        return Plan(self.slope * plan.sells * self.holdings.value_usd, np.zeros_like(plan.buys))

    def separable(self) -> Separable:
        """A slope for each lot."""
        return Separable(lot_slope=self.slope)

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Linear in the lots."""
        return self.slope @ symbols.sells


@dataclass(frozen=True)
class LotTax(_ByLot):
    """Tax due on the gains of the lots sold, at constant marginal rates; a loss is a saving."""

    holdings: Holdings
    tax_rate: FloatArray
    """Tax per unit of weight sold of each lot, shape (L,): marginal rate x gain / value."""
    name: str = "tax"

    @property
    def sentence(self) -> str:
        """What it charges for."""
        return "Tax on realised gains at the marginal rates given; a realised loss saves tax at the same rate."

    @property
    def slope(self) -> FloatArray:
        """Tax per unit of weight sold of each lot."""
        return self.tax_rate


@dataclass(frozen=True)
class WaitingValue(_ByLot):
    """What selling each lot now is worth against later, without today's tax (a harvest model's figure)."""

    holdings: Holdings
    worth: FloatArray
    """Value per unit of weight sold, shape (L,); positive favours selling now."""
    name: str = "value of waiting"

    @property
    def sentence(self) -> str:
        """What it charges for."""
        return "Value of selling the lot now against later, beyond today's tax, from the harvest model."

    @property
    def slope(self) -> FloatArray:
        """Minus the worth of selling now."""
        return -self.worth
