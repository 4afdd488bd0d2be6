"""An account before and after final orders, in exact decimals: what checks of wishes are reckoned from.

Reads signals, mandate and orders only, and knows nothing of problems, plans, segments or solvers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.exclusions import Exclusion, Unknown
from di_advisor.domain.mandate import Mandate, Rounding, TradingMode
from di_advisor.domain.signals import Signals
from di_advisor.units import ROUND_LOT_SHARES

__all__ = ["TOLERANCE", "Broken", "FinalAccount", "FinalOrders", "as_decimal", "or_infinite"]

TOLERANCE = 1e-6
"""By how much a limit on a weight may be passed: a dollar in a million."""

_ZERO = Decimal(0)


@dataclass(frozen=True)
class FinalOrders:
    """Shares sold by position of the lot, and bought by position of the name."""

    sells: Mapping[int, Decimal]
    buys: Mapping[int, Decimal]


@dataclass(frozen=True)
class Broken:
    """A wish that is not kept: the field of the mandate, what happened, and by how much."""

    wish: str
    what: str
    excess: float = math.nan


class FinalAccount:
    """The account before and after the orders: dollars in Decimal, weights of what remains as floats.

    Parameters
    ----------
    signals : Signals
        Market and account.
    mandate : Mandate
        The wishes.
    orders : FinalOrders
        Exact shares.
    """

    def __init__(self, signals: Signals, mandate: Mandate, orders: FinalOrders) -> None:
        account, price = signals.account, signals.market.price_usd
        self.signals, self.mandate, self.orders = signals, mandate, orders
        n = len(price)
        self.held_usd, self.sold_usd, self.bought_usd = [_ZERO] * n, [_ZERO] * n, [_ZERO] * n
        for i, lot in enumerate(account.lots):
            name = int(account.lot_name[i])
            self.held_usd[name] += as_decimal(lot.shares) * price[name]
            self.sold_usd[name] += orders.sells.get(i, _ZERO) * price[name]
        for name, shares in orders.buys.items():
            self.bought_usd[name] += shares * price[name]
        self.aside = Decimal(0) if mandate.withdrawal_usd == 0 else as_decimal(mandate.withdrawal_usd)
        value = sum(self.held_usd, _ZERO) + account.cash_usd
        self.value = value if mandate.mode is TradingMode.LIQUIDATE else value - self.aside
        sold, bought = np.array(self.sold_usd, dtype=np.float64), np.array(self.bought_usd, dtype=np.float64)
        costs = signals.market.costs
        self.cost_usd = float(costs.cost_usd(-sold).sum() + costs.cost_usd(bought).sum())
        self.cash_before_cost = account.cash_usd + sum(self.sold_usd, _ZERO) - sum(self.bought_usd, _ZERO) - self.aside
        self.traded = sold + bought
        self.held = np.array(self.held_usd, dtype=np.float64) / float(self.value)
        self.net = (bought - sold) / float(self.value)
        self.after = self.held + self.net
        self.target = account.target_weight
        self.active = self.after - self.target

    def ticker(self, name: int) -> str:
        """What a name is called."""
        return self.signals.market.universe.securities[name].ticker

    @property
    def step(self) -> Decimal:
        """Smallest number of shares that an order can differ by."""
        if self.mandate.rounding is Rounding.FRACTIONAL:
            return Decimal(1).scaleb(-self.mandate.share_decimals)
        return Decimal(ROUND_LOT_SHARES if self.mandate.rounding is Rounding.ROUND_LOTS else 1)

    @property
    def least_trade_usd(self) -> float:
        """Smallest trade of a name: the larger of the mandate's two minima."""
        return max(float(self.mandate.min_trade_usd), self.mandate.min_trade_weight * float(self.value))

    def is_sold_out(self, name: int) -> bool:
        """Whether nothing is left of a name that was held: no minimum holds that back."""
        return self.held_usd[name] > 0 and self.sold_usd[name] == self.held_usd[name]

    def is_open(self, lot: int) -> bool:
        """Whether no lock keeps a lot from being sold."""
        account = self.signals.account
        return bool(account.lot_sellable[lot] and account.lot_known[lot] and account.can_sell[account.lot_name[lot]])

    def free_usd(self, name: int) -> float:
        """What no lock keeps from being sold of a name."""
        account = self.signals.account
        mine = [i for i in np.flatnonzero(account.lot_name == name).tolist() if self.is_open(i)]
        shares = sum((as_decimal(account.lots[i].shares) for i in mine), _ZERO)
        return float(shares * self.signals.market.price_usd[name])

    def most_usd(self, name: int) -> float:
        """Largest trade of a name."""
        capped = or_infinite(self.mandate.participation_max) * float(self.signals.market.adv_usd[name])
        return min(or_infinite(self.mandate.max_trade_usd), capped)

    @cached_property
    def screened(self) -> NDArray[np.bool_]:
        """Names that some exclusion takes out, shape (k exclusions, n)."""
        market = self.signals.market
        found = np.zeros((len(self.mandate.exclusions), len(self.held)), dtype=np.bool_)
        for k, each in enumerate(self.mandate.exclusions):
            for i, security in enumerate(market.universe.securities):
                met = [bool(c.holds(market.esg[c.measure][i : i + 1])[0]) for c in each.conditions]
                listed = security.security_id in each.security_ids or security.industry in each.labels
                found[k, i] = listed or (bool(met) and all(met)) or self._in_doubt(each, i)
        return found

    def _in_doubt(self, exclusion: Exclusion, name: int) -> bool:
        """Whether a strict screen cannot tell: a figure or the industry is missing, and no figure clears the name."""
        if exclusion.unknown is not Unknown.STRICT:
            return False
        market = self.signals.market
        figures = [(c, market.esg[c.measure][name : name + 1]) for c in exclusion.conditions]
        blank = [bool(np.isnan(figure[0])) for _, figure in figures]
        cleared = any(not b and not c.holds(figure)[0] for b, (c, figure) in zip(blank, figures, strict=True))
        unclassified = bool(exclusion.labels) and not market.universe.securities[name].industry
        return (any(blank) and not cleared) or unclassified

    @cached_property
    def leaves(self) -> NDArray[np.bool_]:
        """Names that must not be held, or that an exclusion takes out, shape (n,)."""
        ids = self.signals.market.universe.security_ids
        return np.array([s in self.mandate.do_not_hold for s in ids], dtype=np.bool_) | self.screened.any(axis=0)

    @cached_property
    def stand_ins(self) -> NDArray[np.bool_]:
        """Names outside the target that may stand in for others, shape (n,)."""
        given = {s for of in self.mandate.replacements.values() for s in of}
        named = np.array([s in given for s in self.signals.market.universe.security_ids], dtype=np.bool_)
        return np.asarray(named & (self.target <= 0), dtype=np.bool_)


def as_decimal(amount: object) -> Decimal:
    """An exact amount in decimals."""
    exact = as_fraction(amount)  # type: ignore[arg-type]  # Decimal or Fraction
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def or_infinite(limit: object) -> float:
    """A limit, infinite where there is none."""
    return math.inf if limit is None else float(limit)  # type: ignore[arg-type]  # Decimal, Fraction or float
