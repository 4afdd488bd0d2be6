"""Values that are made when somebody looks at them.

Problem: every lock has a reason in words, a fleet makes dozens an account, and its records hold none of them. Decision:
a sequence that knows how to make its values, makes them once, and is then as the tuple of them. Limits: what it is made
of must not change meanwhile; as text, as a hash and where a process passes it to another it is the tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

__all__ = ["Deferred"]

Value = TypeVar("Value")


class Deferred(Sequence[Value]):
    """A sequence that is made at the first look.

    Parameters
    ----------
    make : callable
        Gives the values; asked once.
    """

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], tuple[Value, ...]]) -> None:
        self._make: Callable[[], tuple[Value, ...]] | None = make
        self._made: tuple[Value, ...] = ()

    def _values(self) -> tuple[Value, ...]:
        make = self._make
        if make is not None:
            self._made = make()
            self._make = None
        return self._made

    def __len__(self) -> int:
        return len(self._values())

    def __iter__(self) -> Iterator[Value]:
        return iter(self._values())

    @overload
    def __getitem__(self, at: int) -> Value: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Value, ...]: ...

    def __getitem__(self, at: int | slice) -> Value | tuple[Value, ...]:
        return self._values()[at]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Deferred | tuple):
            return NotImplemented
        return self._values() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return repr(self._values())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._values(),)
