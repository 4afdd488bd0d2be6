"""A mapping that cannot change and can be copied and sent to another process.

Facts are frozen values, and some of their fields are mappings. The standard library's read-only view
cannot be copied deeply nor travel to a worker process; this one can, and compares like a dict.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import TypeVar, overload

__all__ = ["FrozenMap"]

Key = TypeVar("Key")
Value_co = TypeVar("Value_co", covariant=True)
Other = TypeVar("Other")


class FrozenMap(Mapping[Key, Value_co]):
    """Read-only copy of a mapping, in its order.

    Parameters
    ----------
    items : Mapping
        What it holds; a copy is taken.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[Key, Value_co]) -> None:
        # One that is frozen already is shared: some hold a market's names, and every account copies them.
        self._items: dict[Key, Value_co] = items._items if isinstance(items, FrozenMap) else dict(items)  # noqa: SLF001

    def __getitem__(self, key: Key) -> Value_co:
        return self._items[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    # What the base class would make of the three above, without a call for each item.
    def __contains__(self, key: object) -> bool:
        return key in self._items

    @overload
    def get(self, key: Key, /) -> Value_co | None: ...

    @overload
    def get(self, key: Key, /, default: Value_co | Other) -> Value_co | Other: ...

    def get(self, key: Key, /, default: Value_co | Other | None = None) -> Value_co | Other | None:
        """As of a dict."""
        return self._items.get(key, default)

    def keys(self) -> KeysView[Key]:
        """As of a dict."""
        return self._items.keys()

    def values(self) -> ValuesView[Value_co]:
        """As of a dict."""
        return self._items.values()

    def items(self) -> ItemsView[Key, Value_co]:
        """As of a dict."""
        return self._items.items()

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[type[FrozenMap[Key, Value_co]], tuple[dict[Key, Value_co]]]:
        return FrozenMap, (dict(self._items),)
