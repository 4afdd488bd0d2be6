"""A proposed trade: whole figures a broker can take, and its reasons in dollars.

Dollars by term follow the objective's sign: positive hurts, negative helps, and over all trades
they sum to the change of the objective to the cent. A sale names its lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.portfolio import Side

__all__ = ["Trade"]


@dataclass(frozen=True)
class Trade:
    """Buy of a name, or sale from one tax lot.

    Attributes
    ----------
    security_id, ticker, name, sector : str
        What is traded.
    side : Side
        Buy or sell.
    shares : Decimal
        More than zero.
    price_usd : Decimal
        Price per share used.
    value_usd : Decimal
        Shares times price, in cents.
    lot_id : str
        The lot sold; empty for a buy.
    acquired : date or None
        When the lot was bought.
    long_term : bool or None
        Term of the gain; None for a buy, and where gains are not taxed (IRA, Roth).
    gain_usd : Decimal or None
        Gain realised, negative for a loss, in cents; None for a buy, and where gains are not taxed.
    dollars : Mapping of str to Decimal
        Change of each objective term that this trade causes, in cents; positive hurts.
    sentence : str
        Why, in plain words. Not escaped: whoever renders it escapes it.
    facts : Mapping of str to str
        Further facts for a card (weights before and after, wash-sale dates), as text.
    """

    security_id: str
    ticker: str
    name: str
    sector: str
    side: Side
    shares: Decimal
    price_usd: Decimal
    value_usd: Decimal
    lot_id: str = ""
    acquired: date | None = None
    long_term: bool | None = None
    gain_usd: Decimal | None = None
    dollars: Mapping[str, Decimal] = field(default_factory=dict)
    sentence: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dollars", FrozenMap(self.dollars))
        object.__setattr__(self, "facts", FrozenMap(self.facts))

    @property
    def benefit_usd(self) -> Decimal:
        """What the trade is worth: minus the sum of its dollars by term."""
        return -sum(self.dollars.values(), Decimal(0))
