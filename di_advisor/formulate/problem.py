"""The problem: separable names, factor exposures with a box each, and a handful of coupling rows.

All weights and objective figures are fractions of the account's value, so that one set of
tolerances serves every account; `Block.value_usd` turns them into dollars.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.errors import InputError
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.rules import Rule
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.formulate.terms import Term
from di_advisor.formulate.wash_prices import WashPrices

__all__ = ["Block", "Problem"]

_WHOLE = 1e-9


@dataclass(frozen=True)
class Block:
    """One account at one stage.

    The objective, to be minimised, over segment amounts x with active weights
    ``z = active + sum of signed amounts`` and exposures ``e = X' z``::

        aversion (e' F e + s . z^2) + impact . (z - active)^2 + slope . x

    Attributes
    ----------
    account_id : str
        The account.
    holdings : Holdings
        Before trading.
    segments : Segments
        Pieces of trades with their slopes.
    risk : FactorRisk
        X, F and s.
    aversion : float
        Price of variance, objective fraction per unit of variance.
    impact : ndarray of shape (n,)
        Quadratic cost per squared net trade.
    active_lower, active_upper : ndarray of shape (n,)
        Limits of active weights.
    exposure_lower, exposure_upper : ndarray of shape (k,)
        Box of exposures.
    rows : tuple of Row
        Coupling rows.
    tracking_error_max : float or None
        Hard cap.
    min_trade : ndarray of shape (n,)
        A name's net trade is zero or at least this, or all of a position that is smaller (`least_sale`).
    groups : ndarray of int, shape (n,)
        Substantially identical group of each name: a group that is sold at a loss is not bought.
    power : ndarray of shape (n, 2), optional
        Cost per 3/2 power of the weight sold, and of the weight bought, beside the slopes.
    tilt : ndarray of shape (n,), optional
        What the slopes charge per unit of net trade of each name, kept for those who price whole names.
    wash : WashPrices, optional
        What washed parts of trades cost beside the slopes; None where wash sales are banned.
    names_max, trades_max : int, optional
        Most names held after, and most names traded.
    share_step : ndarray of shape (n,), optional
        Weight of the smallest number of shares that an order can differ by; None where any amount may be traded.
    begins_at : ndarray of shape (k,), optional
        Prices of exposures at which a solve may begin; None where nothing is known.
    """

    account_id: str
    holdings: Holdings
    segments: Segments
    risk: FactorRisk
    aversion: float
    impact: FloatArray
    active_lower: FloatArray
    active_upper: FloatArray
    exposure_lower: FloatArray
    exposure_upper: FloatArray
    rows: tuple[Row, ...]
    tracking_error_max: float | None
    min_trade: FloatArray
    groups: NDArray[np.int64]
    power: FloatArray | None = None
    tilt: FloatArray | None = None
    wash: WashPrices | None = None
    names_max: int | None = None
    trades_max: int | None = None
    share_step: FloatArray | None = None
    begins_at: FloatArray | None = None

    @cached_property
    def sellable(self) -> FloatArray:
        """Weight that may be sold of each name, shape (n,)."""
        s = self.segments
        found = np.bincount(s.name, weights=np.where(s.sell, s.width, 0.0), minlength=len(self.holdings.held))
        return np.asarray(found, dtype=np.float64)

    @cached_property
    def sells_out(self) -> NDArray[np.bool_]:
        """Names whose whole position may be sold and is smaller than the minimum trade: all of it or nothing, (n,)."""
        whole = (self.sellable > 0) & (self.sellable >= self.holdings.held * (1 - _WHOLE))
        in_limits = self.holdings.active - self.sellable >= self.active_lower - _WHOLE
        return np.asarray(whole & in_limits & (self.sellable < self.min_trade), dtype=np.bool_)

    @cached_property
    def least_sale(self) -> FloatArray:
        """Smallest sale of each name, shape (n,): the minimum trade, or all of a position that is smaller."""
        return np.asarray(np.where(self.sells_out, self.sellable, self.min_trade), dtype=np.float64)

    def least_of(self, net: FloatArray) -> FloatArray:
        """Smallest trade of each name on the side of net trades, shapes (n,)."""
        return np.asarray(np.where(net < 0, self.least_sale, self.min_trade), dtype=np.float64)


@dataclass(frozen=True)
class Problem:
    """Everything a solver needs, and what an explanation refers back to.

    Attributes
    ----------
    blocks : tuple of Block
        Account x stage.
    identical_groups : ndarray of int, shape (n,)
        Substantially identical group of each name, across blocks.
    terms : tuple of Term
        The objective, in USD.
    rules : tuple of Rule
        The rules, each with a sentence.
    rows, aggregates : tuple
        Couplings across blocks; empty for one account.
    opaque_terms, opaque_rules : tuple of Term, of Rule
        Those of the terms and rules that only a cone solver understands: a user's own, in cvxpy. The block
        is without them.
    memos : tuple of Term
        Amounts in USD that are reported beside the objective and not part of it.
    notes : tuple of str
        What a reader must know of how the wishes were read, one sentence each.
    """

    blocks: tuple[Block, ...]
    identical_groups: NDArray[np.int64]
    terms: tuple[Term, ...]
    rules: tuple[Rule, ...]
    rows: tuple[Row, ...] = ()
    aggregates: tuple[object, ...] = ()
    opaque_terms: tuple[Term, ...] = ()
    memos: tuple[Term, ...] = ()
    notes: tuple[str, ...] = ()
    opaque_rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if len(self.blocks) != 1 or self.rows or self.aggregates:
            raise InputError(
                "This version solves one account at one stage.",
                hint="Propose for each account by itself.",
            )

    @property
    def block(self) -> Block:
        """The only block."""
        return self.blocks[0]

    @property
    def is_opaque(self) -> bool:
        """Whether the block is not all of it: some own term or rule is for a cone solver only."""
        return bool(self.opaque_terms or self.opaque_rules)

    @property
    def opaque_names(self) -> tuple[str, ...]:
        """Names of the own terms and rules that only a cone solver understands."""
        return (*(t.name for t in self.opaque_terms), *(r.name for r in self.opaque_rules))

    @property
    def separable_terms(self) -> tuple[Term, ...]:
        """The terms that the block holds."""
        return tuple(t for t in self.terms if t not in self.opaque_terms)
