"""Trades that stay as they are while everything else is solved anew: a side, whole figures, and the lots.

Problem: a person agrees with a trade and wants the rest worked out around it. Decision: what is kept is shares, by
lot for a sale, never a weight: prices and the account's value may move, the order does not. Limits: one side a
name; a lot that is no longer there, or too small, is said and not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.portfolio import Side
from di_advisor.domain.trades import Trade
from di_advisor.errors import InputError

__all__ = ["KeptTrade", "kept_of"]


@dataclass(frozen=True)
class KeptTrade:
    """What is kept of one name.

    Attributes
    ----------
    side : Side
        Buy or sell.
    shares : Decimal
        In all, more than 0.
    lots : Mapping of str to Decimal
        Shares by lot id, which add up to ``shares``; empty for a buy.

    Raises
    ------
    InputError
        If the shares are none, or the lots do not add up to them.
    """

    side: Side
    shares: Decimal
    lots: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "side", Side(self.side))
        object.__setattr__(self, "lots", FrozenMap(dict(self.lots)))
        whole = sum(self.lots.values(), Decimal(0)) if self.side is Side.SELL else self.shares
        fits = bool(self.lots) is (self.side is Side.SELL)
        if not (self.shares > 0 and fits and whole == self.shares and all(q > 0 for q in self.lots.values())):
            raise InputError(
                f"A kept trade of {self.shares} shares has lots of {whole}.",
                hint="Give more than 0 shares; a sale names its lots, whose shares add up to it, a buy names none.",
            )


def kept_of(trades: Iterable[Trade]) -> dict[str, KeptTrade]:
    """Trades as they are kept, by security id.

    Raises
    ------
    InputError
        If a name is on both sides.
    """
    of_name: dict[str, list[Trade]] = {}
    for trade in trades:
        of_name.setdefault(trade.security_id, []).append(trade)
    found = {}
    for security_id, mine in of_name.items():
        side = mine[0].side
        if any(t.side is not side for t in mine):
            raise InputError(
                f"{mine[0].ticker} is sold and bought in one proposal.",
                hint="Keep neither, or reject one side and propose again.",
                security_id=security_id,
            )
        lots = {t.lot_id: t.shares for t in mine} if side is Side.SELL else {}
        found[security_id] = KeptTrade(side, sum((t.shares for t in mine), Decimal(0)), lots)
    return found
