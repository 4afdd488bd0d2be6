"""A column of texts that stays one text: hundreds of ids and amounts of an account, of which a few are ever looked at.

Problem: to make a text of each of a thousand lots' ids and amounts takes longer than to read all of them as numbers.
Decision: the text in which they stand, with their places; one is cut out when it is asked for. Limits: texts that are
written as they are, without escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["TextColumn"]

IntArray = NDArray[np.int64]


class TextColumn(Sequence[str]):
    """Texts that stand in a longer one.

    Parameters
    ----------
    text : str
        The longer one.
    starts, ends : ndarray of int, shape (m,)
        Where each begins, and where it has ended.
    runs : ndarray of int, optional
        Positions of texts that may differ from the one before; all of them where left out.
    """

    __slots__ = ("ends", "runs", "starts", "text")

    def __init__(self, text: str, starts: IntArray, ends: IntArray, runs: IntArray | None = None) -> None:
        self.text, self.starts, self.ends = text, starts, ends
        self.runs = np.arange(len(starts)) if runs is None else runs

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self.at(np.arange(len(self))[at])
        return self.text[self.starts[at] : self.ends[at]]

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def __reduce__(self) -> tuple[type[TextColumn], tuple[str, IntArray, IntArray, IntArray]]:
        return TextColumn, (self.text, self.starts, self.ends, self.runs)

    def at(self, places: Sequence[int] | IntArray) -> list[str]:
        """Some of the texts, by position."""
        where = np.asarray(places, dtype=np.int64)
        text, starts, ends = self.text, self.starts[where].tolist(), self.ends[where].tolist()
        return [text[start:end] for start, end in zip(starts, ends, strict=True)]
