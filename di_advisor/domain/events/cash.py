"""Cash: deposits, withdrawals, dividends, and cash paid for a fraction of a share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from di_advisor.domain.amounts import Exact
from di_advisor.domain.events.checks import day, not_negative, one_of, positive, text
from di_advisor.domain.events.event import AccountEvent

__all__ = ["CashInLieu", "Deposit", "Dividend", "DividendKind", "Withdrawal"]


class DividendKind(StrEnum):
    """What a dividend is, as far as its payer says; whether it is qualified also takes the holding days.

    Only ``common`` and ``preferred`` can qualify (26 USC 1(h)(11)); ``preferred_long`` is preferred
    stock whose dividends cover more than 366 days.
    """

    COMMON = "common"
    PREFERRED = "preferred"
    PREFERRED_LONG = "preferred_long"
    REIT = "reit"
    IN_LIEU = "payment_in_lieu"
    NONQUALIFIED = "nonqualified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(AccountEvent):
    """Cash paid in, in USD."""

    amount_usd: Exact

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        positive(self, "amount_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(AccountEvent):
    """Cash paid out, in USD, as a positive amount."""

    amount_usd: Exact

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        positive(self, "amount_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend(AccountEvent):
    """A dividend paid in cash (the part that is one: a return of capital is an event of its own).

    Attributes
    ----------
    security_id : str
        Who paid.
    amount_usd : Decimal or Fraction
        What came.
    ex_on : date or None
        Ex-dividend date; without it the holding days cannot be counted, and nothing qualifies.
    kind : DividendKind
        What it is.
    """

    security_id: str
    amount_usd: Exact
    ex_on: date | None = None
    kind: DividendKind = DividendKind.COMMON

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        not_negative(self, "amount_usd")
        day(self, "ex_on")
        one_of(self, "kind", DividendKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashInLieu(AccountEvent):
    """Cash for a fraction of a share that an action left over: received, then sold (Rev. Rul. 66-365).

    Attributes
    ----------
    security_id : str
        The security of which a fraction was due.
    amount_usd : Decimal or Fraction
        Cash paid for it.
    shares : Decimal, Fraction or None
        The fraction; all that is pending in the account when left out.
    """

    security_id: str
    amount_usd: Exact
    shares: Exact | None = None

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        not_negative(self, "amount_usd")
        positive(self, "shares")
