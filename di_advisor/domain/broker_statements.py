"""What a broker's statement says: accounts with lots and cash on a day, what happened, and what was left out.

Problem: a statement's day is not the day of the proposal, some of its rows are no lots of stock in dollars,
and a list of positions looks like a list of lots. Decision: a statement is a value with its own day; rows that
were not taken are listed with their reasons; whether its lots are lots is said, and where they are not,
nobody gets opening lots out of it. Limits: a statement knows the accounts of one broker, and wash sales reach
into those of others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from di_advisor.domain.events import Event
from di_advisor.domain.lot_events import opening_events
from di_advisor.domain.observations import Provenance
from di_advisor.domain.portfolio import Portfolio
from di_advisor.errors import InputError

__all__ = ["BrokerStatement", "LeftOut"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not taken: where it stands, what it is, and why."""

    row: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.row} ({self.what}): {self.why}"


@dataclass(frozen=True, slots=True)
class BrokerStatement:
    """A statement as it was read.

    Attributes
    ----------
    portfolio : Portfolio
        Accounts with their lots and cash.
    as_of : date
        The statement's own day.
    source : str
        Name of the file or address.
    events : tuple of Event
        Trades, dividends, splits and payments, where it lists them; the lots are those after all of them.
    left_out : tuple of LeftOut
        Rows that were not taken.
    has_lots : bool
        Whether its lots are lots: False where a row is a whole position of average cost without dates.
    provenance : Provenance or None
        Where it comes from, if it came through the frame.
    """

    portfolio: Portfolio
    as_of: date
    source: str
    events: tuple[Event, ...] = ()
    left_out: tuple[LeftOut, ...] = field(default=())
    has_lots: bool = True
    provenance: Provenance | None = None

    @property
    def opening(self) -> tuple[Event, ...]:
        """Events that begin a journal with these lots on the statement's day.

        Raises
        ------
        InputError
            If the statement has positions and no lots.
        """
        if not self.has_lots:
            raise InputError(
                f"{self.source} has positions with average costs and no lots: when shares were bought is not in it.",
                hint="Export the lots (one file a position), or type them into a lots CSV; books need their dates.",
                source=self.source,
            )
        return opening_events(self.portfolio, on=self.as_of, source=self.source)
