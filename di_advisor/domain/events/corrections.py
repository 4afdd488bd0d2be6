"""Events of the journal itself: corrections, and tax years that are closed or amended.

The journal is never edited, so what was wrong is overruled by a new event; a return that was filed
changes only where an event says that it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from di_advisor.domain.events.checks import fail, text
from di_advisor.domain.events.event import Event

__all__ = ["Correction", "YearAmended", "YearClosed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Event):
    """An earlier event was wrong: it is void, or another stands in its place.

    ``on`` is the day of the correction; the replacement has its own day.

    Attributes
    ----------
    corrects : str
        Id of the event that was wrong (or of an earlier replacement of it).
    replacement : Event or None
        What happened instead; None if nothing did. It has an id of its own.
    reason : str
        Why; kept for ever.
    """

    corrects: str
    replacement: Event | None = None
    reason: str

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        text(self, "corrects", "reason")
        if isinstance(self.replacement, Correction):
            raise fail(self, "replacement", "is a correction itself.", "Correct the event, not the correction.")
        if self.replacement is not None and self.replacement.event_id in (self.corrects, self.event_id):
            raise fail(
                self, "replacement", "has the id of another event.", f"Give it its own, such as {self.corrects}/2."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class YearClosed(Event):
    """A tax year's return was filed: what would change the year needs a `YearAmended` from now on.

    Attributes
    ----------
    tax_year : int
        The year; all earlier ones are closed with it, since their lots flow into it.

    Raises
    ------
    InputError
        Also if ``on`` is before January 31 of the year after: until January 30 a purchase can still
        wash a loss of December (26 USC 1091).
    """

    tax_year: int

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        _calendar_year(self, self.tax_year)
        if self.on <= _last_open_day(self.tax_year):
            raise fail(
                self,
                "on",
                f"is {self.on}, and purchases until {_last_open_day(self.tax_year)} can still wash losses "
                f"of {self.tax_year}.",
                "Close the year after that day.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAmended(Event):
    """Events recorded together with this one may change a closed tax year (Form 1040-X).

    Attributes
    ----------
    tax_year : int
        First year that may change; later closed years may change with it.
    reason : str
        Why; kept for ever.
    """

    tax_year: int
    reason: str

    def __post_init__(self) -> None:
        Event.__post_init__(self)
        _calendar_year(self, self.tax_year)
        text(self, "reason")


def _last_open_day(tax_year: int) -> date:
    """Thirty days after the year's last day."""
    return date(tax_year + 1, 1, 30)


def _calendar_year(event: Event, year: object) -> None:
    if isinstance(year, bool) or not isinstance(year, int) or not date.min.year <= year < date.max.year:
        raise fail(event, "tax_year", f"is {year!r}.", "Give the calendar year as a whole number, such as 2025.")
