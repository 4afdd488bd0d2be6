"""Tax years that are closed: what would change them is refused unless it says that it amends them.

Decision: an event touches the year of its day, and every later year through the lots; so a closed
year guards itself and all days before it. An acquisition until January 30 also touches the year
before, because it can wash a loss of December (26 USC 1091). A correction touches what it overrules
and what it puts in its place. The permission is an event too: a `YearAmended` in the same batch,
for the touched year or an earlier one.

Limits: a year is meant as the calendar year, which is the tax year of nearly all individuals.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from di_advisor.domain.events import (
    Buy,
    Event,
    Exchange,
    Rights,
    SecurityEvent,
    TaxTreatment,
    YearAmended,
    YearClosed,
)
from di_advisor.errors import ClosedYearError
from di_advisor.ledger.known_events import JOURNAL_EVENTS
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["refuse_closed_years", "touched_year"]


def touched_year(event: Event) -> int | None:
    """Earliest tax year that an event can change; None for events of the journal itself."""
    if isinstance(event, JOURNAL_EVENTS):
        return None
    acquires = isinstance(event, Buy | Rights) or (
        isinstance(event, SecurityEvent | Exchange) and event.tax_treatment is TaxTreatment.TAXABLE
    )
    if not acquires:
        return event.on.year
    return date.fromordinal(max(event.on.toordinal() - WASH_WINDOW_DAYS, date.min.toordinal())).year


def refuse_closed_years(
    touching: Iterable[tuple[Event, Event]], closing: YearClosed | None, amendments: Iterable[YearAmended]
) -> None:
    """Refuse what changes a closed year without amending it.

    Parameters
    ----------
    touching : iterable of (Event, Event)
        What is to be recorded, and the event by which it touches a year: itself, what it overrules,
        or what it puts in its place.
    closing : YearClosed or None
        The latest closing recorded before.
    amendments : iterable of YearAmended
        Those recorded together with it.

    Raises
    ------
    ClosedYearError
        Naming the event, the year, and how to amend it.
    """
    if closing is None:
        return
    amended_from = min((a.tax_year for a in amendments), default=None)
    for told, by in touching:
        year = touched_year(by)
        if year is None or year > closing.tax_year or (amended_from is not None and amended_from <= year):
            continue
        raise ClosedYearError(
            f"{type(told).__name__} {told.event_id!r} changes {year} (by {type(by).__name__} {by.event_id!r} "
            f"on {by.on}), and {closing.tax_year} was closed on {closing.on} with all years before it.",
            hint=f"If the return is amended, record a YearAmended for {year} in the same batch, with its reason.",
            event_id=told.event_id,
            tax_year=year,
            closed_through=closing.tax_year,
        )
