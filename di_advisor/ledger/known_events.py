"""What a journal knows: which events there are, which are overruled, and which actions are told twice.

Decision: one fold over the entries, used alike for admitting new events, for reading a journal back
and for asking what was known at an earlier position, so the three cannot disagree.

* The same id with the same content is the same event; with other content it is a conflict.
* The same corporate action from two sources, under two ids, applies once: the key is security, type
  and ex-date (and what was received, since a company may spin off two others on one day). Other
  terms for the same key are a conflict. What overrules one of them overrules all that say the same.
* A correction voids an event or puts another in its place. What is overruled stays overruled: it is
  its replacement that can be corrected again.

Limits: an action that two sources date differently is two actions here; reconciliation finds that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from di_advisor.domain.event_text import content_differences
from di_advisor.domain.events import (
    Correction,
    Event,
    Rights,
    SecurityEvent,
    SpinOff,
    YearAmended,
    YearClosed,
)
from di_advisor.errors import ConflictingEventError, InputError

__all__ = ["JOURNAL_EVENTS", "KnownEvents", "Outcome", "action_key"]

JOURNAL_EVENTS = (Correction, YearClosed, YearAmended)
"""Events about the journal itself, from which no lots come."""

ActionKey = tuple[str, str, str, str]


class Outcome(Enum):
    """What became of an event that was told."""

    NEW = auto()
    DUPLICATE = auto()
    REPEATED_ACTION = auto()


def action_key(event: Event) -> ActionKey | None:
    """What makes two reports of a corporate action reports of the same one; None for other events."""
    if not isinstance(event, SecurityEvent):
        return None
    received = ""
    if isinstance(event, SpinOff):
        received = event.spun_security_id
    elif isinstance(event, Rights):
        received = event.rights_security_id
    return event.security_id, type(event).__name__, event.on.isoformat(), received


@dataclass(slots=True)
class KnownEvents:
    """Events by id, and what became of them; a working value inside a journal, never shared.

    Attributes
    ----------
    events : dict
        Everything ever told, replacements too.
    overruled : dict
        Ids that no longer hold, with the id of the correction that says so.
    actions : dict
        Ids that tell the same corporate action and hold, the one that applies first.
    closings : dict
        Closed years by id, overruled ones too.
    """

    events: dict[str, Event] = field(default_factory=dict)
    overruled: dict[str, str] = field(default_factory=dict)
    actions: dict[ActionKey, tuple[str, ...]] = field(default_factory=dict)
    closings: dict[str, YearClosed] = field(default_factory=dict)

    def copy(self) -> KnownEvents:
        """A value of its own, that can be thrown away."""
        return KnownEvents(dict(self.events), dict(self.overruled), dict(self.actions), dict(self.closings))

    def take(self, event: Event) -> Outcome:
        """Learn an event.

        Raises
        ------
        ConflictingEventError
            If its id, or the action it tells, is known with other content.
        InputError
            If it corrects what is not known or no longer holds.
        """
        known = self.events.get(event.event_id)
        if known is not None:
            self._same(known, event)
            return Outcome.DUPLICATE
        if isinstance(event, Correction):
            self._correct(event)
            self.events[event.event_id] = event
            return Outcome.NEW
        return self._add(event)

    def effective(self) -> tuple[Event, ...]:
        """What holds, in the order of day, sequence and id; events of the journal itself left out."""
        repeats = {again for ids in self.actions.values() for again in ids[1:]}
        held = (
            event
            for event_id, event in self.events.items()
            if event_id not in self.overruled and event_id not in repeats and not isinstance(event, JOURNAL_EVENTS)
        )
        return tuple(sorted(held, key=lambda e: (e.on, e.sequence, e.event_id)))

    def closing(self) -> YearClosed | None:
        """The closing of the latest closed year, if any."""
        held = (closing for event_id, closing in self.closings.items() if event_id not in self.overruled)
        return max(held, key=lambda e: e.tax_year, default=None)

    def _add(self, event: Event) -> Outcome:
        if isinstance(event, YearClosed):
            self.closings[event.event_id] = event
        key = action_key(event)
        if key is None:
            self.events[event.event_id] = event
            return Outcome.NEW
        told = self.actions.get(key, ())
        if told:
            first = self.events[told[0]]
            differences = content_differences(first, event, ignoring=("event_id", "sequence"))
            if differences:
                raise ConflictingEventError(
                    f"{_label(event)} and {_label(first)} tell the same action with other terms: "
                    f"{'; '.join(differences)} ({_from(first)} against {_from(event)}).",
                    hint="Find out which is right; if the recorded one is wrong, append a Correction of it.",
                    event_id=event.event_id,
                    known_id=first.event_id,
                    differences=differences,
                )
        self.events[event.event_id] = event
        self.actions[key] = (*told, event.event_id)
        return Outcome.REPEATED_ACTION if told else Outcome.NEW

    def _correct(self, correction: Correction) -> None:
        target = self.events.get(correction.corrects)
        if target is None:
            raise InputError(
                f"{_label(correction)} corrects {correction.corrects!r}, and the journal holds no such event.",
                hint="Check the id; import the event first.",
                event_id=correction.event_id,
                corrects=correction.corrects,
            )
        if isinstance(target, Correction):
            raise InputError(
                f"{_label(correction)} corrects {correction.corrects!r}, which is a correction itself.",
                hint="Correct the replacement it made, or append the voided event anew under another id.",
                event_id=correction.event_id,
                corrects=correction.corrects,
            )
        self._refuse_overruled(correction, correction.corrects)
        key = action_key(target)
        for told in self.actions.pop(key, ()) if key else (correction.corrects,):
            self.overruled[told] = correction.event_id
        if correction.replacement is None:
            return
        known = self.events.get(correction.replacement.event_id)
        if known is None:
            self._add(correction.replacement)
        else:  # the right version was imported before the wrong one was corrected
            self._same(known, correction.replacement)
            self._refuse_overruled(correction, known.event_id)

    def _refuse_overruled(self, correction: Correction, event_id: str) -> None:
        by = self.overruled.get(event_id)
        if by is None:
            return
        earlier = self.events.get(by, correction)
        replacement = earlier.replacement if isinstance(earlier, Correction) else None
        raise InputError(
            f"{_label(correction)} names {event_id!r}, which correction {by!r} has overruled.",
            hint=(
                f"Correct its replacement {replacement.event_id!r}."
                if replacement is not None and earlier is not correction
                else "It is void; if it did happen, append it anew under another id."
            ),
            event_id=correction.event_id,
            corrects=event_id,
            overruled_by=by,
        )

    @staticmethod
    def _same(known: Event, event: Event) -> None:
        differences = content_differences(known, event)
        if differences:
            raise ConflictingEventError(
                f"{_label(event)} is told with other content: {'; '.join(differences)} "
                f"({_from(known)} against {_from(event)}).",
                hint="Keep the version that is right; what is recorded already is changed by a Correction only.",
                event_id=event.event_id,
                known_id=known.event_id,
                differences=differences,
            )


def _label(event: Event) -> str:
    return f"{type(event).__name__} {event.event_id!r}"


def _from(event: Event) -> str:
    return event.source or "no source"
