"""Corporate actions that give the holder another security or cash: spin-offs, mergers, exchange offers.

The shape of what is received does not say how it is taxed, so every event carries its treatment
and its source. Percentages that are not published yet are None: the lots are then *basis pending*
until a correction supplies them, or a value method is chosen and labelled.
"""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.domain.events.checks import amount, fail, fraction_of_one, not_negative, positive, ratio, text
from di_advisor.domain.events.event import AccountEvent, SecurityEvent, TaxTreatment
from di_advisor.domain.events.trades import BY_LAW, LotChoice

__all__ = ["CashMerger", "Exchange", "MixedMerger", "SpinOff", "StockMerger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpinOff(SecurityEvent):
    """Shares of a subsidiary for each share of the parent.

    Tax-free (26 USC 355, 358(c)): each lot's basis is split by fair market value right after, dates
    tack. Taxable: a dividend at the value, and new lots at that value.

    Attributes
    ----------
    spun_security_id : str
        What was received.
    new_per_old : Fraction
        Shares received for each share of the parent.
    parent_fraction : Decimal, Fraction or None
        Part of the basis that stays with the parent (from Form 8937).
    spun_fraction : Decimal, Fraction or None
        The other part, where the source gives both; they must add up to one.
    value_per_old_usd, value_per_new_usd : Decimal, Fraction or None
        Values right after, of a parent share and of a share received; used to split the basis only
        where ``parent_fraction`` is missing and ``by_value`` is set, and labelled so.
    by_value : bool
        Whether to split by those values instead of waiting for the published percentages.
    cash_in_lieu_usd : Decimal, Fraction or None
        Cash paid for a whole new share, where fractions are paid out.
    """

    spun_security_id: str
    new_per_old: Exact
    parent_fraction: Exact | None = None
    spun_fraction: Exact | None = None
    value_per_old_usd: Exact | None = None
    value_per_new_usd: Exact | None = None
    by_value: bool = False
    cash_in_lieu_usd: Exact | None = None

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        text(self, "spun_security_id")
        ratio(self, "new_per_old")
        fraction_of_one(self, "parent_fraction")
        fraction_of_one(self, "spun_fraction")
        positive(self, "value_per_old_usd", "value_per_new_usd")
        not_negative(self, "cash_in_lieu_usd")
        if self.parent_fraction is not None and self.spun_fraction is not None:
            total = as_fraction(self.parent_fraction) + as_fraction(self.spun_fraction)
            if total != 1:
                raise fail(
                    self,
                    "spun_fraction",
                    f"is {self.spun_fraction}, and parent_fraction {self.parent_fraction}: together {total}.",
                    "The parts of the basis add up to one; correct them from Form 8937.",
                )
        elif self.spun_fraction is not None:
            object.__setattr__(self, "parent_fraction", 1 - as_fraction(self.spun_fraction))
        if self.by_value and (self.value_per_old_usd is None or self.value_per_new_usd is None):
            raise fail(self, "by_value", "is set without both values.", "Give the values right after the spin-off.")
        if self.tax_treatment is TaxTreatment.TAXABLE and self.value_per_new_usd is None:
            raise fail(self, "value_per_new_usd", "is missing.", "A taxable spin-off is income at this value.")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Tax-free under section 355, or taxable."""
        return (TaxTreatment.TAX_FREE, TaxTreatment.TAXABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashMerger(SecurityEvent):
    """All shares for cash: a sale of every lot on the closing date."""

    cash_per_share_usd: Exact

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        not_negative(self, "cash_per_share_usd")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Taxable."""
        return (TaxTreatment.TAXABLE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMerger(SecurityEvent):
    """All shares for shares of another company, or a reclassification into another class.

    Attributes
    ----------
    new_security_id : str
        What was received.
    new_per_old : Fraction
        Shares received for each.
    value_per_new_usd : Decimal, Fraction or None
        Fair market value of a share received; needed when taxable.
    cash_in_lieu_usd : Decimal, Fraction or None
        Cash paid for a whole new share, where fractions are paid out.
    """

    new_security_id: str
    new_per_old: Exact
    value_per_new_usd: Exact | None = None
    cash_in_lieu_usd: Exact | None = None

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        text(self, "new_security_id")
        ratio(self, "new_per_old")
        not_negative(self, "value_per_new_usd", "cash_in_lieu_usd")
        if self.tax_treatment is TaxTreatment.TAXABLE and self.value_per_new_usd is None:
            raise fail(self, "value_per_new_usd", "is missing.", "A taxable exchange is a sale at this value.")

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """Tax-free (354, 368), or taxable."""
        return (TaxTreatment.TAX_FREE, TaxTreatment.TAXABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedMerger(SecurityEvent):
    """All shares for stock and cash (or other property).

    As a reorganisation (26 USC 356, 358), lot by lot: gain up to the boot, a loss never. As a taxable
    deal: a sale of every lot, and new lots at value.

    Attributes
    ----------
    new_security_id : str
        What was received.
    new_per_old : Fraction
        Shares received for each.
    cash_per_share_usd : Decimal or Fraction
        Cash for each share.
    value_per_new_usd : Decimal or Fraction
        Fair market value of a share received.
    other_per_share_usd : Decimal or Fraction
        Fair market value of other property for each share.
    dividend_per_share_usd : Decimal or Fraction
        The holder's ratable share of earnings and profits for each share, where the gain has the
        effect of a dividend (356(a)(2)).
    cash_in_lieu_usd : Decimal, Fraction or None
        Cash paid for a whole new share, where fractions are paid out.
    """

    new_security_id: str
    new_per_old: Exact
    cash_per_share_usd: Exact
    value_per_new_usd: Exact
    other_per_share_usd: Exact = 0  # type: ignore[assignment]
    dividend_per_share_usd: Exact = 0  # type: ignore[assignment]
    cash_in_lieu_usd: Exact | None = None

    def __post_init__(self) -> None:
        SecurityEvent.__post_init__(self)
        text(self, "new_security_id")
        ratio(self, "new_per_old")
        not_negative(
            self,
            "cash_per_share_usd",
            "value_per_new_usd",
            "other_per_share_usd",
            "dividend_per_share_usd",
            "cash_in_lieu_usd",
        )

    def treatments(self) -> tuple[TaxTreatment, ...]:
        """A reorganisation with boot, or taxable."""
        return (TaxTreatment.REORGANISATION_WITH_BOOT, TaxTreatment.TAXABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(AccountEvent):
    """Shares tendered in an exchange offer (split-off) and accepted: their whole basis moves (26 CFR 1.358-2).

    Attributes
    ----------
    security_id, new_security_id : str
        Surrendered, and received.
    shares : Decimal or Fraction
        Shares accepted, after proration.
    new_per_old : Fraction
        Shares received for each.
    tax_treatment : TaxTreatment
        Tax-free, or taxable.
    value_per_new_usd : Decimal, Fraction or None
        Fair market value of a share received; needed when taxable.
    choice : LotChoice
        Which lots were surrendered; the holder may designate them.
    """

    security_id: str
    new_security_id: str
    shares: Exact
    new_per_old: Exact
    tax_treatment: TaxTreatment
    value_per_new_usd: Exact | None = None
    choice: LotChoice = BY_LAW

    def __post_init__(self) -> None:
        AccountEvent.__post_init__(self)
        text(self, "security_id", "new_security_id", "source")
        positive(self, "shares")
        ratio(self, "new_per_old")
        amount(self, "value_per_new_usd")
        if self.tax_treatment not in (TaxTreatment.TAX_FREE, TaxTreatment.TAXABLE):
            raise fail(
                self,
                "tax_treatment",
                f"is {self.tax_treatment!r}; an exchange offer may be: tax_free, taxable.",
                "Give the treatment with its source; it is never inferred.",
            )
        object.__setattr__(self, "tax_treatment", TaxTreatment(self.tax_treatment))
        if self.tax_treatment is TaxTreatment.TAXABLE and self.value_per_new_usd is None:
            raise fail(self, "value_per_new_usd", "is missing.", "A taxable exchange is a sale at this value.")
