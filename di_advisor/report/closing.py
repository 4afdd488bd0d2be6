"""Notes under a proposal, where the whole closes with the disclaimer.

Problem: notes travel alone and begin with "Not tax advice."; a page that ends with it says it twice. Decision: where a
form ends with the disclaimer, its notes lose those words and keep the rest. Limits: words at a note's beginning only.
"""

from __future__ import annotations

from collections.abc import Iterable

from di_advisor.propose.proposal import DISCLAIMER

__all__ = ["closing_notes"]


def closing_notes(notes: Iterable[str]) -> list[str]:
    """Notes as they stand above a closing disclaimer; one that says nothing else is left out."""
    bare = (note.removeprefix(DISCLAIMER).strip() for note in notes)
    return [note for note in bare if note]
