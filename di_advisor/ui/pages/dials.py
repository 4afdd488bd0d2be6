"""Dials of a mandate: wishes that are one number, in the unit that people say them in.

Problem: a wish is a fraction, dollars or nothing, and a reader types bps, percent or 0 for none. Decision: one line a
dial says its field, its unit and both directions; only the field whose control changed is written, so that a
wish which a control cannot show, such as a lopsided band, stays. Limits: numbers only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from di_advisor.domain.mandate import Band, Mandate
from di_advisor.errors import InputError
from di_advisor.units import bps_from_fraction, fraction_from_bps, fraction_from_percent, percent_from_fraction

__all__ = ["FIRST", "MORE", "SWEPT", "NumberDial", "amount_of", "values_of"]

_SHARES: Final = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Of the present wish, for a frontier around it."""


@dataclass(frozen=True)
class NumberDial:
    """One wish as a number.

    Attributes
    ----------
    field : str
        Of `Mandate`.
    name, unit, tip : str
        Its label without and with what it is measured in, and what it does.
    highest, step : float
        Bounds of the control; the lowest is 0.
    read : callable
        From the field to the number shown; nothing is shown as 0.
    take : callable
        From a number to the field.
    usual : float
        A middling number, where a frontier starts from if the wish is not set.
    """

    field: str
    name: str
    unit: str
    tip: str
    highest: float
    step: float
    read: Callable[[Any], float]
    take: Callable[[float], Any]
    usual: float = 0.0

    @property
    def label(self) -> str:
        """Name with unit."""
        return f"{self.name} ({self.unit})"

    def shown(self, mandate: Mandate) -> float:
        """The wish as the reader's number."""
        value = getattr(mandate, self.field)
        return 0.0 if value is None else round(self.read(value), 6)

    def around(self, mandate: Mandate) -> str:
        """Numbers around the wish, for a frontier."""
        middle = self.shown(mandate) or self.usual
        return " ".join(f"{min(share * middle, self.highest):.10g}" for share in _SHARES)


def _clean(fraction: float) -> float:
    """Without the dust of a change of unit, so that turning back gives the same wish."""
    return float(f"{fraction:.10g}")


def _dollars(amount: float) -> Decimal:
    return Decimal(f"{amount:.10g}")


def _band(percent: float) -> Band | None:
    return Band.within(_clean(fraction_from_percent(percent))) if percent else None


_CAP: Final = NumberDial(
    "tracking_error_max",
    "Tracking-error cap",
    "bps a year",
    "0 sets no cap",
    9990.0,
    5.0,
    bps_from_fraction,
    lambda bps: _clean(fraction_from_bps(bps)) or None,
    bps_from_fraction(0.01),
)
_LEAST: Final = NumberDial(
    "min_trade_usd",
    "Minimum trade",
    "$",
    "Nothing, or at least this",
    1e9,
    50.0,
    float,
    _dollars,
    500.0,
)
_SECTORS: Final = NumberDial(
    "sector_band",
    "Sector band",
    "± % of account",
    "0 sets no band",
    99.0,
    0.25,
    lambda band: percent_from_fraction(max(band.upper, -band.lower)),
    _band,
)
_TURNOVER: Final = NumberDial(
    "turnover_max",
    "Turnover cap, one way",
    "% of account",
    "Half of sales plus buys; 0 sets no cap",
    percent_from_fraction(1.0),
    1.0,
    percent_from_fraction,
    lambda percent: _clean(fraction_from_percent(percent)) or None,
    20.0,
)
_AVERSION: Final = NumberDial(
    "risk_aversion",
    "Risk aversion",
    "per $ of account and unit of yearly variance",
    "What active risk costs in the objective",
    1e6,
    5.0,
    float,
    _clean,
    25.0,
)
_GAINS: Final = NumberDial(
    "gain_budget_usd",
    "Gain budget",
    "$",
    "Largest net gain of these trades",
    1e12,
    1000.0,
    float,
    _dollars,
    20_000.0,
)

FIRST: Final = (_CAP, _LEAST, _SECTORS)
"""What everybody turns."""

MORE: Final = (_TURNOVER, _AVERSION)
"""What is folded; the gain budget has a box of its own, because 0 is a budget and nothing is none."""

SWEPT: Final = (_CAP, _TURNOVER, _GAINS, _AVERSION, _LEAST)
"""What a frontier can be asked of."""


def amount_of(text: str) -> Decimal | None:
    """Dollars as typed, ``12,500`` or ``$-3000``; None for nothing.

    Raises
    ------
    InputError
        If it is no amount.
    """
    stripped = text.replace(",", "").replace("$", "").strip()
    if not stripped:
        return None
    try:
        amount = Decimal(stripped)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise InputError(f"'{text.strip()}' is no amount.", hint="Such as 10000, or nothing for no budget.")
    return amount


def values_of(dial: NumberDial, text: str) -> tuple[Any, ...]:
    """Values of a dial's field from numbers with commas or spaces between them, in the dial's unit.

    Raises
    ------
    InputError
        If one is no number, or out of the dial's range, or there are fewer than two.
    """
    found = []
    for each in text.replace(";", " ").replace(",", " ").split():
        try:
            number = float(each)
        except ValueError:
            number = float("nan")
        if not (number <= dial.highest and (number >= 0 or dial.field == "gain_budget_usd")):
            raise InputError(
                f"'{each}' is no value of: {dial.label}.", hint=f"Numbers up to {dial.highest:g}, a space between them."
            )
        found.append(dial.take(number))
    kept = tuple(dict.fromkeys(found))
    if len(kept) < 2:
        raise InputError("A frontier needs two values or more.", hint="Such as: 50 100 200.")
    return kept
