"""Long lines on a terminal: broken between words, what follows under the column where its text began.

Problem: a terminal breaks a reason in the middle of a word and goes on at its left edge, under the figures. Decision: a
line whose last column is words is broken there. Limits: a table of figures wider than the window stays as it is.
"""

from __future__ import annotations

import textwrap

__all__ = ["wrapped"]

_LEAST_WORDS = 24
"""Width, in letters, below which a column of words is not worth keeping."""


def wrapped(line: str, width: int) -> list[str]:
    """One line as several of at most ``width`` letters; as it is where its last column is narrow or no words."""
    if len(line) <= width:
        return [line]
    text = line.rstrip()
    begins = text.rfind("  ") + 2 if "  " in text else 0
    if width - begins < _LEAST_WORDS or len(text) - begins < _LEAST_WORDS:
        return [line]
    broken = textwrap.wrap(
        text[begins:], width - begins, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    return [text[:begins] + broken[0], *(" " * begins + more for more in broken[1:])]
