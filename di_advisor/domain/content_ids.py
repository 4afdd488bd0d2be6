"""Ids for fills that come without one: by content and occurrence.

Problem: two equal fills are two fills, and the same file read twice, or with its rows in another
order, must give the same ids. Decision: the id is the content's digest and a count: the first such
fill is #1, the second #2, in every file in which both stand. The source (file and row) is no part
of the content.

Limits: a file has to hold whole days of an account. Of two files that hold one of two equal fills
each, the second is taken for a repetition of the first; nothing in them says otherwise.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from di_advisor.domain.event_text import content_text
from di_advisor.domain.events import Event

__all__ = ["UNNAMED", "named_by_content"]

UNNAMED: Final = "(unnamed)"
"""The ``event_id`` of an event whose source gives none, until `named_by_content` finds one."""

_DIGEST_CHARACTERS: Final = 16
_TAKEN_FROM_THE_ID: Final = ("lot_id", "purchase_id")


def named_by_content(events: Sequence[Event]) -> tuple[Event, ...]:
    """Give every `UNNAMED` event an id, such as "buy 2025-01-02 1f0c6a9e5b7d2c43 #1".

    Parameters
    ----------
    events : sequence of Event
        All that one source tells, in any order; those with an id of their own stay as they are.

    Returns
    -------
    tuple of Event
        In the same order. Lots and purchases that take their id from the event take the new one.
    """
    count: Counter[str] = Counter()
    named = []
    for event in events:
        if event.event_id != UNNAMED:
            named.append(event)
            continue
        digest = hashlib.sha256(content_text(event).encode("ascii")).hexdigest()[:_DIGEST_CHARACTERS]
        content = f"{type(event).__name__.lower()} {event.on} {digest}"
        count[content] += 1
        event_id = f"{content} #{count[content]}"
        inner: dict[str, Any] = {n: event_id for n in _TAKEN_FROM_THE_ID if getattr(event, n, None) == UNNAMED}
        named.append(replace(event, event_id=event_id, **inner))
    return tuple(named)
