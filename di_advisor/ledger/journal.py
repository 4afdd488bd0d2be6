"""The journal: everything that was ever recorded for a taxpayer, in order, never changed.

Problem: lots, gains and reports must be derivable from what happened, by anyone, later, and what a
past report said must stay reproducible. Decision: an immutable value of entries; each has a
position, the instant it was recorded, its batch, the event, the text as recorded, and a SHA-256
over all that and the entry before, so that two journals with equal heads are equal to the last
character. A batch is taken whole or not at all; its order does not matter, because it is put into
one: amendments, what happened by day, sequence and id, closings, and each correction once what it
corrects is there.

Importing twice changes nothing: what is known is skipped and counted. `Journal.effective` is what
holds now, or held for all the journal knew at an earlier position.

Limits: an append copies the index of the journal, about a millisecond for 50,000 entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from di_advisor.domain.event_text import content_sha256, event_from_text, event_text
from di_advisor.domain.events import Correction, Event, YearAmended, YearClosed
from di_advisor.errors import ConflictingEventError, InputError
from di_advisor.ledger.closed_years import refuse_closed_years
from di_advisor.ledger.known_events import KnownEvents, Outcome

__all__ = ["AppendReport", "Journal", "JournalEntry"]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event, as it was recorded.

    Attributes
    ----------
    position : int
        1 for the first entry of the journal, without gaps.
    recorded_at : datetime
        The instant, in UTC.
    batch : str
        What it was recorded with: the name of a file, a statement, a proposal.
    text : str
        The event's text, as recorded.
    sha256 : str
        Of this entry and the one before, in hexadecimal.
    event : Event
        What happened: the text, read.

    Raises
    ------
    InputError
        If the text is not that of an event.
    """

    position: int
    recorded_at: datetime
    batch: str
    text: str = field(repr=False)
    sha256: str = field(repr=False)
    event: Event = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "event", event_from_text(self.text))

    @classmethod
    def after(cls, previous: JournalEntry | None, recorded_at: datetime, batch: str, text: str) -> JournalEntry:
        """The entry of a recorded text that follows another one, or is the first."""
        position = previous.position + 1 if previous else 1
        return cls(position, recorded_at, batch, text, _chained(previous, recorded_at, batch, text))

    def follows(self, previous: JournalEntry | None) -> bool:
        """Whether this is the entry that was recorded after another one, or first, unchanged."""
        expected = previous.position + 1 if previous else 1
        return self.position == expected and self.sha256 == _chained(previous, self.recorded_at, self.batch, self.text)


@dataclass(frozen=True, slots=True)
class AppendReport:
    """What an append did.

    Attributes
    ----------
    added : tuple of JournalEntry
        What is new, in the order of recording.
    duplicates : tuple of str
        Ids that were known with the same content, and were skipped; once for each time.
    repeated_actions : tuple of str
        Ids among the new ones that tell a corporate action which is known from elsewhere: recorded,
        but applied once.
    """

    added: tuple[JournalEntry, ...]
    duplicates: tuple[str, ...] = ()
    repeated_actions: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The report in words: "3 events added, 1 duplicate skipped"."""
        parts = [_counted(len(self.added), "event") + " added"]
        if self.duplicates:
            parts.append(_counted(len(self.duplicates), "duplicate") + " skipped")
        if self.repeated_actions:
            parts.append(_counted(len(self.repeated_actions), "corporate action") + " known already, applied once")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Journal:
    """Entries, oldest first; `append` returns another journal.

    Attributes
    ----------
    entries : tuple of JournalEntry
        Checked on construction: positions without gaps, every digest, no contradiction.

    Raises
    ------
    InputError
        If the entries are not what a journal recorded.
    """

    entries: tuple[JournalEntry, ...] = ()
    _known: KnownEvents | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._known is None:
            object.__setattr__(self, "_known", _checked(KnownEvents(), None, self.entries))

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def head_sha256(self) -> str:
        """Digest of the last entry, and by it of all; empty text for an empty journal."""
        return self.entries[-1].sha256 if self.entries else ""

    @property
    def content_sha256(self) -> str:
        """Digest of what is recorded, whatever the order, the instants, the batches and the sources."""
        lines = sorted(content_sha256(entry.event) for entry in self.entries)
        return hashlib.sha256("\n".join(lines).encode("ascii")).hexdigest()

    @property
    def closed_through(self) -> int | None:
        """Last tax year that is closed, with all years before it; None where none is."""
        closing = self._index.closing()
        return closing.tax_year if closing else None

    def event(self, event_id: str) -> Event | None:
        """An event by id, whether it holds or not; replacements too; None where it is not known."""
        return self._index.events.get(event_id)

    def overruled_by(self, event_id: str) -> str | None:
        """Id of the correction that overruled an event; None where it holds or is not known."""
        return self._index.overruled.get(event_id)

    def effective(self, *, at_position: int | None = None) -> tuple[Event, ...]:
        """What holds, in the order of day, sequence and id, with corrections applied.

        Parameters
        ----------
        at_position : int, optional
            With the entries up to this position alone: what was known then. 0 is before the first.

        Raises
        ------
        InputError
            If the journal has no such position.
        """
        if at_position is None or at_position == len(self.entries):
            return self._index.effective()
        return Journal.effective(self.until(at_position))

    def until(self, position: int) -> Journal:
        """The journal as it was when it had this many entries."""
        if isinstance(position, bool) or not 0 <= position <= len(self.entries):
            raise InputError(
                f"Position {position!r} is not in the journal.", hint=f"It has positions 0 to {len(self.entries)}."
            )
        known = KnownEvents()
        for entry in self.entries[:position]:
            known.take(entry.event)
        return Journal(self.entries[:position], known)

    def position_at(self, instant: datetime) -> int:
        """Last position recorded at or before an instant; 0 where nothing was."""
        moment = _utc(instant, "The instant")
        return max((e.position for e in self.entries if e.recorded_at <= moment), default=0)

    def append(
        self, events: Iterable[Event], *, recorded_at: datetime, batch: str = ""
    ) -> tuple[Journal, AppendReport]:
        """Record a batch of events, all or none.

        Parameters
        ----------
        events : iterable of Event
            In any order.
        recorded_at : datetime
            Now, with its zone.
        batch : str
            What they come from, for the reader of the journal.

        Returns
        -------
        (Journal, AppendReport)
            The longer journal (this very one if nothing is new), and what was done.

        Raises
        ------
        ConflictingEventError
            If an id or a corporate action is known, or stands twice in the batch, with other content.
        ClosedYearError
            If a closed tax year would change, and no `YearAmended` in the batch says so.
        InputError
            If a correction has nothing to correct, or the instant has no zone.
        """
        moment = _utc(recorded_at, "recorded_at")
        _storable_label(batch)
        known = self._index.copy()
        closing = known.closing()
        told = _told(events, known)
        amendments = [e for e in told.new if isinstance(e, YearAmended)]
        refuse_closed_years(told.touching, closing, amendments)
        if not told.new:
            return self, AppendReport((), tuple(told.duplicates))
        added: list[JournalEntry] = []
        last = self.entries[-1] if self.entries else None
        for event in told.new:
            last = JournalEntry.after(last, moment, batch, event_text(event))
            added.append(last)
        report = AppendReport(tuple(added), tuple(told.duplicates), tuple(told.repeated))
        return Journal(self.entries + report.added, known), report

    def extended(self, entries: Sequence[JournalEntry]) -> Journal:
        """The journal with further entries that were recorded elsewhere, checked as on construction."""
        if not entries:
            return self
        known = _checked(self._index.copy(), self.entries[-1] if self.entries else None, entries)
        return Journal(self.entries + tuple(entries), known)

    @property
    def _index(self) -> KnownEvents:
        assert self._known is not None  # noqa: S101  (set on construction; told to the type checker)
        return self._known


@dataclass(slots=True)
class _Told:
    """What a batch told: new events in the order of recording, and the rest."""

    new: list[Event] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    touching: list[tuple[Event, Event]] = field(default_factory=list)

    def take(self, event: Event, known: KnownEvents) -> None:
        """Let an event be known, and keep what became of it."""
        corrected = known.events.get(event.corrects) if isinstance(event, Correction) else None
        outcome = known.take(event)
        if outcome is Outcome.DUPLICATE:
            self.duplicates.append(event.event_id)
            return
        self.new.append(event)
        if outcome is Outcome.REPEATED_ACTION:  # it changes nothing, in a closed year neither
            self.repeated.append(event.event_id)
            return
        replacement = event.replacement if isinstance(event, Correction) else None
        self.touching += [(event, by) for by in (event, corrected, replacement) if by is not None]


def _told(events: Iterable[Event], known: KnownEvents) -> _Told:
    """Let a batch be known in its one order; conflicts are collected and raised together."""
    told = _Told()
    conflicts: list[ConflictingEventError] = []
    corrections: list[Correction] = []
    for event in sorted(events, key=_order):
        if isinstance(event, Correction):
            corrections.append(event)
            continue
        try:
            told.take(event, known)
        except ConflictingEventError as conflict:
            conflicts.append(conflict)
    if len(conflicts) > 1:
        raise ConflictingEventError(
            f"{len(conflicts)} events contradict what is known: {' '.join(c.what for c in conflicts)}",
            hint=conflicts[0].hint,
            conflicts=tuple(conflicts),
        )
    if conflicts:
        raise conflicts[0]
    while corrections:
        ready = next((c for c in corrections if c.corrects in known.events or c.event_id in known.events), None)
        chosen = ready or corrections[0]
        corrections.remove(chosen)
        told.take(chosen, known)
    return told


def _order(event: Event) -> tuple[int, object, int, str, str]:
    if not isinstance(event, Event):
        raise InputError(f"{event!r} is no event.", hint="Append events of di_advisor.domain.events.")
    rank = 0 if isinstance(event, YearAmended) else 2 if isinstance(event, YearClosed) else 1
    return rank, event.on, event.sequence, event.event_id, event.source


def _checked(known: KnownEvents, previous: JournalEntry | None, entries: Sequence[JournalEntry]) -> KnownEvents:
    for entry in entries:
        if not entry.follows(previous):
            expected = previous.position + 1 if previous else 1
            raise InputError(
                f"Entry {entry.position} of the journal is not what was recorded at position {expected}.",
                hint="Its digest does not fit its content and the entry before; restore the journal.",
                position=entry.position,
            )
        if known.take(entry.event) is Outcome.DUPLICATE:
            raise InputError(
                f"Entry {entry.position} of the journal repeats the event {entry.event.event_id!r}.",
                hint="A journal records each event once; restore it.",
                position=entry.position,
            )
        previous = entry
    return known


def _utc(instant: object, what: str) -> datetime:
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise InputError(f"{what} is {instant!r}, without a zone.", hint="Pass an aware datetime, such as one in UTC.")
    return instant.astimezone(UTC)


def _chained(previous: JournalEntry | None, recorded_at: datetime, batch: str, text: str) -> str:
    position = previous.position + 1 if previous else 1
    instant = recorded_at.isoformat(timespec="microseconds")
    parts = (previous.sha256 if previous else "", str(position), instant, batch, text)
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def _storable_label(batch: object) -> None:
    if not isinstance(batch, str) or "\0" in batch or any("\ud800" <= c <= "\udfff" for c in batch):
        raise InputError(f"The name of the batch is {batch!r}, and no text.", hint="Name the file or the occasion.")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
