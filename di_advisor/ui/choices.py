"""What a person sets on the panel, in the units a person types, and the Python that says the same.

Percent and bps exist here because people type them; `mandate` and `tax` are the way into the
fractions of the domain. A value that makes no sense is refused by the domain's own constructors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from typing import Any

from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.units import bps_from_fraction, fraction_from_bps, fraction_from_percent, percent_from_fraction

__all__ = ["Choices", "shortest"]

_LABELS = {
    "account": "account {}",
    "tracking_error_max_bps": "tracking-error cap {} bps a year",
    "min_trade_usd": "minimum trade ${}",
    "sector_band_percent": "sector band ±{}\u00a0% of the account",
    "short_term_rate_percent": "short-term rate {}\u00a0%",
    "long_term_rate_percent": "long-term rate {}\u00a0%",
}
_UNSET = {"tracking_error_max_bps": "no tracking-error cap", "sector_band_percent": "no sector band"}


def shortest(number: float) -> str:
    """A number as a person would write it: ``2``, ``2.5``, ``0.408``."""
    return f"{number:.10g}"


@dataclass(frozen=True, slots=True)
class Choices:
    """One setting of the panel.

    Attributes
    ----------
    account : str
        Key of the portfolio; with several accounts, "portfolio / account".
    tracking_error_max_bps : float
        Cap on tracking error, bps a year; 0 sets no cap.
    min_trade_usd : float
        Smallest trade of a name, USD.
    sector_band_percent : float
        Half-width of every sector's band, % of the account; 0 sets no band.
    short_term_rate_percent, long_term_rate_percent : float
        Marginal tax rates, %.
    """

    account: str
    tracking_error_max_bps: float
    min_trade_usd: float
    sector_band_percent: float
    short_term_rate_percent: float
    long_term_rate_percent: float

    @classmethod
    def starting_from(cls, account: str, mandate: Mandate, tax: TaxProfile) -> Choices:
        """The choices that say what a mandate and a taxpayer say."""
        cap, band = mandate.tracking_error_max, mandate.sector_band
        return cls(
            account=account,
            tracking_error_max_bps=round(bps_from_fraction(cap), 6) if cap else 0.0,
            min_trade_usd=float(mandate.min_trade_usd),
            sector_band_percent=round(percent_from_fraction(band.upper), 6) if band else 0.0,
            short_term_rate_percent=round(percent_from_fraction(tax.rates.short_term), 6),
            long_term_rate_percent=round(percent_from_fraction(tax.rates.long_term), 6),
        )

    def mandate_changes(self) -> dict[str, Any]:
        """What the choices set in a mandate, by field.

        Raises
        ------
        InputError
            If a band is out of range.
        """
        band = self._fraction("sector_band_percent")
        return {
            "tracking_error_max": self._fraction("tracking_error_max_bps") or None,
            "min_trade_usd": Decimal(shortest(self.min_trade_usd)),
            "sector_band": Band.within(band) if band else None,
        }

    def mandate(self, base: Mandate) -> Mandate:
        """The mandate with these choices in it; every other wish stays as in ``base``.

        Raises
        ------
        InputError
            If a choice is out of range.
        """
        return base.with_changes(**self.mandate_changes())

    def rates(self) -> ConstantRates:
        """The marginal rates.

        Raises
        ------
        InputError
            If a rate is out of range.
        """
        return ConstantRates(self._fraction("short_term_rate_percent"), self._fraction("long_term_rate_percent"))

    def tax(self, base: TaxProfile) -> TaxProfile:
        """The taxpayer with these rates; everything else stays as in ``base``."""
        return replace(base, rates=self.rates())

    def _fraction(self, name: str) -> float:
        value: float = getattr(self, name)
        fraction = fraction_from_bps(value) if name.endswith("_bps") else fraction_from_percent(value)
        return float(shortest(fraction)) if fraction else 0.0

    def shown(self, name: str) -> str:
        """One choice in words: ``tracking-error cap 100 bps a year``."""
        value = getattr(self, name)
        if value == 0 and name in _UNSET:
            return _UNSET[name]
        return _LABELS[name].format(value if isinstance(value, str) else shortest(value))

    def sentence(self) -> str:
        """All choices on one line."""
        return ", ".join(self.shown(f.name) for f in fields(self))

    def changes_to(self, other: Choices) -> list[str]:
        """What differs in another setting, in words."""
        mine, its = asdict(self), asdict(other)
        return [other.shown(name) for name in mine if mine[name] != its[name]]
