"""Cells of a table: how amounts, dates, texts and flags are written, and what is blank.

Problem: a frame holds floats and timestamps, a file holds text, and both hold "" for "not known".
Decision: a `Notation` says how amounts and dates are written; everything else is the same for both.
Dates are ISO, and an instant needs its zone, because the tax date is the exchange's local date.
Limits: US exchanges (one zone); dates of other notations only through a notation that states them.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from di_advisor.domain.amounts import Exact, exact
from di_advisor.errors import InputError

__all__ = [
    "EXCHANGE_ZONE",
    "FrameNotation",
    "Notation",
    "flag_of",
    "float_of",
    "instant_at_close",
    "is_blank",
    "iso_day",
    "require_usd",
    "text_of",
]

EXCHANGE_ZONE = ZoneInfo("America/New_York")
"""Where tax dates are local: the zone of US exchanges."""

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
# Codes that data vendors use for prices in a hundredth of the currency.
_HUNDREDTHS = {"GBp", "GBX", "GBx", "ZAc", "ZAC", "ILA", "ILa", "USX", "USx", "USc"}
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# Binary floating point keeps 15 decimal digits of what was written; more are the rest of a calculation.
_WRITTEN_DIGITS = 15


class Notation(Protocol):
    """How the cells of a table are written."""

    def amount(self, cell: object) -> Exact:
        """Exact amount of a cell that is not blank; `InputError` where it holds none."""
        ...

    def day(self, cell: object) -> date:
        """Exchange-local date of a cell that is not blank; `InputError` where it holds none."""
        ...


class FrameNotation:
    """Cells of data frames.

    Exact amounts are text, int, Decimal or Fraction. A binary float is taken as the shortest text
    that names it (0.1 is 0.10 exactly, which is what was meant); one that needs more than 15 digits
    is the rest of a calculation, and ``floats_with_residue`` counts those for a warning.
    Dates are `date`, ISO text, or timestamps; see `iso_day` for instants.
    """

    def __init__(self) -> None:
        self.floats_with_residue = 0

    def amount(self, cell: object) -> Exact:
        """Exact amount of a cell."""
        if isinstance(cell, float | np.floating):
            text = str(cell)
            if len(Decimal(text).as_tuple().digits) > _WRITTEN_DIGITS:
                self.floats_with_residue += 1
            return exact(text, "the value")
        if isinstance(cell, np.integer):
            cell = int(cell)
        return exact(cell, "the value")  # type: ignore[arg-type]  # `exact` refuses other types with a sentence

    def day(self, cell: object) -> date:
        """Exchange-local date of a cell."""
        if isinstance(cell, np.datetime64):
            cell = cell.astype("datetime64[us]").item()
        if isinstance(cell, datetime):
            return _day_of_instant(cell)
        if isinstance(cell, date):
            return cell
        if isinstance(cell, str):
            return iso_day(cell)
        raise InputError(
            f"{cell!r} ({type(cell).__name__}) is not a date.",
            hint="Pass a date, a timestamp, or text such as 2024-03-04.",
        )


def _day_of_instant(instant: datetime) -> date:
    if instant.tzinfo is not None:
        return instant.astimezone(EXCHANGE_ZONE).date()
    if (instant.hour, instant.minute, instant.second, instant.microsecond) != (0, 0, 0, 0):
        raise InputError(
            f"the timestamp {instant} has a time of day and no time zone, so its tax date is not certain.",
            hint="Add the zone (2024-12-31T23:30:00-05:00), or give the exchange's local date alone.",
        )
    return instant.date()


def iso_day(text: str) -> date:
    """Date of ISO text: ``2024-03-04``, or an instant with its zone, taken as the exchange's local date.

    Raises
    ------
    InputError
        If it is another notation, an instant without zone, or no day of the calendar.
    """
    written = text.strip()
    try:
        if _ISO_DAY.fullmatch(written):
            return date.fromisoformat(written)
        if _ISO_INSTANT.fullmatch(written):
            return _day_of_instant(datetime.fromisoformat(written))
    except ValueError:
        raise InputError(
            f"{written!r} is not a day of the calendar.", hint="Check day and month; dates are YYYY-MM-DD."
        ) from None
    raise InputError(
        f"{written!r} is not a date in the form YYYY-MM-DD.",
        hint="03/04/2024 could be March or April: write 2024-03-04, "
        "or state the date format of the file once (--date-format).",
    )


def is_blank(cell: object) -> bool:
    """Whether a cell is empty: None, empty text, or a frame's mark for missing (the text "NaN" is not)."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, float | np.floating):
        return bool(np.isnan(cell))
    if isinstance(cell, np.datetime64):
        return bool(np.isnat(cell))
    return type(cell).__name__ in {"NaTType", "NAType"}


def text_of(cell: object, default: str = "") -> str:
    """Text of a cell, exactly as it stands; the default where it is blank.

    Raises
    ------
    InputError
        If it is neither text nor a whole number.
    """
    if is_blank(cell):
        return default
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int | np.integer) and not isinstance(cell, bool):
        return str(int(cell))
    raise InputError(
        f"{cell!r} ({type(cell).__name__}) is not text.",
        hint="Ids and names are text; read that column as text, so that 007 stays 007.",
    )


def flag_of(cell: object) -> bool:
    """Truth of a cell: True, False, yes, no, 1, 0; blank is no."""
    if is_blank(cell):
        return False
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    value = _FLAGS.get(str(cell).strip().casefold())
    if value is None:
        raise InputError(f"{cell!r} is neither yes nor no.", hint="Write true or false.")
    return value


def float_of(cell: object, notation: Notation) -> float:
    """Finite float of a cell that is not blank; floats of frames pass unchanged."""
    value = float(cell) if isinstance(cell, float | np.floating) else float(Fraction(notation.amount(cell)))
    if not math.isfinite(value):
        raise InputError(f"{cell!r} is not finite.", hint="Correct the figure at its source.")
    return value


def require_usd(cell: object) -> None:
    """Refuse a currency other than USD; blank is USD.

    Raises
    ------
    InputError
        Naming the factor of one hundred where the currency is pence and the like.
    """
    currency = text_of(cell, "USD").strip()
    if currency not in {"USD", "usd"}:
        minor = " It is a hundredth of its currency (pence, cents)." if currency in _HUNDREDTHS else ""
        raise InputError(
            f"the currency is {currency}, and amounts are in USD.{minor}",
            hint="Convert the amounts to US dollars at the source; nothing is converted silently.",
        )


def instant_at_close(day: date) -> datetime:
    """UTC instant of the exchange's regular close on a day."""
    return datetime(day.year, day.month, day.day, 16, tzinfo=EXCHANGE_ZONE).astimezone(UTC)
