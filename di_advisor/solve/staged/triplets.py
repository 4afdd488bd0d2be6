"""A sparse matrix gathered entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["Triplets"]


def _spread(value: Any, count: int) -> Any:  # noqa: ANN401 - an array, or a number for all
    return value if np.size(value) == count and np.ndim(value) else np.full(count, value)


class Triplets:
    """Entries of a sparse matrix, gathered."""

    def __init__(self) -> None:
        self.parts: list[tuple[Any, Any, Any]] = []

    def put(self, row: Any, column: Any, value: Any) -> None:  # noqa: ANN401 - arrays or numbers, broadcast
        """Add entries; equal places add up."""
        count = np.broadcast(row, column, value).size
        self.parts.append((_spread(row, count), _spread(column, count), _spread(value, count)))

    def matrix(self, rows: int, columns: int) -> Any:  # noqa: ANN401 - a scipy sparse matrix
        """The matrix, by columns."""
        i, j, x = (np.concatenate(each) for each in zip(*self.parts, strict=True))
        built = sp.csc_matrix((x.astype(np.float64), (i, j)), shape=(rows, columns))
        built.eliminate_zeros()
        return built
