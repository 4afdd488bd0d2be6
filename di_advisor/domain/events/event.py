"""What every event has in common, and how the law treats a corporate action.

Problem: lots must be derivable from what happened, by anyone, later. Decision: each thing that
happened is one frozen event with an id (importing it twice changes nothing), a day, and a source.
Trade dates, ex-dates and effective dates are the exchange's local days; settlement never decides a
tax year (Rev. Rul. 66-97, 70-598). Three kinds: events of an account, events of a security (they
touch every account that holds it), and events of the journal itself (corrections). Limits: US
dollars only, long positions only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from di_advisor.domain.events.checks import day, fail, text

__all__ = ["AccountEvent", "Event", "SecurityEvent", "TaxTreatment"]


class TaxTreatment(StrEnum):
    """How the law treats a corporate action: always said by the source, never inferred from its shape.

    Two deals of cash and stock may look alike and be treated in opposite ways: one a
    reorganisation with boot (26 USC 356), the other a sale.
    """

    SPLIT = "split"
    TAX_FREE = "tax_free"
    REORGANISATION_WITH_BOOT = "reorganisation_with_boot"
    TAXABLE = "taxable"
    RETURN_OF_CAPITAL = "return_of_capital"
    WORTHLESS = "worthless"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes
    ----------
    event_id : str
        Key; the same id with the same content is the same event.
    on : date
        The day that counts for tax: trade date, ex-date, or effective date.
    sequence : int
        Order within the day among events of one kind, where the source knows it.
    source : str
        Where it is known from: file and row, statement, Form 8937.

    Raises
    ------
    InputError
        If the id is empty or the day is no calendar day.
    """

    event_id: str
    on: date
    sequence: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        text(self, "event_id")
        day(self, "on")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(Event):
    """Something that happened in one account.

    Attributes
    ----------
    account_id : str
        The account.
    """

    account_id: str

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        text(self, "account_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent(Event):
    """Something that happened to a security, in every account that held it before ``on`` began.

    Attributes
    ----------
    security_id : str
        Permanent id; never a ticker.
    tax_treatment : TaxTreatment
        What the law makes of it, as its source says.

    Raises
    ------
    InputError
        Also if the treatment is missing or cannot go with this kind of action.
    """

    security_id: str
    tax_treatment: TaxTreatment

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        text(self, "security_id")
        allowed = self.treatments()
        treatment: object = self.tax_treatment
        if treatment not in allowed:
            named = ", ".join(t.value for t in allowed)
            given = "is missing" if treatment is None else f"is {str(treatment)!r}"
            raise fail(
                self,
                "tax_treatment",
                f"{given}; this action may be: {named}.",
                "Give the treatment with its source (Form 8937, the issuer's letter); it is never inferred.",
            )
        object.__setattr__(self, "tax_treatment", TaxTreatment(self.tax_treatment))
        text(self, "source")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Treatments that this kind of action can have."""
        return tuple(TaxTreatment)
