"""The universe: which securities exist, under permanent ids, in one fixed order.

Every array in the program that has one entry a name is aligned to a `Universe`. Tickers are for
people and may change or be used again; the key is the permanent ``security_id``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.errors import InputError, UnknownSecurityError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Security", "Universe"]


@dataclass(frozen=True, slots=True)
class Security:
    """One share class of one issuer.

    Attributes
    ----------
    security_id : str
        Permanent id; never reused, unlike a ticker.
    ticker, name : str
        What people call it on the universe's date.
    sector, industry, country, currency : str
        Classification; an empty string means unknown.
    identical_group : str
        Securities with the same non-empty group count as substantially identical for wash sales
        (26 USC 1091); empty means only itself.
    """

    security_id: str
    ticker: str = ""
    name: str = ""
    sector: str = ""
    industry: str = ""
    country: str = "US"
    currency: str = "USD"
    identical_group: str = ""

    def __post_init__(self) -> None:
        if not self.security_id:
            raise InputError("A security has an empty security_id.", hint="Give each security a permanent id.")
        if not self.ticker:
            object.__setattr__(self, "ticker", self.security_id)


@dataclass(frozen=True, repr=False)
class Universe:
    """Securities in a fixed order.

    Attributes
    ----------
    securities : tuple of Security
        ``n`` securities with distinct ids.

    Raises
    ------
    InputError
        If two securities share an id.
    """

    securities: tuple[Security, ...]

    def __post_init__(self) -> None:
        if len(self.positions) != len(self.securities):
            ids = [s.security_id for s in self.securities]
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise InputError(
                f"The universe holds the same security_id more than once: {', '.join(twice[:5])}.",
                hint="Keep one row for each security; share classes have ids of their own.",
                duplicates=twice,
            )

    def __repr__(self) -> str:
        return f"Universe({len(self.securities)} names in {len(self.sectors)} sectors)"

    def __len__(self) -> int:
        return len(self.securities)

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each security id."""
        return {s.security_id: i for i, s in enumerate(self.securities)}

    @cached_property
    def security_ids(self) -> tuple[str, ...]:
        """Ids in order."""
        return tuple(s.security_id for s in self.securities)

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """Distinct sectors, sorted, without the unknown one."""
        return tuple(sorted({s.sector for s in self.securities} - {""}))

    @cached_property
    def sector_of(self) -> NDArray[np.int64]:
        """Index into `sectors` for each name, shape (n,); -1 where unknown."""
        at = {name: i for i, name in enumerate(self.sectors)}
        return np.array([at.get(s.sector, -1) for s in self.securities], dtype=np.int64)

    @cached_property
    def group_of(self) -> NDArray[np.int64]:
        """Number of the substantially identical group of each name, shape (n,); a name alone is its own."""
        seen: dict[str, int] = {}
        return np.array(
            [seen.setdefault(s.identical_group or f"\0{s.security_id}", len(seen)) for s in self.securities],
            dtype=np.int64,
        )

    @cached_property
    def _unlabelled(self) -> dict[str, NDArray[np.bool_]]:
        return {}

    @cached_property
    def _members(self) -> dict[str, dict[str, NDArray[np.float64]]]:
        return {}

    def members(self, kind: str) -> dict[str, NDArray[np.float64]]:
        """One for each name of a group, by label of a kind ("sector", "industry", "country"), arrays of shape (n,).

        Sorted by label, without the unknown one; the same arrays each time, not to be written to.
        """
        if kind not in self._members:
            label = np.array([getattr(s, kind) for s in self.securities])
            found = {group: (label == group).astype(np.float64) for group in sorted(set(label.tolist()) - {""})}
            for column in found.values():
                column.setflags(write=False)
            self._members[kind] = found
        return self._members[kind]

    def unlabelled(self, kind: str) -> NDArray[np.bool_]:
        """Names without a label of a kind, shape (n,); the same array each time, not to be written to."""
        if kind not in self._unlabelled:
            found = np.ones(len(self.securities), dtype=np.bool_)
            for column in self.members(kind).values():
                found &= column == 0
            found.setflags(write=False)
            self._unlabelled[kind] = found
        return self._unlabelled[kind]

    def index_of(self, security_ids: Iterable[str], *, where: str) -> NDArray[np.int64]:
        """Positions of ids, shape (len(ids),).

        Raises
        ------
        UnknownSecurityError
            Naming the ids that are missing and ``where`` they came from.
        """
        ids = list(security_ids)
        missing = sorted({i for i in ids if i not in self.positions})
        if missing:
            raise UnknownSecurityError.from_missing(missing, where)
        return np.array([self.positions[i] for i in ids], dtype=np.int64)

    def subset(self, keep: Iterable[str]) -> Universe:
        """The universe of some of its ids, in this order."""
        wanted = set(keep)
        return Universe(tuple(s for s in self.securities if s.security_id in wanted))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Universe:
        """From a frame with a column ``security_id`` and any other field of `Security`."""
        from di_advisor.domain.frames import universe_from_frame

        return universe_from_frame(frame)

    def to_frame(self) -> pd.DataFrame:
        """One row a security, columns as the fields of `Security`."""
        import pandas as pd

        names = [f.name for f in fields(Security)]
        return pd.DataFrame([[getattr(s, c) for c in names] for s in self.securities], columns=names)
