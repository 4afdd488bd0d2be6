"""Corrections: the journal is never edited, so what was wrong is overruled by a new event."""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.events.checks import fail, text
from di_advisor.domain.events.event import Event

__all__ = ["Correction"]


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
