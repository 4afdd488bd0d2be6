"""Substantially identical securities, for wash sales (26 USC 1091).

Problem: selling one share class at a loss and buying the other is a wash sale, or may be: no
ruling was found either way. Decision: share classes of one issuer count as identical unless the
user's list says otherwise; groups are disjoint, and a security without a group is identical only
to itself. Limits: the group is data that the universe or the user brings; it is never inferred
from names or tickers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.universe import Security
from di_advisor.errors import InputError

__all__ = ["IdenticalGroups"]


@dataclass(frozen=True)
class IdenticalGroups:
    """Which securities count as substantially identical.

    Attributes
    ----------
    group_by_security : Mapping of str to str
        Group of each security id that has one; all others stand alone.
    """

    group_by_security: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "group_by_security", FrozenMap(self.group_by_security))

    @classmethod
    def from_securities(cls, securities: Iterable[Security]) -> IdenticalGroups:
        """From the field ``identical_group`` of securities.

        Raises
        ------
        InputError
            If one security id comes with two groups.
        """
        return cls._disjoint((s.security_id, s.identical_group) for s in securities if s.identical_group)

    @classmethod
    def from_lists(cls, members: Mapping[str, Iterable[str]]) -> IdenticalGroups:
        """From lists of security ids by group.

        Parameters
        ----------
        members : Mapping of str to iterable of str
            Security ids by the name of their group.

        Raises
        ------
        InputError
            If a security stands in two groups.
        """
        return cls._disjoint((s, group) for group, ids in members.items() for s in ids)

    @classmethod
    def _disjoint(cls, pairs: Iterable[tuple[str, str]]) -> IdenticalGroups:
        groups: dict[str, str] = {}
        for security_id, group in pairs:
            if groups.setdefault(security_id, group) != group:
                raise InputError(
                    f"{security_id} stands in two groups of substantially identical securities: "
                    f"{groups[security_id]} and {group}.",
                    hint="Groups must be disjoint: merge the two, or keep the security in one.",
                    security_id=security_id,
                    groups=(groups[security_id], group),
                )
        return cls(groups)

    def key(self, security_id: str) -> str:
        """A key that two securities share exactly when they are substantially identical."""
        group = self.group_by_security.get(security_id)
        # The prefix keeps a group's name apart from a security id of the same spelling.
        return f"\0{group}" if group else security_id

    def sold_at_loss_and_bought(
        self, sold_at_loss: Iterable[str], bought: Iterable[str]
    ) -> tuple[tuple[str, str], ...]:
        """Pairs (sold, bought) of one proposal that would wash each other; empty when it is clean.

        Parameters
        ----------
        sold_at_loss, bought : iterable of str
            Security ids of the proposal's loss sales and purchases, taxable and retirement accounts
            together for the purchases.
        """
        buys: dict[str, list[str]] = {}
        for b in sorted(set(bought)):
            buys.setdefault(self.key(b), []).append(b)
        return tuple((s, b) for s in sorted(set(sold_at_loss)) for b in buys.get(self.key(s), ()))
