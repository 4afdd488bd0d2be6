"""What a person decided about proposed trades: rejected, locked, accepted; and what that means as wishes.

Problem: a rejected trade must not come back in the next proposal, and a locked one must not change while
the rest is solved anew. Decision: decisions are part of what is asked: a rejected trade becomes a lock on
buying or selling that name, a locked one a kept trade (`Workspace.keeping`): its shares, lot by lot, to the
share. Limits: a name is locked with all its trades of a side; accepting changes nothing in what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.kept_trades import KeptTrade
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.portfolio import Side
from di_advisor.domain.wish_checks import ids_of

__all__ = ["Decisions"]


@dataclass(frozen=True)
class Decisions:
    """Decisions by security id.

    Attributes
    ----------
    rejected : Mapping of str to Side
        Trades that are not wanted: that name is not to be traded on that side.
    locked : Mapping of str to KeptTrade
        Trades that stay as they are, to the share.
    accepted : frozenset of str
        Trades that were looked at and agreed to.
    """

    rejected: Mapping[str, Side] = field(default_factory=dict)
    locked: Mapping[str, KeptTrade] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rejected", FrozenMap({k: Side(v) for k, v in self.rejected.items()}))
        object.__setattr__(self, "locked", FrozenMap(dict(self.locked)))
        object.__setattr__(self, "accepted", ids_of(self.accepted, "accepted"))

    @property
    def binding(self) -> bool:
        """Whether they change what is asked."""
        return bool(self.rejected or self.locked)

    def applied(self, mandate: Mandate) -> Mandate:
        """The mandate with what is rejected as wishes; itself where nothing is."""
        if not self.rejected:
            return mandate
        bought = {k for k, side in self.rejected.items() if side is Side.BUY}
        return mandate.with_changes(
            do_not_buy=mandate.do_not_buy | bought,
            do_not_sell=mandate.do_not_sell | (set(self.rejected) - bought),
        )
