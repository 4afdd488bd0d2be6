"""Notes: facts about the books that are no events, kept for ever beside the journal.

Overrides of a reconciliation, of a group of substantially identical names, a report as it was given
out: each has a kind, a subject, a body and the instant it was recorded. A later note of the same
kind and subject stands beside the earlier one and does not replace it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Note"]


@dataclass(frozen=True, slots=True)
class Note:
    """A fact about the books.

    Attributes
    ----------
    number : int
        1 for the first note of a taxpayer, without gaps.
    recorded_at : datetime
        The instant, in UTC.
    kind, subject : str
        What sort of note, and what it is about ("identical group", "GOOG and GOOGL").
    body : str
        What it says: words, or a text format of the writer's choice.
    """

    number: int
    recorded_at: datetime
    kind: str
    subject: str
    body: str

    @property
    def sha256(self) -> str:
        """Digest of the note, by which a changed one is found."""
        instant = self.recorded_at.isoformat(timespec="microseconds")
        parts = (str(self.number), instant, self.kind, self.subject, self.body)
        return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()
