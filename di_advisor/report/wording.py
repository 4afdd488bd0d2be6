"""Figures as people read them: the one place where fractions become percent and bps.

Problem: a figure is shown in a notebook, a report, a terminal and a Markdown file, and must read
the same in all four. Decision: every figure is turned into text here, with an ASCII minus; the
HTML writer alone replaces it by the typographic one. Names come from a user's files, so `printable`
makes control and direction characters visible before anything is shown (a ticker must not clear a
terminal or turn a line around). Limits: US notation only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from di_advisor.domain.amounts import Exact, at_places
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = [
    "bps",
    "count_of",
    "day",
    "joined",
    "money",
    "percent",
    "printable",
    "sentence_case",
    "shares",
    "signed",
    "usd",
]

_SHARE_PLACES = 6
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: object) -> str:
    """Text on one line without control, direction or private characters; they show as escapes."""
    shown = str(text)
    if shown.isprintable():  # none of those characters, and nearly every text
        return shown
    return "".join(
        c if unicodedata.category(c) not in _HIDDEN else c.encode("unicode_escape", "backslashreplace").decode()
        for c in shown
    )


def sentence_case(text: str) -> str:
    """Text with its first letter as a capital, and all others as they are (names keep theirs)."""
    return f"{text[:1].upper()}{text[1:]}"


def signed(text: str) -> str:
    """Put a plus before a figure that is neither negative nor zero."""
    is_zero = not any(c in "123456789" for c in text)
    if is_zero:
        return text.removeprefix("-")
    return text if text.startswith("-") else f"+{text}"


def money(amount_usd: Decimal | float) -> str:
    """Dollars and cents without the sign of the currency, for a column that carries it in its heading."""
    amount = amount_usd if isinstance(amount_usd, Decimal) else Decimal(repr(float(amount_usd)))
    return f"{at_places(amount, 2) if amount.is_finite() else amount:,.2f}"


def usd(amount_usd: Decimal | float) -> str:
    """Dollars and cents for a sentence: ``-$1,234.50``."""
    text = money(amount_usd)
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def percent(fraction: float, places: int = 2) -> str:
    """Percent of a fraction, without the sign; never a negative zero."""
    text = f"{percent_from_fraction(fraction):,.{places}f}"
    return text if any(c in "123456789" for c in text) else text.removeprefix("-")


def bps(fraction: float, places: int = 1) -> str:
    """Basis points of a fraction, without the unit; never a negative zero."""
    text = f"{bps_from_fraction(fraction):,.{places}f}"
    return text if any(c in "123456789" for c in text) else text.removeprefix("-")


def shares(quantity: Exact) -> str:
    """Shares without trailing zeros; a fraction that is not decimal is shown to six places."""
    if not isinstance(quantity, Decimal):
        quantity = at_places(quantity, _SHARE_PLACES)
    text = f"{quantity:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def day(value: date | None) -> str:
    """ISO date, or a dash where there is none."""
    return "-" if value is None else value.isoformat()


def count_of(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 lot``, ``34 lots``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(parts: Sequence[str]) -> str:
    """Words in a row: ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
