"""What was repaired, dropped or guessed while a past was built: a report to read before its results."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Quality"]

_SHOWN = 8


@dataclass
class Quality:
    """Notes by kind, in the order in which they were made."""

    notes: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, what: str) -> None:
        """Add a note."""
        self.notes.setdefault(kind, []).append(what)

    def text(self, shown: int = _SHOWN) -> str:
        """The report: a line a kind with its count and its first notes."""
        lines = []
        for kind, notes in sorted(self.notes.items()):
            more = f", and {len(notes) - shown} more" if len(notes) > shown else ""
            lines.append(f"{kind}: {len(notes)} ({'; '.join(notes[:shown])}{more})")
        return "\n".join(lines)
