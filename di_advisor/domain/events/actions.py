"""Corporate actions that leave the holder with the same security, or with nothing.

Ownership before the day begins decides: an action on the ex-date comes before that day's trades.
"""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.amounts import Exact
from di_advisor.domain.events.checks import fail, not_negative, ratio, text
from di_advisor.domain.events.event import SecurityEvent, TaxTreatment

__all__ = [
    "Delisting",
    "ReturnOfCapital",
    "ReverseSplit",
    "Rights",
    "Split",
    "StockDividend",
    "TickerChange",
    "Worthless",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(SecurityEvent):
    """More new shares than old ones: basis per lot stays, dates stay (26 USC 305(a), 307).

    Attributes
    ----------
    new_per_old : Fraction
        New shares for one old: 3 for a 3-for-1 split; more than one.
    cash_in_lieu_usd : Decimal, Fraction or None
        Cash paid for a whole new share, where fractions are paid out; None keeps fractions until a
        `CashInLieu` event, if any, pays for them.
    """

    new_per_old: Exact
    cash_in_lieu_usd: Exact | None = None

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        if ratio(self, "new_per_old") <= 1:
            raise fail(self, "new_per_old", f"is {self.new_per_old}; a split makes more shares.", "Use ReverseSplit.")
        not_negative(self, "cash_in_lieu_usd")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """A split is a split."""
        return (TaxTreatment.SPLIT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseSplit(SecurityEvent):
    """Fewer new shares than old ones.

    Attributes
    ----------
    new_per_old : Fraction
        New shares for one old: 1/8 for a 1-for-8 reverse split; less than one.
    cash_in_lieu_usd : Decimal, Fraction or None
        As for a split.
    """

    new_per_old: Exact
    cash_in_lieu_usd: Exact | None = None

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        if ratio(self, "new_per_old") >= 1:
            raise fail(
                self,
                "new_per_old",
                f"is {self.new_per_old}; a reverse split makes fewer shares.",
                "Write 1-for-8 as 1/8; or use Split.",
            )
        not_negative(self, "cash_in_lieu_usd")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """A reverse split is a split."""
        return (TaxTreatment.SPLIT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDividend(SecurityEvent):
    """A dividend in shares of the same security.

    Attributes
    ----------
    new_per_old : Fraction
        Additional shares for each one held: 1/5 for 20 percent.
    value_per_share_usd : Decimal, Fraction or None
        Fair market value of a share received; needed when taxable (26 USC 305(b)).
    cash_in_lieu_usd : Decimal, Fraction or None
        As for a split.
    """

    new_per_old: Exact
    value_per_share_usd: Exact | None = None
    cash_in_lieu_usd: Exact | None = None

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        ratio(self, "new_per_old")
        not_negative(self, "value_per_share_usd", "cash_in_lieu_usd")
        if self.tax_treatment is TaxTreatment.TAXABLE and self.value_per_share_usd is None:
            raise fail(self, "value_per_share_usd", "is missing.", "A taxable stock dividend is income at this value.")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Tax-free pro rata, or taxable where holders could choose cash."""
        return (TaxTreatment.SPLIT, TaxTreatment.TAX_FREE, TaxTreatment.TAXABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights(SecurityEvent):
    """Rights to buy stock, given to holders (26 USC 305(a), 307(b)).

    Attributes
    ----------
    rights_security_id : str
        The rights.
    new_per_old : Fraction
        Rights for each share held.
    value_per_old_usd, value_per_right_usd : Decimal or Fraction
        Fair market values right after, of a share and of a right.
    elected : bool
        Whether basis is allocated although the rights are worth less than 15 percent of the stock.
    """

    rights_security_id: str
    new_per_old: Exact
    value_per_old_usd: Exact
    value_per_right_usd: Exact
    elected: bool = False

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        text(self, "rights_security_id")
        ratio(self, "new_per_old")
        not_negative(self, "value_per_old_usd", "value_per_right_usd")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Tax-free."""
        return (TaxTreatment.TAX_FREE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOfCapital(SecurityEvent):
    """A distribution that is no dividend: it lowers each lot's basis to zero, the rest is gain (26 USC 301(c)).

    Attributes
    ----------
    amount_per_share_usd : Decimal or Fraction
        USD per share held before the ex-date.
    """

    amount_per_share_usd: Exact

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        not_negative(self, "amount_per_share_usd")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """A return of capital."""
        return (TaxTreatment.RETURN_OF_CAPITAL,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerChange(SecurityEvent):
    """A new ticker, CUSIP or name: no tax event, the same lots, the same security for wash sales."""

    old_ticker: str
    new_ticker: str

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        text(self, "old_ticker", "new_ticker")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """None."""
        return (TaxTreatment.NONE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delisting(SecurityEvent):
    """No longer listed: not worthless by that, and no loss until it is sold or worthless."""

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """None."""
        return (TaxTreatment.NONE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worthless(SecurityEvent):
    """Worthless: a loss as if sold for nothing on the **last day of the year** (26 USC 165(g)(1))."""

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Worthless."""
        return (TaxTreatment.WORTHLESS,)
