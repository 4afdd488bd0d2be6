"""A target in transition: announced changes shape today's trades.

Problem: whoever trades to today's weights buys on Tuesday what leaves the index on Friday. Decision: within a horizon
of sessions the target moves from today's weights to the announced ones in equal steps, and is there on the last session
before they hold; what leaves is not bought any more, by a lock with its reason. The ordinary optimizer does the rest:
locks of wash-sale windows stand beside these, and `ahead_lots` compares now and then, lot by lot. Limits: prices are
taken as they are; names without a price cannot be bought yet and are left out of the announced weights, as a note says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from di_advisor.domain.allocation import Allocation
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.signals import Lock, LockKind
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import InputError
from di_advisor.policy.sessions import sessions_after, sessions_between
from di_advisor.policy.triggers.words import bps, listed

if TYPE_CHECKING:
    from di_advisor.propose.proposal import Proposal

__all__ = ["Ahead", "ahead_sentence", "target_ahead"]


@dataclass(frozen=True)
class Ahead:
    """What to track today, and why.

    Attributes
    ----------
    day : date
        Today.
    target : Target
        With weights in transition on the day; announced weights stay as they are after it.
    locks : tuple of Lock
        Names that leave: not to be bought.
    leaves, enters : Mapping of str to date
        Names by the day on which they leave or enter, within the horizon.
    notes : Mapping of str to str
        A sentence by name, for trades. Not escaped.
    """

    day: date
    target: Target
    locks: tuple[Lock, ...]
    leaves: Mapping[str, date]
    enters: Mapping[str, date]
    notes: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in ("leaves", "enters", "notes"):
            object.__setattr__(self, name, FrozenMap(dict(getattr(self, name))))

    def explained(self, proposal: Proposal) -> Proposal:
        """The proposal, with a sentence more on each trade that an announced change touches.

        What leaves or enters and is not traded is told in the proposal's notes.
        """
        trades = tuple(
            replace(t, sentence=f"{t.sentence} {self.notes[t.security_id]}") if t.security_id in self.notes else t
            for t in proposal.trade_list
        )
        traded = {t.security_id for t in trades}
        rest = tuple(self.notes[k] for k in (*self.leaves, *self.enters) if k not in traded and k in self.notes)
        return replace(proposal, trade_list=trades, notes=(*proposal.notes, *rest))


def target_ahead(
    target: Target,
    day: date,
    horizon_sessions: int = 5,
    *,
    priced: Collection[str] | None = None,
    tickers: Mapping[str, str] | None = None,
) -> Ahead:
    """Today's target on its way to what was announced.

    With k sessions left of a horizon of H, H - k + 1 of H parts of a change are made: one part on the first day, all
    of it on the last session before the change holds.

    Parameters
    ----------
    target : Target
        With the path and the allocations as announced by the day.
    day : date
        Today, a session.
    horizon_sessions : int
        How many sessions before an effective day the transition begins; 1 waits for the last session before it.
    priced : collection of str, optional
        Names that can be bought; all of them where left out.
    tickers : Mapping of str to str, optional
        What people call a security id.

    Raises
    ------
    InputError
        If the horizon has no session, or the day is outside the exchange's calendar or the target's path.
    """
    if horizon_sessions < 1:
        raise InputError(f"The horizon has {horizon_sessions} sessions.", hint="Give 1 or more.")
    last = sessions_after(day, horizon_sessions)
    coming = [d for d in target.effective_days if day < d <= last]
    shares = {d: (horizon_sessions - _sessions_left(day, d) + 1) / horizon_sessions for d in coming}
    if not coming:
        return Ahead(day, target, (), {}, {}, {})
    components, unpriced = [], set[str]()
    for c in target.components:
        path, missing = _component(c, day, shares, priced)
        components.append(replace(c, path=path))
        unpriced |= missing
    fractions = target.fractions_on(day)
    dated = {a.effective: a for a in target.allocations}
    for d, share in shares.items():
        if d in dated:
            new = dated[d].fractions
            fractions = {k: (1 - share) * f + share * new.get(k, 0.0) for k, f in fractions.items()}
    if any(d in dated for d in shares):
        dated[day] = Allocation(day, fractions)
    blended = Target(tuple(components), tuple(dated.values()))
    return _told(target, blended, day, coming, unpriced, dict(tickers or {}))


def _sessions_left(day: date, effective: date) -> int:
    """Sessions from a day to the first one on which a change holds; a change on a Saturday holds on Monday."""
    return sessions_between(day, effective - timedelta(days=1)) + 1


def _component(
    component: TargetComponent, day: date, shares: Mapping[date, float], priced: Collection[str] | None
) -> tuple[tuple[IndexWeights, ...], set[str]]:
    """The component's path with weights in transition on the day, and entrants that have no price."""
    path = {w.effective: w for w in component.path}
    weights = dict(component.on(day).weights if component.path[0].effective <= day else component.path[0].weights)
    unpriced: set[str] = set()
    changed = False
    for d, share in shares.items():
        if d not in path or d == component.path[0].effective:
            continue
        new = path[d].weights
        without = {k for k in new if priced is not None and k not in priced and k not in weights}
        if len(without) < len(new):
            unpriced |= without
            new = IndexWeights.rescaled(d, {k: w for k, w in new.items() if k not in without}).weights
            weights = {k: (1 - share) * weights.get(k, 0.0) + share * new.get(k, 0.0) for k in {**weights, **new}}
            changed = True
    if changed or component.path[0].effective > day:
        path[day] = IndexWeights.rescaled(day, {k: w for k, w in weights.items() if w > 0})
    return tuple(path.values()), unpriced


def _told(
    target: Target, blended: Target, day: date, coming: list[date], unpriced: set[str], tickers: Mapping[str, str]
) -> Ahead:
    """Who leaves, who enters, and the sentences."""
    on = {d: target.weights_on(d) for d in (day, *coming)}
    old, new, now = on[day], on[coming[-1]], blended.weights_on(day)
    leaves, enters, locks, notes = {}, {}, [], {}
    for k in sorted({*old, *new}):
        before, after = old.get(k, 0.0), new.get(k, 0.0)
        if before == after:
            continue
        name = tickers.get(k, k)
        left = not after > 0
        d = next(d for d in coming if (on[d].get(k, 0.0) == 0.0 if left else on[d].get(k, 0.0) != before))
        sessions = _sessions_left(day, d)
        soon = f"on {d}, in {sessions} session{'' if sessions == 1 else 's'}"
        if left:
            leaves[k] = d
            locks.append(Lock(k, LockKind.NO_BUY, f"{name} leaves the target {soon}: it is not bought any more."))
            notes[k] = f"{name} leaves the target {soon}, and counts {bps(now.get(k, 0.0))} of {bps(before)} today."
        elif not before > 0:
            enters[k] = d
            if k in unpriced:
                notes[k] = f"{name} enters the target {soon}, and has no price yet: it cannot be bought today."
            else:
                notes[k] = f"{name} enters the target {soon}, and counts {bps(now.get(k, 0.0))} of {bps(after)} today."
        elif abs(now.get(k, 0.0) - before) > 1e-4:
            notes[k] = f"Its target weight goes from {bps(before)} to {bps(after)} {soon}; today {bps(now[k])}."
    return Ahead(day, blended, tuple(locks), leaves, enters, notes)


def ahead_sentence(ahead: Ahead, tickers: Mapping[str, str] | None = None) -> str:
    """Who leaves and who enters, in one sentence; empty where nothing is announced within the horizon."""
    if not (ahead.leaves or ahead.enters):
        return ""
    named = dict(tickers or {})
    parts = [
        f"{len(names):,} {verb} ({listed([named.get(k, k) for k in names])})"
        for verb, names in (("leave", ahead.leaves), ("enter", ahead.enters))
        if names
    ]
    return f"Announced for the target: {' and '.join(parts)}; today's weights are on their way there."
