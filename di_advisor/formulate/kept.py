"""Kept trades in a problem: their lots and names have room for exactly what is kept, and for nothing else.

A kept trade is exempt from the minimum and the largest trade, which size new ones; every other rule counts it,
and where the rules cannot be kept with it, that there is no plan is said as for any other wish.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Side
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.formulate.plan import Holdings

__all__ = ["KEPT_TEXT", "KeptShares", "kept_shares"]

KEPT_TEXT = " Kept trades are made as they were kept, to the share."
_ROOM = 1e-10
"""Half-width of the box of a kept name, a weight: for round-off only; settling then takes the shares themselves."""


@dataclass(frozen=True)
class KeptShares:
    """Kept trades by position.

    Attributes
    ----------
    sells : dict of int to Decimal
        Shares by lot.
    buys : dict of int to Decimal
        Shares by name.
    names : ndarray of bool, shape (n,)
        Names that are kept.
    """

    sells: dict[int, Decimal]
    buys: dict[int, Decimal]
    names: NDArray[np.bool_]

    @classmethod
    def none(cls, n: int) -> KeptShares:
        """Nothing is kept of n names."""
        return cls({}, {}, np.zeros(n, dtype=np.bool_))

    def limits(
        self,
        signals: Signals,
        holdings: Holdings,
        name_limits: tuple[FloatArray, FloatArray],
        sides: tuple[FloatArray, FloatArray],
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Lower and upper active weights, and the largest sale of each lot and buy of each name, with what is kept."""
        (lower, upper), (sell_max, buy_max) = name_limits, sides
        price = [float(p) for p in signals.market.price_usd]
        of_kept = self.names[holdings.lot_name]
        sell_max, buy_max = np.where(of_kept, 0.0, sell_max), np.where(self.names, 0.0, buy_max)
        for lot, shares in self.sells.items():
            sell_max[lot] = float(shares) * price[int(holdings.lot_name[lot])] / holdings.value_usd
        for name, shares in self.buys.items():
            buy_max[name] = float(shares) * price[name] / holdings.value_usd
        sold = np.bincount(holdings.lot_name, weights=np.where(of_kept, sell_max, 0.0), minlength=len(buy_max))
        after = holdings.active - sold + np.where(self.names, buy_max, 0.0)
        lower = np.where(self.names, after - _ROOM, lower)
        return lower, np.where(self.names, after + _ROOM, upper), sell_max, buy_max


def kept_shares(
    signals: Signals, sellable: NDArray[np.bool_] | None = None, buyable: NDArray[np.bool_] | None = None
) -> KeptShares | None:
    """Kept trades of an account by position; None where there are none.

    Parameters
    ----------
    signals : Signals
        With what is kept.
    sellable, buyable : ndarray of bool, shapes (L,) and (n,), optional
        What locks and the mode leave open; checked where given.

    Raises
    ------
    InputError
        If a kept trade cannot be made any more: no such name or lot, too few shares, or locked.
    """
    account, universe = signals.account, signals.market.universe
    if not account.kept:
        return None
    place = {lot.lot_id: at for at, lot in enumerate(account.lots)}
    sells: dict[int, Decimal] = {}
    buys: dict[int, Decimal] = {}
    names = np.zeros(len(universe), dtype=np.bool_)
    for security_id, kept in account.kept.items():
        name = universe.positions.get(security_id)
        if name is None:
            raise _gone(security_id, "it has no price")
        names[name] = True
        ticker = universe.securities[name].ticker
        if kept.side is Side.BUY:
            if buyable is not None and not buyable[name]:
                raise _gone(ticker, "it may not be bought")
            buys[name] = kept.shares
        for lot_id, shares in kept.lots.items():
            at = place.get(lot_id, -1)
            if at < 0 or account.lot_name[at] != name or as_fraction(account.lots[at].shares) < as_fraction(shares):
                raise _gone(ticker, f"lot {lot_id} does not hold {shares} shares of it")
            if sellable is not None and not sellable[at]:
                raise _gone(ticker, f"lot {lot_id} may not be sold")
            sells[at] = shares
    return KeptShares(sells, buys, names)


def _gone(name: str, why: str) -> InputError:
    return InputError(f"The kept trade of {name} cannot be made: {why}.", hint="Take the lock back, and propose again.")
