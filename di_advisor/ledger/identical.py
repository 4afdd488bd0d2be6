"""Substantially identical securities, for wash sales (26 USC 1091).

Problem: selling one share class at a loss and buying the other is a wash sale, or may be: it is a
question of facts and circumstances (Pub. 550), and no ruling was found either way. Decision:
disjoint groups, each with a level (identical, unclear, distinct), its reason and its source; an
unclear group counts as identical unless a setting says otherwise. Who decides otherwise, loosening
or tightening, gives a reason, and it is kept with every result. A security without a group is
identical only to itself.

Limits: groups are data that the universe, the list of known cases (`identical_defaults`) or the
user brings; they are never inferred from names or tickers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.universe import Security
from di_advisor.errors import InputError

__all__ = ["GroupDecision", "GroupFacts", "IdenticalGroups", "Level", "UnclearGroups"]


class Level(StrEnum):
    """What is known of a group of securities."""

    IDENTICAL = "identical"
    UNCLEAR = "unclear"
    DISTINCT = "distinct"


class UnclearGroups(StrEnum):
    """How a group is read of which it is not clear whether its members are substantially identical."""

    AS_IDENTICAL = "as_identical"
    AS_DISTINCT = "as_distinct"


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What is known of one group, why, and from where.

    Attributes
    ----------
    level : Level
        Whether its members are substantially identical.
    reason, source : str
        Why, and where that is known from.
    """

    level: Level
    reason: str
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", Level(self.level))
        if not self.reason.strip() or not self.source.strip():
            raise InputError(
                f"A group at level {self.level.value} has no reason or no source.",
                hint="Say why its members are taken so, and where that is known from.",
            )


@dataclass(frozen=True, slots=True)
class GroupDecision:
    """What somebody decided about a group, against what was known or beyond it.

    Attributes
    ----------
    group : str
        The group.
    members : tuple of str
        Security ids concerned: those that joined or left it; empty where only the level changed.
    level : Level
        What they count as from then on.
    reason : str
        Why; never empty.
    decided_by : str
        Who.
    decided_on : date or None
        When.
    """

    group: str
    members: tuple[str, ...]
    level: Level
    reason: str
    decided_by: str = ""
    decided_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", Level(self.level))
        object.__setattr__(self, "members", tuple(sorted(self.members)))
        if not self.reason.strip():
            raise InputError(
                f"The decision that {self.group} is {self.level.value} comes without a reason.",
                hint="Give the reason: it is kept with every result, and whoever checks the return will ask for it.",
                group=self.group,
            )


_UNSAID = GroupFacts(Level.IDENTICAL, "the data that came in says so", "the universe or the user's lists")


@dataclass(frozen=True)
class IdenticalGroups:
    """Which securities count as substantially identical.

    Attributes
    ----------
    group_by_security : Mapping of str to str
        Group of each security id that has one; all others stand alone.
    facts : Mapping of str to GroupFacts
        What is known of groups; identical, by the data that came in, where left out.
    decisions : tuple of GroupDecision
        What was decided beyond that; the last one on a group counts.
    unclear : UnclearGroups
        How unclear groups are read. Default: as identical.
    """

    group_by_security: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, GroupFacts] = field(default_factory=dict)
    decisions: tuple[GroupDecision, ...] = ()
    unclear: UnclearGroups = UnclearGroups.AS_IDENTICAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "group_by_security", FrozenMap(self.group_by_security))
        object.__setattr__(self, "facts", FrozenMap(self.facts))
        object.__setattr__(self, "decisions", tuple(self.decisions))
        object.__setattr__(self, "unclear", UnclearGroups(self.unclear))
        # The prefix keeps a group's name apart from a security id of the same spelling.
        keys = {s: f"\0{g}" for s, g in self.group_by_security.items() if g and self._counts(self.level_of(g))}
        object.__setattr__(self, "_keys", keys)

    # --- where groups come from ----------------------------------------------------------------------------------

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
    def from_lists(
        cls, members: Mapping[str, Iterable[str]], facts: Mapping[str, GroupFacts] | None = None
    ) -> IdenticalGroups:
        """From lists of security ids by group.

        Parameters
        ----------
        members : Mapping of str to iterable of str
            Security ids by the name of their group.
        facts : Mapping of str to GroupFacts, optional
            What is known of the groups.

        Raises
        ------
        InputError
            If a security stands in two groups.
        """
        groups = cls._disjoint((s, group) for group, ids in members.items() for s in ids)
        return replace(groups, facts=facts or {})

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

    # --- what is decided -----------------------------------------------------------------------------------------

    def decide(
        self, group: str, level: Level, *, reason: str, decided_by: str = "", decided_on: date | None = None
    ) -> IdenticalGroups:
        """The groups after somebody decided what one of them counts as: relaxed, or tightened.

        Raises
        ------
        InputError
            If there is no such group, or no reason is given.
        """
        if group not in self.group_by_security.values():
            known = ", ".join(sorted(set(self.group_by_security.values()))[:10]) or "none"
            raise InputError(
                f"There is no group {group!r} of substantially identical securities.",
                hint=f"Groups: {known}. To make a new one, join securities.",
                group=group,
            )
        decision = GroupDecision(group, (), level, reason, decided_by, decided_on)
        return replace(self, decisions=(*self.decisions, decision))

    def join(
        self,
        group: str,
        security_ids: Iterable[str],
        *,
        reason: str,
        level: Level = Level.IDENTICAL,
        decided_by: str = "",
        decided_on: date | None = None,
    ) -> IdenticalGroups:
        """The groups after somebody put securities into one group; groups they stood in come along whole.

        Raises
        ------
        InputError
            If no reason is given, or fewer than two securities would stand in the group.
        """
        named = set(security_ids)
        touched = {self.group_by_security[s] for s in named if s in self.group_by_security} | {group}
        members = named | {s for s, g in self.group_by_security.items() if g in touched}
        if len(members) < len(("one", "another")):
            raise InputError(
                f"The group {group!r} would hold {', '.join(sorted(members)) or 'nothing'}.",
                hint="Name two or more securities that count as one.",
                group=group,
            )
        decision = GroupDecision(group, tuple(members), level, reason, decided_by, decided_on)
        joined = {**self.group_by_security, **dict.fromkeys(members, group)}
        return replace(self, group_by_security=joined, decisions=(*self.decisions, decision))

    def separate(
        self, security_id: str, *, reason: str, decided_by: str = "", decided_on: date | None = None
    ) -> IdenticalGroups:
        """The groups after somebody took one security out of its group, to stand alone.

        Raises
        ------
        InputError
            If it stands in no group, or no reason is given.
        """
        group = self.group_by_security.get(security_id)
        if group is None:
            raise InputError(f"{security_id} stands in no group.", hint="It is identical only to itself already.")
        decision = GroupDecision(group, (security_id,), Level.DISTINCT, reason, decided_by, decided_on)
        rest = {s: g for s, g in self.group_by_security.items() if s != security_id}
        return replace(self, group_by_security=rest, decisions=(*self.decisions, decision))

    # --- what counts ---------------------------------------------------------------------------------------------

    def level_of(self, group: str) -> Level:
        """Level of a group: the last decision on all of it, or else what is known."""
        return self._standing(group)[0]

    def _standing(self, group: str) -> tuple[Level, str]:
        for decision in reversed(self.decisions):
            # One member alone is one that left (`separate`): nothing is said of those that stay.
            if decision.group == group and len(decision.members) != 1:
                who = f" by {decision.decided_by}" if decision.decided_by else ""
                when = f" on {decision.decided_on}" if decision.decided_on else ""
                return decision.level, f"decided{who}{when}: {decision.reason}"
        facts = self.facts.get(group, _UNSAID)
        return facts.level, f"{facts.reason} ({facts.source})"

    def _counts(self, level: Level) -> bool:
        return level is Level.IDENTICAL or (level is Level.UNCLEAR and self.unclear is UnclearGroups.AS_IDENTICAL)

    def key(self, security_id: str) -> str:
        """A key that two securities share exactly when they count as substantially identical."""
        return self._keys.get(security_id, security_id)  # type: ignore[attr-defined, no-any-return]

    def keys_of(self, security_ids: Sequence[str]) -> Sequence[str]:
        """`key` of several securities, in their order: a universe is asked for at once."""
        keys: Mapping[str, str] = self._keys  # type: ignore[attr-defined]
        return [keys.get(s, s) for s in security_ids] if keys else security_ids

    def places_in(self, security_ids: tuple[str, ...]) -> Mapping[str, tuple[int, ...]]:
        """Positions of securities by `key`; those of the ids asked for last are kept, for a universe is asked often."""
        known: tuple[tuple[str, ...], dict[str, tuple[int, ...]]] | None = self.__dict__.get("_places")
        if known is None or known[0] is not security_ids:
            found: dict[str, tuple[int, ...]] = {}
            for at, key in enumerate(self.keys_of(security_ids)):
                found[key] = (*found.get(key, ()), at)
            known = (security_ids, found)
            object.__setattr__(self, "_places", known)
        return known[1]

    def members(self, security_id: str) -> tuple[str, ...]:
        """Securities that count as substantially identical to one, itself included, sorted."""
        key = self.key(security_id)
        keys: Mapping[str, str] = self._keys  # type: ignore[attr-defined]
        return tuple(sorted({security_id} | {s for s, k in keys.items() if k == key}))

    def why(self, one: str, other: str) -> str:
        """Why two securities of one group count as they do, in one sentence; empty for others.

        Parameters
        ----------
        one, other : str
            Security ids.
        """
        group = self.group_by_security.get(one)
        if one == other or group is None or group != self.group_by_security.get(other):
            return ""
        level, reason = self._standing(group)
        counts = "count" if self._counts(level) else "do not count"
        unclear = f", setting unclear = {self.unclear.value}" if level is Level.UNCLEAR else ""
        return f"{one} and {other} {counts} as substantially identical ({level.value}{unclear}): {reason}."

    def recorded(self) -> tuple[str, ...]:
        """Lines that say all of it, equal exactly when two sets of groups are; kept with a result."""
        lines = [f"{s}|{g}" for s, g in sorted(self.group_by_security.items())]
        lines += [f"facts|{g}|{f.level.value}|{f.reason!r}|{f.source!r}" for g, f in sorted(self.facts.items())]
        lines += [
            f"decision|{d.group}|{','.join(d.members)}|{d.level.value}|{d.reason!r}|{d.decided_by!r}|{d.decided_on}"
            for d in self.decisions
        ]
        return (*lines, f"unclear|{self.unclear.value}")

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
