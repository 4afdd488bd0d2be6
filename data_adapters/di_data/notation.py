"""How amounts and dates are written in a file: separators, currency signs, stated date formats.

Problem: "2,351.96" and "2.351,96" are the same amount in two countries, and "2,351" is two amounts.
Decision: the decimal mark is a point unless the file's is stated to be a comma; groups of three
digits may be separated; a dollar sign is dropped, any other currency is an error; parentheses are
a minus sign, as in accounts. Dates are ISO unless a format is stated once for the file. What fits
neither notation is an error, never a guess. Limits: "2,351" is read by the mark that is stated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.cells import iso_day
from di_advisor.errors import InputError

__all__ = ["FileNotation"]

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d*)(?P<part>\.\d*)?(?P<exponent>[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_RATIO = re.compile(r"[+-]?\d+/\d+", re.ASCII)
_SWAPPED = str.maketrans(",.", ".,")


@dataclass(frozen=True, slots=True)
class FileNotation:
    """How a file writes amounts and dates.

    Attributes
    ----------
    decimal_mark : str
        "." or ",".
    date_format : str
        As in `datetime.strptime` ("%d/%m/%Y"); empty for ISO dates.
    """

    decimal_mark: str = "."
    date_format: str = ""

    def __post_init__(self) -> None:
        if self.decimal_mark not in {".", ","}:
            raise InputError(f"The decimal mark is {self.decimal_mark!r}.", hint="Use a point or a comma.")
        if self.date_format and not all(code in self.date_format for code in ("%d", "%Y")):
            raise InputError(
                f"The date format {self.date_format!r} lacks the day or the year with four digits.",
                hint="Write it as %d/%m/%Y or %m/%d/%Y.",
            )

    def amount(self, cell: object) -> Exact:
        """Exact amount of a cell in US dollars, shares, or a pure number."""
        written = str(cell).strip()
        text = written
        if text.startswith("(") and text.endswith(")"):
            text = f"-{text[1:-1].strip()}"
        text = _without_dollar(text, written)
        if _RATIO.fullmatch(text):
            return exact(text, "the value")
        text = text.translate(_SWAPPED) if self.decimal_mark == "," else text
        if _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        found = _AMOUNT.fullmatch(text)
        if not found or not (found["whole"] or (found["part"] or ".") != "."):
            raise InputError(f"{written!r} is not an amount.", hint=self._advice(text))
        return exact(text, "the value")

    def _advice(self, text: str) -> str:
        if "%" in text:
            return "Write a fraction: 0.0705 for 7.05 %."
        if re.fullmatch(r"[+-]?\d[\d.,]*,[\d.,]*", text, re.ASCII):
            other = "," if self.decimal_mark == "." else "."
            return (
                f"The decimal mark is {self.decimal_mark!r}, and this could be another notation: "
                f"write 2351.96, or state decimal_mark={other!r} for the file (--decimal-mark)."
            )
        return "Write it as 1234.56 (or 1,234.56)."

    def day(self, cell: object) -> date:
        """Exchange-local date of a cell."""
        written = str(cell).strip()
        if not self.date_format:
            return iso_day(written)
        try:
            return datetime.strptime(written, self.date_format).date()  # noqa: DTZ007  # a date, not an instant
        except ValueError:
            raise InputError(
                f"{written!r} is not a date in the stated format {self.date_format}.",
                hint="One format holds for all files that are read together; check day and month.",
            ) from None


def _without_dollar(text: str, written: str) -> str:
    """Drop one dollar sign or the letters USD; the sign of the amount may stand on either side."""
    bare = re.sub(r"^([+-]?)\s*(?:US)?\$\s*", r"\1", text, count=1)
    bare = re.sub(r"^USD\s*|\s*USD$", "", bare, count=1)
    currency = re.search(r"[€£¥₹]|\b(?:EUR|GBP|GBp|GBX|CHF|JPY|CAD|AUD|HKD|SEK)\b|(?:C|A|HK)\$", bare)
    if currency:
        raise InputError(
            f"{written!r} is in {currency[0]}, and amounts are in USD.",
            hint="Convert the amounts to US dollars at the source (GBp is a hundredth of a pound).",
        )
    return bare
