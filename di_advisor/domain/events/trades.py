"""Trades: purchases, sales, and which lots a sale takes.

Commissions on a purchase add to basis, costs of a sale reduce its proceeds. The lots of a sale are
chosen by the earlier of settlement and the day Rule 15c6-1 requires (26 CFR 1.1012-1(c)(8)); who
chose, and when, is part of the event, because afterwards the choice is final.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from di_advisor.domain.amounts import Exact, as_fraction, exact
from di_advisor.domain.events.checks import day, fail, not_negative, positive, text
from di_advisor.domain.events.event import AccountEvent
from di_advisor.errors import InputError

__all__ = ["BY_LAW", "Buy", "LotChoice", "LotMethod", "LotShares", "Reinvestment", "Sell"]


class LotMethod(StrEnum):
    """How the lots of a sale are chosen.

    FIFO is the default of the law (26 CFR 1.1012-1(c)(1)); all others are ways of choosing lots
    under specific identification.
    """

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    SPECIFIC = "specific"
    TAX_OPTIMAL = "tax_optimal"

    @classmethod
    def _missing_(cls, value: object) -> LotMethod | None:
        if isinstance(value, str) and value.casefold() in {m.value for m in cls}:
            return cls(value.casefold())
        if isinstance(value, str) and value.casefold() == "average":
            raise InputError(
                "Average basis is for fund shares and reinvestment plans only (26 CFR 1.1012-1(e)), not for stock.",
                hint=f"Use one of: {', '.join(m.value for m in cls)}.",
            )
        raise InputError(f"{value!r} is not a way to choose lots.", hint=f"Use one of: {', '.join(cls)}.")


@dataclass(frozen=True, slots=True)
class LotShares:
    """Shares of one lot; all that is left of it where ``shares`` is None."""

    lot_id: str
    shares: Exact | None = None

    def __post_init__(self) -> None:
        if self.shares is not None:
            object.__setattr__(self, "shares", exact(self.shares, f"shares named of lot {self.lot_id}"))
            if self.shares <= 0:
                raise InputError(
                    f"{self.shares} shares are named of lot {self.lot_id}.",
                    hint="Name more than zero, or leave it out.",
                )


@dataclass(frozen=True, slots=True)
class LotChoice:
    """Which lots a sale takes, chosen by whom and when.

    Attributes
    ----------
    method : LotMethod
        SPECIFIC and TAX_OPTIMAL name their lots; the others need none.
    lots : tuple of LotShares
        Lots named.
    rest : LotMethod or None
        For shares that the named lots do not cover: None makes that an error, never a silent FIFO.
    chosen_on : date or None
        The day the broker was told; None for a standing order.
    chosen_by : str
        Who chose.
    """

    method: LotMethod = LotMethod.FIFO
    lots: tuple[LotShares, ...] = ()
    rest: LotMethod | None = None
    chosen_on: date | None = None
    chosen_by: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", LotMethod(self.method))
        object.__setattr__(self, "lots", tuple(self.lots))
        named = [n.lot_id for n in self.lots]
        if len(set(named)) < len(named):
            raise InputError(f"A lot is named twice: {named}.", hint="Name each lot once, with all its shares.")
        if self.method in (LotMethod.SPECIFIC, LotMethod.TAX_OPTIMAL) and not self.lots:
            raise InputError(
                f"The method {self.method.value} names no lots.",
                hint="Name the lots (tax_optimal is resolved to lots when the choice is made, and recorded so).",
            )
        if self.method not in (LotMethod.SPECIFIC, LotMethod.TAX_OPTIMAL) and (self.lots or self.rest):
            raise InputError(
                f"The method {self.method.value} chooses by itself, and lots are named.",
                hint="Use the method specific.",
            )
        if self.rest in (LotMethod.SPECIFIC, LotMethod.TAX_OPTIMAL):
            raise InputError(f"The rest cannot be chosen by {self.rest.value}.", hint="Use fifo, lifo or hifo.")


BY_LAW: Final = LotChoice()
"""No choice was made: first in, first out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buy(AccountEvent):
    """A purchase.

    Attributes
    ----------
    security_id : str
        What was bought.
    shares : Decimal or Fraction
        More than zero.
    amount_usd : Decimal or Fraction
        Price times shares, without fees.
    fees_usd : Decimal or Fraction
        Commission and fees, added to basis.
    lot_id : str
        The lot it opens; the event's id when left out.
    purchase_id : str
        Fills of one order share it: parts of one purchase do not replace each other (Rev. Rul.
        56-602). The event's id when left out.
    settles_on : date or None
        Settlement date.
    """

    security_id: str
    shares: Exact
    amount_usd: Exact
    fees_usd: Exact = 0  # type: ignore[assignment]
    lot_id: str = ""
    purchase_id: str = ""
    settles_on: date | None = None

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")
        not_negative(self, "amount_usd", "fees_usd")
        day(self, "settles_on")
        for name in ("lot_id", "purchase_id"):
            object.__setattr__(self, name, getattr(self, name) or self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinvestment(Buy):
    """A dividend that bought shares by itself: a purchase like any other, which can wash a loss."""

    def __post_init__(self) -> None:
        Buy.__post_init__(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sell(AccountEvent):
    """A sale.

    Attributes
    ----------
    security_id : str
        What was sold.
    shares : Decimal or Fraction
        More than zero.
    amount_usd : Decimal or Fraction
        Price times shares, without fees.
    fees_usd : Decimal or Fraction
        Costs of the sale, taken off the proceeds.
    choice : LotChoice
        Which lots.
    settles_on : date or None
        Settlement date, where known.
    """

    security_id: str
    shares: Exact
    amount_usd: Exact
    fees_usd: Exact = 0  # type: ignore[assignment]
    choice: LotChoice = BY_LAW
    settles_on: date | None = None

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")
        not_negative(self, "amount_usd", "fees_usd")
        day(self, "settles_on")
        if self.settles_on is not None and self.settles_on < self.on:
            raise fail(self, "settles_on", f"is {self.settles_on}, before the trade on {self.on}.", "Check both dates.")
        named = [n.shares for n in self.choice.lots]
        if any(shares is None for shares in named):
            return
        covered = sum((as_fraction(shares) for shares in named if shares is not None), as_fraction(0))
        if named and covered > as_fraction(self.shares):
            raise fail(self, "choice", f"names {covered} shares, and {self.shares} were sold.", "Name fewer shares.")
