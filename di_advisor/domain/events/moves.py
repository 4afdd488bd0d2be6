"""Accounts, and shares that move without being bought or sold: transfers, gifts, inheritances.

None of these is a purchase, so none can wash a loss (26 CFR 1.1091-1(a)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from di_advisor.domain.amounts import Exact
from di_advisor.domain.events.checks import day, fail, not_negative, one_of, positive, text
from di_advisor.domain.events.event import AccountEvent
from di_advisor.domain.events.trades import BY_LAW, LotChoice
from di_advisor.domain.portfolio import AccountKind

__all__ = [
    "GiftGiven",
    "GiftReceived",
    "Inheritance",
    "OpenAccount",
    "Recipient",
    "Transfer",
    "TransferIn",
    "TransferOut",
]


class Recipient(StrEnum):
    """Who receives a gift."""

    PERSON = "person"
    SPOUSE = "spouse"
    CHARITY = "charity"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount(AccountEvent):
    """An account that is seen from now on.

    Attributes
    ----------
    kind : AccountKind
        How the law sees it.
    reinvests_dividends : bool
        Whether dividends buy shares by themselves.
    """

    kind: AccountKind = AccountKind.TAXABLE
    reinvests_dividends: bool = False

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        one_of(self, "kind", AccountKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferIn(AccountEvent):
    """Shares that came from a custodian that this journal does not see; also an opening balance.

    Attributes
    ----------
    security_id : str
        What came.
    shares : Decimal or Fraction
        More than zero.
    basis_total_usd : Decimal, Fraction or None
        Adjusted basis of all of it; None where it is not known yet.
    acquired : date or None
        Original trade date; None where it is not known.
    held_since : date or None
        Effective start of the holding period; ``acquired`` when left out.
    lot_id : str
        The lot it becomes; the event's id when left out.
    purchase_id : str
        As for a purchase, where the shares were bought recently.
    """

    security_id: str
    shares: Exact
    basis_total_usd: Exact | None
    acquired: date | None
    held_since: date | None = None
    lot_id: str = ""
    purchase_id: str = ""

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")
        not_negative(self, "basis_total_usd")
        day(self, "acquired", "held_since")
        if self.acquired is not None and self.acquired > self.on:
            raise fail(self, "acquired", f"is {self.acquired}, after the transfer on {self.on}.", "Check both dates.")
        for name in ("lot_id", "purchase_id"):
            object.__setattr__(self, name, getattr(self, name) or self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOut(AccountEvent):
    """Shares that left for a custodian that this journal does not see: no sale."""

    security_id: str
    shares: Exact
    choice: LotChoice = BY_LAW

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(AccountEvent):
    """Shares that moved between two accounts of this journal, with basis and dates: no sale, no purchase.

    Attributes
    ----------
    to_account_id : str
        Where they went.
    security_id : str
        What moved.
    shares : Decimal or Fraction
        More than zero.
    choice : LotChoice
        Which lots.
    """

    to_account_id: str
    security_id: str
    shares: Exact
    choice: LotChoice = BY_LAW

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id", "to_account_id")
        positive(self, "shares")
        if self.to_account_id == self.account_id:
            raise fail(self, "to_account_id", "is the account it came from.", "Name the account that received it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftReceived(AccountEvent):
    """Shares received as a gift: the donor's basis for a gain, the lower of it and the value for a loss (26 USC 1015).

    Attributes
    ----------
    security_id : str
        What came.
    shares : Decimal or Fraction
        More than zero.
    donor_basis_usd, value_usd : Decimal or Fraction
        The donor's adjusted basis, and the fair market value on the day of the gift, both in all.
    donor_held_since : date
        Effective start of the donor's holding period; it tacks when the donor's basis is used.
    lot_id : str
        The lot it becomes; the event's id when left out.
    """

    security_id: str
    shares: Exact
    donor_basis_usd: Exact
    value_usd: Exact
    donor_held_since: date
    lot_id: str = ""

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")
        not_negative(self, "donor_basis_usd", "value_usd")
        day(self, "donor_held_since")
        if self.donor_held_since > self.on:
            raise fail(self, "donor_held_since", f"is after the gift on {self.on}.", "Check both dates.")
        object.__setattr__(self, "lot_id", self.lot_id or self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftGiven(AccountEvent):
    """Shares given away: no sale, no gain, no loss.

    Attributes
    ----------
    security_id : str
        What was given.
    shares : Decimal or Fraction
        More than zero.
    recipient : Recipient
        Who received it.
    value_usd : Decimal, Fraction or None
        Fair market value in all; needed for the deduction of a gift to charity.
    choice : LotChoice
        Which lots.
    """

    security_id: str
    shares: Exact
    recipient: Recipient
    value_usd: Exact | None = None
    choice: LotChoice = BY_LAW

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")
        not_negative(self, "value_usd")
        one_of(self, "recipient", Recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance(AccountEvent):
    """Shares inherited: basis is the value at death, up or down (26 USC 1014), always long-term (1223(9)).

    Attributes
    ----------
    security_id : str
        What came.
    shares : Decimal or Fraction
        More than zero.
    value_at_death_usd : Decimal or Fraction
        Fair market value on the day of death (or the alternate valuation date), in all.
    died_on : date
        Day of death.
    lot_id : str
        The lot it becomes; the event's id when left out.
    """

    security_id: str
    shares: Exact
    value_at_death_usd: Exact
    died_on: date
    lot_id: str = ""

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id")
        positive(self, "shares")
        not_negative(self, "value_at_death_usd")
        day(self, "died_on")
        if self.died_on > self.on:
            raise fail(self, "died_on", f"is after the shares came on {self.on}.", "Check both dates.")
        object.__setattr__(self, "lot_id", self.lot_id or self.event_id)
