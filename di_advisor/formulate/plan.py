"""The decision: how much of each lot is sold and how much of each name is bought.

Weights are fractions of the account's value. A plan is plain arrays, so that terms and rules can
be evaluated on it without any solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

if TYPE_CHECKING:
    import cvxpy as cp

__all__ = ["Holdings", "Plan", "SymbolicPlan"]


@dataclass(frozen=True)
class Holdings:
    """The account before trading, as weights.

    Attributes
    ----------
    value_usd : float
        Account value; the unit of every weight.
    cash : float
        Cash weight.
    held : ndarray of shape (n,)
        Weight of each name.
    target : ndarray of shape (n,)
        Target weights.
    lot_name : ndarray of int, shape (L,)
        Name of each lot.
    lot_weight : ndarray of shape (L,)
        Weight of each lot.
    """

    value_usd: float
    cash: float
    held: FloatArray
    target: FloatArray
    lot_name: NDArray[np.int64]
    lot_weight: FloatArray

    @cached_property
    def active(self) -> FloatArray:
        """Active weights before trading, shape (n,); not to be written to."""
        found = np.asarray(self.held - self.target, dtype=np.float64)
        found.setflags(write=False)
        return found

    def nothing(self) -> Plan:
        """The plan that does not trade."""
        return Plan(np.zeros(len(self.lot_name)), np.zeros(len(self.held)))


@dataclass(frozen=True)
class Plan:
    """Weights sold from each lot and bought of each name.

    Attributes
    ----------
    sells : ndarray of shape (L,)
        At least 0.
    buys : ndarray of shape (n,)
        At least 0.
    """

    sells: FloatArray
    buys: FloatArray

    def sold(self, lot_name: NDArray[np.int64]) -> FloatArray:
        """Weight sold of each name, shape (n,)."""
        total = np.bincount(lot_name, weights=self.sells, minlength=len(self.buys))
        return np.asarray(total, dtype=np.float64)

    def net(self, lot_name: NDArray[np.int64]) -> FloatArray:
        """Net trade of each name, shape (n,); positive buys. Not to be written to.

        Every rule and term asks for it: that of the names asked for last is kept.
        """
        known: tuple[NDArray[np.int64], FloatArray] | None = self.__dict__.get("_net")
        if known is None or known[0] is not lot_name:
            net = np.asarray(self.buys - self.sold(lot_name), dtype=np.float64)
            net.setflags(write=False)
            known = self.__dict__["_net"] = (lot_name, net)
        return known[1]


@dataclass(frozen=True)
class SymbolicPlan:
    """The same decision as cvxpy variables, for the reference model.

    Attributes
    ----------
    sells, buys : cvxpy Variable of shape (L,), (n,)
        Weights.
    active : cvxpy Variable of shape (n,)
        Active weights after trading, tied to the trades by an equality.
    exposures : cvxpy Variable of shape (k,)
        Factor exposures of the active weights, tied by an equality.
    sold : cvxpy Expression of shape (n,)
        Weight sold of each name.
    """

    sells: cp.Variable
    buys: cp.Variable
    active: cp.Variable
    exposures: cp.Variable
    sold: Any
