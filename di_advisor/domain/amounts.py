"""Exact amounts: decimals and fractions that never pass through binary floating point.

Problem: 0.1 + 0.2 must be 0.30, and a third of a share must stay a third. Decision: exact amounts
are `Decimal` (what people write) or `Fraction` (what ratios make of it); floats are refused at the
edge, because the caller may not know what they hold. Limits: 28 significant digits on entry.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from decimal import (
    MAX_EMAX,
    MAX_PREC,
    MIN_EMIN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DecimalException,
    InvalidOperation,
    Overflow,
    Rounded,
    Subnormal,
)
from fractions import Fraction
from functools import lru_cache
from math import floor

from di_advisor.errors import InputError
from di_advisor.units import CENTS_PER_USD

__all__ = [
    "Exact",
    "all_at_places",
    "are_exact",
    "as_fraction",
    "at_places",
    "cents_of_parts",
    "cents_that_add_up",
    "exact",
    "is_exact",
    "show_exact",
    "to_decimal",
]

Exact = Decimal | Fraction
"""An exact amount; `Fraction` only where a ratio made it."""

_MAX_DIGITS = 28
# Only to move the decimal point of whole numbers, which allocates no more digits than they have.
_ANY_LENGTH = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
# Signals what has too many digits, or too large or too small an exponent, and says nothing of what has not.
_ENTRY = Context(
    prec=_MAX_DIGITS, Emax=_MAX_DIGITS, Emin=-_MAX_DIGITS, traps=[InvalidOperation, Overflow, Rounded, Subnormal]
)
_CENTS = Decimal(CENTS_PER_USD)
# What `show_exact` writes of a fraction; a denominator of zero is no ratio.
_RATIO = re.compile(r"[+-]?[0-9]{1,1000}/0{0,9}[1-9][0-9]{0,999}")


def is_exact(value: object) -> bool:
    """Whether `exact` takes an amount as it is, told in the time that a look takes; False decides nothing."""
    if type(value) is not Decimal or not value or not value.is_finite():
        return False
    try:
        _ENTRY.plus(value)
    except DecimalException:
        return False
    return True


def are_exact(values: Sequence[object]) -> bool:
    """Whether `exact` takes all of some amounts as they are, told for whole columns; False decides nothing."""
    if not (set(map(type, values)) <= {Decimal} and all(values) and all(map(Decimal.is_finite, values))):  # type: ignore[arg-type]
        return False
    try:
        deque(map(_ENTRY.plus, values), maxlen=0)  # type: ignore[arg-type]
    except DecimalException:
        return False
    return True


def exact(value: str | int | Decimal | Fraction, what: str) -> Exact:
    """Take an exact amount from the edge of the program.

    Parameters
    ----------
    value : str, int, Decimal or Fraction
        The amount; text may be a ratio ("1/3"). Floats are refused: use ``str(x)`` or `Decimal` on purpose.
    what : str
        The name of the amount, for the error ("shares of lot L1").

    Raises
    ------
    InputError
        If it is a float, not a number, not finite, or has more than 28 digits.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InputError(
            f"{what} is a {type(value).__name__} ({value!r}); exact amounts are text, int, Decimal or Fraction.",
            hint="Pass a string such as '0.10', so that nothing is lost in binary.",
            value=value,
        )
    if isinstance(value, str) and _RATIO.fullmatch(value.strip()):
        return Fraction(value.strip())
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise InputError(
            f"{what} is not a number: {value!r}.", hint="Write it as 1234.56, without separators.", value=value
        ) from None
    if not number.is_finite():
        raise InputError(f"{what} is not finite: {value!r}.", hint="Correct the figure at its source.", value=value)
    if len(number.as_tuple().digits) > _MAX_DIGITS or abs(number.adjusted()) > _MAX_DIGITS:
        raise InputError(
            f"{what} has more than {_MAX_DIGITS} digits: {value!r}.",
            hint="Such a figure is out of range for shares or dollars; check the source.",
            value=value,
        )
    return number


def as_fraction(value: Exact | int) -> Fraction:
    """Fraction of an exact amount, for arithmetic that mixes the two kinds."""
    return Fraction(value)


def to_decimal(value: float, places: int) -> Decimal:
    """Round a solver's float to a decimal: the named crossing back into exact amounts."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places))


def at_places(value: Exact | int, places: int) -> Decimal:
    """Round an exact amount to decimal places, halves to even, whatever its number of digits.

    Parameters
    ----------
    value : Decimal, Fraction or int
        Any amount; sums and products of what `exact` takes may be longer than 28 digits.
    places : int
        Zero or more.
    """
    if isinstance(value, Decimal) and value.is_finite():  # the same, without the way through a fraction
        return value.quantize(_unit(places), ROUND_HALF_EVEN, _ANY_LENGTH) or Decimal(0).scaleb(-places)
    return _with_point(round(as_fraction(value) * 10**places), places)


def all_at_places(values: Sequence[Decimal], places: int) -> list[Decimal]:
    """`at_places` of many finite decimals."""
    unit, zero = _unit(places), Decimal(0).scaleb(-places)
    return [value.quantize(unit, ROUND_HALF_EVEN, _ANY_LENGTH) or zero for value in values]


@lru_cache(maxsize=64)
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def _with_point(whole: int, places: int) -> Decimal:
    return Decimal(whole).scaleb(-places, _ANY_LENGTH)


def show_exact(value: Exact) -> str:
    """Text of an exact amount that `exact` reads back ("1/3" stays "1/3")."""
    return str(value)


def cents_of_parts(amounts_usd: Sequence[Exact], total_usd: Exact | None = None) -> list[Decimal]:
    """Round exact dollars to cents so that the rounded parts sum to the rounded total (largest remainder).

    Parameters
    ----------
    amounts_usd : sequence of Decimal or Fraction
        The parts, in USD.
    total_usd : Decimal or Fraction, optional
        Their total, if it is known better than by summing.

    Returns
    -------
    list of Decimal
        As many amounts, each within one cent of its part wherever the total allows it.
    """
    if not len(amounts_usd):
        return []
    scaled = [as_fraction(a) * CENTS_PER_USD for a in amounts_usd]
    floors = [floor(s) for s in scaled]
    total = sum(scaled, Fraction(0)) if total_usd is None else as_fraction(total_usd) * CENTS_PER_USD
    return _largest_remainder(floors, [s - f for s, f in zip(scaled, floors, strict=True)], round(total))


def cents_that_add_up(amounts_usd: Sequence[float], total_usd: float | None = None) -> list[Decimal]:
    """Round a solver's dollars to cents that add up; as `cents_of_parts`, each float read as it prints."""
    if not len(amounts_usd):
        return []
    # Decimals, not fractions: explanations call this for every trade, and a float prints short.
    scaled = [_ANY_LENGTH.multiply(Decimal(repr(float(a))), _CENTS) for a in amounts_usd]
    floors = [s.to_integral_value(rounding=ROUND_FLOOR) for s in scaled]
    if total_usd is None:
        total = Decimal(0)
        for part in scaled:
            total = _ANY_LENGTH.add(total, part)
    else:
        total = _ANY_LENGTH.multiply(Decimal(repr(float(total_usd))), _CENTS)
    remainders = [_ANY_LENGTH.subtract(s, f) for s, f in zip(scaled, floors, strict=True)]
    return _largest_remainder([int(f) for f in floors], remainders, int(total.to_integral_value(ROUND_HALF_EVEN)))


def _largest_remainder(floors: list[int], remainders: Sequence[Exact], total: int) -> list[Decimal]:
    """Give the cents that floors leave over to the parts with the largest remainders, the first ones first."""
    whole, extra = divmod(total - sum(floors), len(floors))
    cents = [f + whole for f in floors]
    for i in sorted(range(len(floors)), key=lambda i: (-remainders[i], i))[:extra]:
        cents[i] += 1
    return [_with_point(c, 2) for c in cents]
