"""How amounts and dates are written in a file: separators, currency signs, stated date formats.

Problem: "2,351.96" and "2.351,96" are the same amount in two countries, and "2,351" is two amounts.
Decision: the decimal mark is a point unless the file's is stated to be a comma; groups of three
digits may be separated; a dollar sign is dropped, any other currency is an error; parentheses are
a minus sign, as in accounts. Dates are ISO unless a format is stated for the file, or its cells prove
one (`di_data.file_styles`). What fits no notation is an error, never a guess. Limits: "2,351" is read by
the mark that is stated; between semicolons, where a decimal comma is usual, it is an error until one is.
"""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date, datetime

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.cells import iso_day
from di_advisor.errors import InputError

__all__ = ["NUMBERED_DAY", "FileNotation"]

NUMBERED_DAY = re.compile(r"(?P<first>\d{1,2})(?P<sign>[/.-])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4})", re.ASCII)
"""A day written in numbers whose order is not told by the cell alone."""

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d*)(?P<part>\.\d*)?(?P<exponent>[eE][+-]?\d{1,3})?", re.ASCII)
# No group begins with a zero: 0,500 is a half with a decimal comma, never five hundred.
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_RATIO = re.compile(r"[+-]?\d+/\d+", re.ASCII)
_MONTHS = 12
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
    commas_group : bool
        Whether one comma before three digits separates thousands; else it is an error.
    proved_format : str
        A format that the file's own cells prove; it holds beside ISO dates.
    """

    decimal_mark: str = "."
    date_format: str = ""
    commas_group: bool = True
    proved_format: str = ""

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
        if not self.commas_group and _ONE_GROUP.fullmatch(text):
            raise InputError(
                f"{written!r} is not an amount: between semicolons it could be {text.replace(',', '')} "
                f"or {text.replace(',', '.')}.",
                hint="State the decimal mark of the file: decimal_mark=',' or '.' (--decimal-mark).",
            )
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
        numbered = NUMBERED_DAY.fullmatch(written)
        if not self.date_format and not (self.proved_format and numbered):
            if numbered:
                return _day_of_either_order(numbered)
            return iso_day(written)
        held = self.date_format or self.proved_format
        whose = "stated" if self.date_format else "proved"
        try:
            return datetime.strptime(written, held).date()  # noqa: DTZ007  # a date, not an instant
        except ValueError:
            raise InputError(
                f"{written!r} is not a date in the {whose} format {held}.",
                hint="One format holds for a file, and may be stated for each (--date-format lots=%m/%d/%Y); "
                "check day and month.",
            ) from None


def _day_of_either_order(numbered: re.Match[str]) -> date:
    """The day of a cell that is the same in both orders; any other is an error with both readings."""
    month, day, sign = int(numbered["first"]), int(numbered["second"]), numbered["sign"]
    if month == day and 1 <= month <= _MONTHS:
        return date(int(numbered["year"]), month, day)
    if 1 <= month <= _MONTHS and 1 <= day <= _MONTHS:
        could = f"{numbered[0]} could be {month_name[month]} or {month_name[day]}, and no other date of the file tells"
    else:
        could = "The dates of the file do not tell whether day or month stands first"
    raise InputError(
        f"{numbered[0]!r} is not a date in the form YYYY-MM-DD.",
        hint=f"{could}: write it as 2024-03-04, or state the date format of the file once "
        f"(--date-format %m{sign}%d{sign}%Y, or lots=%m{sign}%d{sign}%Y for one of several).",
    )


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
