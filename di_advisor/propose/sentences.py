"""One plain sentence for a trade, generated from facts. Not escaped: whoever renders it does that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from di_advisor.units import bps_from_fraction

__all__ = ["Move", "buy_sentence", "sell_sentence"]


_SERVES = "it raises the cash for better trades or keeps a rule"

_TOLD = ("tax", "trading cost", "active risk", "value of waiting", "wash sales")
"""Terms that have words of their own, or that only hold back a sale."""


@dataclass(frozen=True)
class Move:
    """A name's active weight before and after all its trades, as fractions.

    ``serves`` says what a trade is for where it costs more than it earns by itself.
    """

    before: float
    after: float
    serves: str = ""

    def clause(self) -> str:
        """What the trades do to the name's distance from its target."""
        before, after = bps_from_fraction(self.before), bps_from_fraction(self.after)

        def side(x: float) -> str:
            return f"{abs(x):.1f} bps {'over' if x > 0 else 'under'} target"

        if abs(before) < 0.05:
            return "the name stays at target" if abs(after) < 0.05 else f"the name goes from target to {side(after)}"
        if abs(after) < 0.05:
            return f"the name goes from {side(before)} to target"
        return f"the name goes from {side(before)} to {side(after)}"


def _usd(amount: Decimal) -> str:
    return f"${abs(amount):,.0f}" if abs(amount) >= 10 else f"${abs(amount):,.2f}"


def _purpose(dollars: Mapping[str, Decimal], why: str) -> str:
    """Why a trade that costs more than it earns by itself is still part of the plan."""
    return f"; by itself it costs {_usd(sum(dollars.values(), Decimal(0)))}: {why}" if _harm(dollars) else ""


def _harm(dollars: Mapping[str, Decimal]) -> bool:
    return sum(dollars.values(), Decimal(0)) > 0


def _effects(dollars: Mapping[str, Decimal]) -> str:
    """Risk and cost in one clause."""
    risk, cost = dollars.get("active risk", Decimal(0)), dollars.get("trading cost", Decimal(0))
    more = _further(dollars)
    if "active risk" not in dollars:  # a mode that does not price risk
        return f"which costs {_usd(cost)} to trade{more}"
    word = "lowers" if risk < 0 else "adds"
    preposition = "by" if risk < 0 else "worth"
    return f"which {word} priced risk {preposition} {_usd(risk)} and costs {_usd(cost)} to trade{more}"


def _further(dollars: Mapping[str, Decimal]) -> str:
    """Terms that a sentence says nothing else of, where they come to a dollar."""
    shown = [_said_of(name, amount) for name, amount in dollars.items() if name not in _TOLD and abs(amount) >= 1]
    return f"; it {' and '.join(shown)}" if shown else ""


def _said_of(name: str, amount: Decimal) -> str:
    """A charge is added or saved; a tilt, which pays where it is met, is given up or earned."""
    if " tilt" in name:
        return f"{'gives up' if amount > 0 else 'earns'} {_usd(amount)} of the {name}"
    return f"{'adds' if amount > 0 else 'saves'} {_usd(amount)} of {name}"


def sell_sentence(
    *,
    shares: str,
    ticker: str,
    acquired: date | None,
    long_term: bool | None,
    gain_usd: Decimal | None,
    dollars: Mapping[str, Decimal],
    move: Move,
) -> str:
    """Why a lot is sold."""
    term = "long-term" if long_term else "short-term"
    tax = dollars.get("tax", Decimal(0))
    lot = f"the lot of {acquired.isoformat()}" if acquired else "the lot"
    if gain_usd is None:
        what = "is not taxed in this account"
    elif gain_usd and "tax" not in dollars:  # a mode that leaves tax aside
        what = f"realises a {term} {'gain' if gain_usd > 0 else 'loss'} of {_usd(gain_usd)}, whose tax was not weighed"
    elif gain_usd < 0:
        what = f"realises a {term} loss of {_usd(gain_usd)}, which saves {_usd(tax)} of tax"
    elif gain_usd > 0:
        what = f"realises a {term} gain of {_usd(gain_usd)}, on which {_usd(tax)} of tax is due"
    else:
        what = "realises neither gain nor loss"
    return (
        f"Sell {shares} {ticker} from {lot}: it {what}; {move.clause()}, "
        f"{_effects(dollars)}{_purpose(dollars, move.serves or _SERVES)}."
    )


def buy_sentence(*, shares: str, ticker: str, dollars: Mapping[str, Decimal], move: Move) -> str:
    """Why a name is bought."""
    purpose = _purpose(
        dollars, "it puts the proceeds of sales back to work, within the limits of cash and of each name"
    )
    return f"Buy {shares} {ticker}: {move.clause()}, {_effects(dollars)}{purpose}."
