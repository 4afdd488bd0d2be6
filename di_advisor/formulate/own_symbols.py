"""What a user's own term or rule is given to write with: the plan by name, by lot and in dollars.

Problem: the solvers' variables are bare arrays of weights. Decision: `OwnSymbols` names them in an
investor's words (weights after trading, what is bought and sold, cash, factor exposures), looks names
up by ticker or id, and has every amount in dollars too. All of it is affine in the decision, so
whatever convex function of it is written keeps the problem convex.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Signals
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, UnknownSecurityError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings, SymbolicPlan

__all__ = ["OwnSymbols", "Scope"]

_LABELS = ("sector", "industry", "country")


@dataclass(frozen=True, eq=False)
class Scope:
    """The account that own terms and rules speak about.

    Attributes
    ----------
    holdings : Holdings
        Before trading, as weights.
    universe : Universe
        n names.
    risk : FactorRisk
        For factor exposures.
    lots : sequence of TaxLot
        L lots, in the order of `OwnSymbols.sells`.
    """

    holdings: Holdings
    universe: Universe
    risk: FactorRisk
    lots: Sequence[TaxLot]

    @classmethod
    def of(cls, signals: Signals, holdings: Holdings) -> Scope:
        """Of an account's signals."""
        return cls(holdings, signals.market.universe, signals.market.risk, signals.account.lots)


class OwnSymbols:
    """The plan as cvxpy expressions.

    Weights are fractions of the account's value (``value_usd``); what ends in ``_usd`` is in dollars.

    Attributes
    ----------
    value_usd : float
        The account's value: weight x value_usd = dollars.
    universe : Universe
        n names, in the order of all arrays by name.
    lots : tuple of TaxLot
        L lots, in the order of ``sells``.
    buys, sold : expression of shape (n,)
        Weight bought and sold of each name, at least 0.
    sells : expression of shape (L,)
        Weight sold of each lot, at least 0.
    active : expression of shape (n,)
        Weight after trading minus the target's weight.
    exposures : expression of shape (k,)
        Factor exposures of the active weights.
    weights_now, target : ndarray of shape (n,)
        Weights before trading, and the target's: figures, not variables.
    """

    def __init__(self, symbols: SymbolicPlan, scope: Scope) -> None:
        holdings = scope.holdings
        self._scope = scope
        self.value_usd = holdings.value_usd
        self.universe, self.lots = scope.universe, scope.lots
        self.buys, self.sells, self.sold = symbols.buys, symbols.sells, symbols.sold
        self.active, self.exposures = symbols.active, symbols.exposures
        self.weights_now: FloatArray = holdings.held
        self.target: FloatArray = holdings.target

    @property
    def weights(self) -> Any:  # noqa: ANN401 - cvxpy expressions, here and below
        """Weight of each name after trading, shape (n,)."""
        return self.active + self.target

    @property
    def trades(self) -> Any:  # noqa: ANN401
        """Net trade of each name as a weight, shape (n,): positive buys."""
        return self.active - self._scope.holdings.active

    @property
    def cash(self) -> Any:  # noqa: ANN401
        """Cash after trades and before trading costs, as a weight."""
        cp = cvxpy()
        return self._scope.holdings.cash + cp.sum(self.sells) - cp.sum(self.buys)

    @property
    def holdings_usd(self) -> Any:  # noqa: ANN401
        """Value held of each name after trading, shape (n,)."""
        return self.value_usd * self.weights

    @property
    def buys_usd(self) -> Any:  # noqa: ANN401
        """Bought of each name, shape (n,)."""
        return self.value_usd * self.buys

    @property
    def sold_usd(self) -> Any:  # noqa: ANN401
        """Sold of each name, shape (n,)."""
        return self.value_usd * self.sold

    @property
    def sells_usd(self) -> Any:  # noqa: ANN401
        """Sold of each lot, shape (L,)."""
        return self.value_usd * self.sells

    @property
    def trades_usd(self) -> Any:  # noqa: ANN401
        """Net trade of each name, shape (n,)."""
        return self.value_usd * self.trades

    @property
    def cash_usd(self) -> Any:  # noqa: ANN401
        """Cash after trades and before trading costs."""
        return self.value_usd * self.cash

    def position(self, name: str) -> int:
        """Where a name, by ticker or security id, stands in the arrays.

        Raises
        ------
        UnknownSecurityError
            If the universe does not hold it.
        InputError
            If more than one name has this ticker.
        """
        if name in self.universe.positions:
            return self.universe.positions[name]
        found = [i for i, s in enumerate(self.universe.securities) if s.ticker == name]
        if not found:
            raise UnknownSecurityError.from_missing([name], "An own term or rule")
        if len(found) > 1:
            ids = ", ".join(self.universe.securities[i].security_id for i in found)
            raise InputError(
                f"The ticker {name!r} is not one name but {len(found)}.", hint=f"Use one of the ids: {ids}."
            )
        return found[0]

    def weight(self, name: str) -> Any:  # noqa: ANN401
        """Weight of a name (ticker or id) after trading."""
        return self.weights[self.position(name)]

    def active_weight(self, name: str) -> Any:  # noqa: ANN401
        """Weight of a name after trading minus its target's."""
        return self.active[self.position(name)]

    def held_usd(self, name: str) -> Any:  # noqa: ANN401
        """Value held of a name after trading."""
        return self.value_usd * self.weight(name)

    def members(self, label: str, value: str) -> FloatArray:
        """1 for each name of a sector, industry or country, else 0, shape (n,): ``members("sector", "Energy")``.

        Raises
        ------
        InputError
            If there is no such label, or no name has the value.
        """
        if label not in _LABELS:
            raise InputError(f"Names have no label {label!r}.", hint=f"They have: {', '.join(_LABELS)}.")
        of_name = [getattr(s, label) for s in self.universe.securities]
        if value not in of_name:
            known = ", ".join(sorted(set(of_name) - {""})) or "none"
            raise InputError(f"No name has the {label} {value!r}.", hint=f"There are: {known}.")
        return np.array([1.0 if v == value else 0.0 for v in of_name])

    def sector(self, name: str) -> Any:  # noqa: ANN401
        """Weight of a sector after trading."""
        return self.members("sector", name) @ self.weights

    def exposure(self, factor: str) -> Any:  # noqa: ANN401
        """Active exposure to a factor of the risk model.

        Raises
        ------
        InputError
            If the risk model does not have it.
        """
        factors = self._scope.risk.factors
        if factor not in factors:
            raise InputError(f"The risk model has no factor {factor!r}.", hint=f"It has: {', '.join(factors)}.")
        return self.exposures[factors.index(factor)]

    def lot(self, lot_id: str) -> Any:  # noqa: ANN401
        """Weight sold of one lot.

        Raises
        ------
        InputError
            If the account has no such lot.
        """
        for at, lot in enumerate(self.lots):
            if lot.lot_id == lot_id:
                return self.sells[at]
        raise InputError(f"The account has no lot {lot_id!r}.", hint="`symbols.lots` lists them, in order.")
