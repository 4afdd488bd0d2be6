"""Signals: everything the optimizer knows, as arrays aligned to one universe.

The only seam between statistics and optimisation. `MarketSignals` are shared by all accounts,
`AccountSignals` belong to one. Gains are measured before any tax: today's tax always comes from
the return, and ``continuation_usd`` (what a harvest model says of acting now against later) never
contains it, so nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import Exact
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgScale
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.kept_trades import KeptTrade
from di_advisor.domain.lot_columns import Units, units_of_decimals
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import AccountKind
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Security, Universe
from di_advisor.domain.washes import WashQuantities
from di_advisor.errors import InputError

__all__ = ["AccountSignals", "Lock", "LockKind", "MarketSignals", "Signals", "UnpricedPosition"]


class LockKind(StrEnum):
    """What a lock forbids."""

    NO_BUY = "no_buy"
    NO_SELL = "no_sell"
    NO_LOSS_SALE = "no_loss_sale"


@dataclass(frozen=True, slots=True)
class Lock:
    """A name or lot that may not be traded in some way, and why.

    Attributes
    ----------
    security_id : str
        The name.
    kind : LockKind
        What is forbidden.
    reason : str
        One sentence with figures and dates.
    until : date or None
        Last day of the lock; None when it has no end. The first safe day is the next one.
    lot_id : str
        The lot, where the lock is on a lot only; empty for the whole name.
    """

    security_id: str
    kind: LockKind
    reason: str
    until: date | None = None
    lot_id: str = ""


@dataclass(frozen=True, slots=True)
class UnpricedPosition:
    """Shares without a price: they are not traded, and the account's value is incomplete."""

    security_id: str
    shares: Exact


@dataclass(frozen=True)
class MarketSignals:
    """What is the same for all accounts.

    Attributes
    ----------
    as_of : date
        Tax date of the proposal.
    universe : Universe
        n priced names.
    price_usd : tuple of Decimal
        n prices per share, exact.
    risk : FactorRisk
        Same universe.
    costs : CostCurves
        Same universe.
    adv_usd : ndarray of shape (n,)
        Average daily volume, USD.
    esg : Mapping of str to ndarray of shape (n,)
        Measures by name; NaN where not covered.
    esg_scale : Mapping of str to EsgScale
        How a measure is read, where its source says so.
    provenance : Mapping of str to str
        By part: which model, which version, as of when.
    unpriced : tuple of Security
        Names the market knows but has no price of: not traded, and still part of their groups of
        substantially identical securities.
    dividend_yield_per_year, qualified_share : ndarray of shape (n,), optional
        Expected dividends of a year over the price, and the share of them that is qualified; NaN where
        not known.
    """

    as_of: date
    universe: Universe
    price_usd: tuple[Decimal, ...]
    risk: FactorRisk
    costs: CostCurves
    adv_usd: FloatArray
    esg: Mapping[str, FloatArray] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    unpriced: tuple[Security, ...] = ()
    dividend_yield_per_year: FloatArray | None = None
    qualified_share: FloatArray | None = None
    esg_scale: Mapping[str, EsgScale] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.universe)
        same = (len(self.price_usd), len(self.risk.universe), len(self.costs.universe), len(self.adv_usd))
        dividends = tuple(len(d) for d in (self.dividend_yield_per_year, self.qualified_share) if d is not None)
        if any(m != n for m in (*same, *dividends)):
            raise InputError(
                f"Market signals are not aligned: {n} names, and prices, risk, costs, volumes for {same}.",
                hint="Build them with signals.estimate on one universe.",
            )
        if np.isnan(self.adv_usd).any():
            raise InputError("A daily volume in adv_usd is not a number.", hint="Leave names without volume out.")
        object.__setattr__(self, "esg", FrozenMap(self.esg))
        object.__setattr__(self, "esg_scale", FrozenMap(self.esg_scale))
        object.__setattr__(self, "provenance", FrozenMap(self.provenance))

    @cached_property
    def price_float_usd(self) -> FloatArray:
        """Prices as floats, shape (n,), made once for all accounts; not to be written to."""
        found = np.array([float(p) for p in self.price_usd], dtype=np.float64)
        found.setflags(write=False)
        return found

    @cached_property
    def price_units(self) -> Units | None:
        """Prices as whole numbers of their last decimal, made once for all accounts; None where one has too many."""
        return units_of_decimals(self.price_usd)


@dataclass(frozen=True)
class AccountSignals:
    """What belongs to one account; arrays over its ``L`` priced lots, in the order of ``lots``.

    Attributes
    ----------
    account_id : str
        Key.
    value_usd : float
        Priced holdings plus cash that can be spent, USD.
    cash_usd : Decimal
        Cash that can be spent, exact.
    target_weight : ndarray of shape (n,)
        Weight of each name in the target; sums to 1.
    lots : sequence of TaxLot
        Lots with a price.
    lot_name : ndarray of int, shape (L,)
        Position of each lot's name in the universe.
    lot_value_usd : ndarray of shape (L,)
        Market value.
    lot_gain_usd : ndarray of shape (L,)
        Gain that a sale would realise for tax, negative for a loss; 0 where ``lot_known`` is false (such
        lots are not sold) and in a retirement account (nothing there is taxed).
    lot_long_term : ndarray of bool, shape (L,)
        Whether a sale today is long-term (26 USC 1222).
    lot_known : ndarray of bool, shape (L,)
        Whether basis and dates are known; true throughout a retirement account, where they do not matter.
    lot_sellable : ndarray of bool, shape (L,)
        Whether locks allow a sale.
    continuation_usd : ndarray of shape (L,)
        Value of selling the whole lot now against later, without today's tax; 0 without a model.
    can_buy : ndarray of bool, shape (n,)
        Whether locks allow a purchase.
    can_sell : ndarray of bool, shape (n,)
        Whether locks allow a sale at all.
    locks : sequence of Lock
        What is locked, and why; a tuple, or one that is made when somebody looks (`Deferred`).
    unpriced : tuple of UnpricedPosition
        Positions left alone because they have no price.
    accounts_seen : tuple of str
        Accounts whose fills were looked at for wash sales.
    kind : AccountKind
        How the law sees the account.
    washes : WashQuantities or None
        What could be washed today, where wash sales are priced; None where locks ban them.
    kept : Mapping of str to KeptTrade
        Trades by security id that are made as they are, whatever else is.
    begins_at : Mapping of str to float
        Prices of exposures by factor, of an earlier solve, at which the next one may begin; what is best does not
        depend on them.
    """

    account_id: str
    value_usd: float
    cash_usd: Decimal
    target_weight: FloatArray
    lots: Sequence[TaxLot]
    lot_name: NDArray[np.int64]
    lot_value_usd: FloatArray
    lot_gain_usd: FloatArray
    lot_long_term: NDArray[np.bool_]
    lot_known: NDArray[np.bool_]
    lot_sellable: NDArray[np.bool_]
    continuation_usd: FloatArray
    can_buy: NDArray[np.bool_]
    can_sell: NDArray[np.bool_]
    locks: Sequence[Lock] = ()
    unpriced: tuple[UnpricedPosition, ...] = ()
    accounts_seen: tuple[str, ...] = ()
    kind: AccountKind = AccountKind.TAXABLE
    washes: WashQuantities | None = None
    kept: Mapping[str, KeptTrade] = field(default_factory=dict)
    begins_at: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", FrozenMap(dict(self.kept)))
        object.__setattr__(self, "begins_at", FrozenMap(dict(self.begins_at)))
        if not (np.isfinite(self.value_usd) and self.value_usd > 0):
            raise InputError(
                f"Account {self.account_id} is worth {self.value_usd} USD.",
                hint="An account without priced lots or cash has nothing to rebalance.",
            )
        size = len(self.lots)
        for name in (
            "lot_name",
            "lot_value_usd",
            "lot_gain_usd",
            "lot_long_term",
            "lot_known",
            "lot_sellable",
            "continuation_usd",
        ):
            if len(getattr(self, name)) != size:
                raise InputError(f"{name} is not aligned to the {size} lots.", hint="Use signals.estimate.")
        for name in ("target_weight", "lot_value_usd", "lot_gain_usd", "continuation_usd"):
            if not np.isfinite(getattr(self, name)).all():
                raise InputError(
                    f"A figure in {name} is not a finite number.",
                    hint="Mark what is not known by lot_known.",
                    field=name,
                )

    def held_usd(self) -> FloatArray:
        """Market value held in each name, shape (n,), USD."""
        held = np.bincount(self.lot_name, weights=self.lot_value_usd, minlength=len(self.target_weight))
        return np.asarray(held, dtype=np.float64)


@dataclass(frozen=True)
class Signals:
    """Market and account together: the whole input of the optimizer, but for the mandate and the taxpayer."""

    market: MarketSignals
    account: AccountSignals

    def __post_init__(self) -> None:
        if len(self.account.target_weight) != len(self.market.universe):
            raise InputError("Account and market signals have different universes.", hint="Use signals.estimate.")
