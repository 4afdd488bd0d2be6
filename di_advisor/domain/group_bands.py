"""Limits on the weight of one group of names, or of every group of a kind: absolute, active, or in multiples.

`Mandate.sector_band` and its like are active and the same for every group; these say which group,
and measured how.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from di_advisor.domain.wish_checks import choice_of
from di_advisor.errors import InputError

__all__ = ["GroupBand", "GroupKind", "MeasuredAs"]


class GroupKind(StrEnum):
    """What the names of a group share."""

    SECTOR = "sector"
    INDUSTRY = "industry"
    COUNTRY = "country"
    NAME = "name"


class MeasuredAs(StrEnum):
    """What the limits are limits of."""

    WEIGHT = "weight"
    """The group's weight in the account."""
    ACTIVE = "active"
    """Its weight minus that in the target."""
    MULTIPLE = "multiple"
    """Its weight over that in the target."""


@dataclass(frozen=True, slots=True)
class GroupBand:
    """One group's weight between two limits; it forces trades where it is broken today.

    Attributes
    ----------
    kind : GroupKind
        Sector, industry, country, or a single name.
    group : str
        Label of the group, or the security id of the name; empty for every group of the kind (for
        every name use `NameBand`, which never forces a trade).
    lower, upper : float
        Limits, ``lower <= upper``.
    measured : MeasuredAs
        What they are limits of; the weight in the account by default.
    """

    kind: GroupKind
    group: str
    lower: float = 0.0
    upper: float = math.inf
    measured: MeasuredAs = MeasuredAs.WEIGHT

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", choice_of(GroupKind, self.kind, "kind"))
        object.__setattr__(self, "measured", choice_of(MeasuredAs, self.measured, "measured"))
        if math.isnan(self.lower) or math.isnan(self.upper) or self.lower > self.upper:
            raise InputError(f"The band [{self.lower}, {self.upper}] is empty.", hint="Lower goes first.")
        if self.kind is GroupKind.NAME and not self.group:
            raise InputError("A band on every name is a NameBand.", hint="Pass name_band=NameBand(...), or one id.")
        if self.measured is not MeasuredAs.ACTIVE and self.upper < 0:
            raise InputError(f"The upper limit of {self.group} is {self.upper}.", hint="A weight is at least 0.")

    @property
    def relative_to_index(self) -> bool:
        """Whether the limits follow the target's weights."""
        return self.measured is not MeasuredAs.WEIGHT
