"""What a broker's statement says: accounts with lots and cash on a day, what happened, and what was left out.

Problem: a statement's day is not the day of the proposal, some of its rows are no lots of stock in dollars,
and a list of positions looks like a list of lots. Decision: a statement is a value with its own day; rows that
were not taken are listed with their reasons; whether its lots are lots is said, and where they are not,
nobody gets opening lots out of it. Limits: a statement knows the accounts of one broker, and wash sales reach
into those of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from di_advisor.domain.events import Event
from di_advisor.domain.lot_events import opening_events
from di_advisor.domain.observations import Provenance
from di_advisor.domain.portfolio import Portfolio
from di_advisor.errors import InputError

__all__ = ["BrokerStatement", "LeftOut", "left_out_told"]

_MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that was not taken: where it stands, what it is, and why."""

    row: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.row} ({self.what}): {self.why}"


def left_out_told(source: str, left_out: Sequence[LeftOut]) -> str:
    """How many rows of a source were left out, and the first five of them with their reasons."""
    shown = "; ".join(map(str, left_out[:_MOST_TOLD]))
    more = f"; and {len(left_out) - _MOST_TOLD} more" if len(left_out) > _MOST_TOLD else ""
    rows = "1 row was" if len(left_out) == 1 else f"{len(left_out)} rows were"
    return f"{source}: {rows} left out: {shown}{more}."


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
