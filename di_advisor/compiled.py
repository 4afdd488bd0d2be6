"""Loops as machine code, where numba is installed.

Problem: one account's way from bytes to a record is some hundreds of array operations on a few hundred names, whose
overhead is most of the time. Decision: the same steps as loops, compiled by numba where it is there (the extra
``fast``); without it the array operations serve, and both come to the same figures. Compiled code is kept beside the
bytecode of its module, so that only the first process compiles; modules of such loops are imported when first needed.
Limits: a loop calls loops of its own module only, for what is kept does not notice that another file changed.
``DI_ADVISOR_COMPILED=0`` switches all of it off.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_floats", "compiled", "is_compiled"]

P = ParamSpec("P")
T = TypeVar("T")

_SWITCH = "DI_ADVISOR_COMPILED"


@cache
def is_compiled() -> bool:
    """Whether loops are compiled here: numba is installed, and not switched off."""
    return os.environ.get(_SWITCH, "1") != "0" and find_spec("numba") is not None


def compiled(function: Callable[P, T]) -> Callable[P, T]:
    """A loop as machine code, in the arithmetic of numpy: no exceptions for zero divisors, no reordered sums."""
    import numba

    made: Callable[P, T] = numba.njit(cache=True, error_model="numpy")(function)
    return made


def as_floats(values: NDArray[Any]) -> NDArray[np.float64]:
    """An array as loops take it: floats in one piece, so that no loop is compiled a second time for another layout."""
    return np.ascontiguousarray(values, dtype=np.float64)
