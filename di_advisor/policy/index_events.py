"""Events into targets: an index as it was known on a day, with the reason of every change in words.

Problem: an index changes by its own rules (a member is replaced, a spun-off company is dropped, a deal closes before
the index lets the name go), holdings change by tax rules, and both hear of it before it happens. Decision: announced
changes and corporate actions make the target's dated path here, and only here; the same events go to the ledger, which
makes the lots (`di_advisor.ledger.actions`). What was not announced by the day is left out. A name that ends before the
index replaces it gives its weight to the others in proportion until then, because it cannot be bought. Limits: a
spin-off to come whose first price is not known leaves weights as they are, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from di_advisor.domain.events import SecurityEvent
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.index_actions import IndexRule, apply_to_target
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.policy.index_words import IndexWords

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AnnouncedAction", "Growth", "IndexChange", "KnownIndex", "WeightChange", "index_known_on"]

Growth = Callable[[date, date], Mapping[str, float]]
"""Growth of each name between the opens of two days, a split's and a spin-off's effect taken out."""

_ONE_DAY = timedelta(days=1)
_NOTHING = 1e-12


@dataclass(frozen=True)
class IndexChange:
    """A change that the index's provider announced.

    Attributes
    ----------
    announced, effective : date
        Since when it is known; first day on which it holds.
    reason : str
        In words, as far as known ("replaces Activision, bought by Microsoft").
    enters : Mapping of str to float or None
        Names that enter, with their weight after the change; None takes what the leavers had (equally, if several).
    leaves : tuple of str
        Names that leave.
    reweights : Mapping of str to float
        Members whose weight is set anew (float or cap changes). All others are scaled.
    sheet : Mapping of str to float or None
        All weights after a reconstitution, instead of the three above.
    source : str
        Where it was announced.

    Raises
    ------
    InputError
        If it is effective before it is announced, changes nothing, or a sheet comes with single changes; if a name
        leaves twice, or a weight is no number.
    """

    announced: date
    effective: date
    reason: str = ""
    enters: Mapping[str, float | None] = field(default_factory=dict)
    leaves: tuple[str, ...] = ()
    reweights: Mapping[str, float] = field(default_factory=dict)
    sheet: Mapping[str, float] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        single = bool(self.enters or self.leaves or self.reweights)
        if self.effective < self.announced or single == (self.sheet is not None):
            raise InputError(
                f"The index change announced {self.announced} for {self.effective} is not one.",
                hint="Announced first, effective later; and either single changes or a whole sheet.",
            )
        twice = [k for k in self.leaves if self.leaves.count(k) > 1]
        stated = {**self.enters, **self.reweights, **(self.sheet or {})}
        strange = [k for k, w in stated.items() if w is not None and not math.isfinite(w)]
        if twice or strange:
            what = f"{twice[0]} leaves twice" if twice else f"the weight of {strange[0]} is {stated[strange[0]]}"
            raise InputError(
                f"In the index change for {self.effective} {what}.",
                hint="Correct it at the source; a weight is a number of at least 0.",
                security_id=(twice or strange)[0],
            )
        object.__setattr__(self, "enters", FrozenMap(dict(self.enters)))
        object.__setattr__(self, "reweights", FrozenMap(dict(self.reweights)))


@dataclass(frozen=True)
class AnnouncedAction:
    """A corporate action and since when it is known.

    Attributes
    ----------
    event : SecurityEvent
        The action, as the ledger gets it; ``event.on`` is when it takes effect.
    announced : date
        Since when it is known.
    rule : IndexRule
        What the index does with a name spun off, or an acquirer.
    prices_usd : Mapping of str to float
        Closes right after, where known.
    """

    event: SecurityEvent
    announced: date
    rule: IndexRule = field(default_factory=IndexRule)
    prices_usd: Mapping[str, float] = field(default_factory=dict)

    @property
    def effective(self) -> date:
        """First day on which it holds."""
        return self.event.on


@dataclass(frozen=True, slots=True)
class WeightChange:
    """One name's change, or that of all others together.

    Attributes
    ----------
    effective, announced : date
        When it holds, since when it is known.
    security_id : str
        The name; empty for all the others.
    before, after : float
        Weight just before and after.
    sentence : str
        Why. Not escaped.
    """

    effective: date
    announced: date
    security_id: str
    before: float
    after: float
    sentence: str


@dataclass(frozen=True)
class KnownIndex:
    """An index as it was known on a day.

    Attributes
    ----------
    day : date
        The day.
    path : tuple of IndexWeights
        Weights by effective date, what was announced for later included.
    changes : tuple of WeightChange
        Every change with its reason, by effective date.
    """

    day: date
    path: tuple[IndexWeights, ...]
    changes: tuple[WeightChange, ...]

    def component(self, index: str, fraction: float = 1.0) -> TargetComponent:
        """As a part of a composite target."""
        return TargetComponent(index, fraction, self.path)

    def target(self, index: str) -> Target:
        """As the whole target."""
        return Target((self.component(index),))

    def to_frame(self) -> pd.DataFrame:
        """One row a change: effective, announced, security_id, before, after, sentence."""
        import pandas as pd

        columns = ["effective", "announced", "security_id", "before", "after", "sentence"]
        return pd.DataFrame([[getattr(c, k) for k in columns] for c in self.changes], columns=columns)


def index_known_on(
    day: date,
    start: IndexWeights,
    changes: Iterable[IndexChange] = (),
    actions: Iterable[AnnouncedAction] = (),
    *,
    growth: Growth | None = None,
    tickers: Mapping[str, str] | None = None,
) -> KnownIndex:
    """An index from a known sheet on, through everything that was announced by a day.

    On one day corporate actions come first (they take effect before the open), then the index's changes.

    Parameters
    ----------
    day : date
        Nothing announced later is used, and no price after its close.
    start : IndexWeights
        Weights at the open of their effective date.
    changes : iterable of IndexChange
        Of the provider.
    actions : iterable of AnnouncedAction
        Of the members; those effective on or before the start are in its weights already.
    growth : callable, optional
        For example `index_drift.growth_between`; weights then drift with prices up to the day's close, else they stay.
    tickers : Mapping of str to str, optional
        What people call a security id.

    Raises
    ------
    InputError
        If a leaver is no member, an entrant is one, or weights leave nothing for the others.
    IncompleteDataError
        If a past spin-off's first prices are missing, or the growth of a member.
    """
    steps: list[IndexChange | AnnouncedAction] = [
        *sorted(
            (a for a in actions if a.announced <= day and a.effective > start.effective), key=lambda a: a.effective
        ),
        *(c for c in changes if c.announced <= day and c.effective > start.effective),
    ]
    steps.sort(key=lambda s: s.effective)  # stable: actions of a day stay first
    state = _State(dict(start.weights), start.effective, day, growth, IndexWords(dict(tickers or {})))
    for step in steps:
        state.drift_to(step.effective)
        if isinstance(step, AnnouncedAction):
            state.act(step)
        else:
            state.change(step)
    state.drift_to(date.max)
    path = {start.effective: start, **{d: IndexWeights.rescaled(d, w) for d, w in state.entries.items()}}
    return KnownIndex(day, tuple(path.values()), tuple(state.changes))


@dataclass
class _State:
    """The index on its way through the days."""

    weights: dict[str, float]
    since: date
    day: date
    growth: Growth | None
    words: IndexWords
    entries: dict[date, dict[str, float]] = field(default_factory=dict)
    changes: list[WeightChange] = field(default_factory=list)
    gone: dict[str, float] = field(default_factory=dict)

    def drift_to(self, effective: date) -> None:
        """Move with prices to the open of a day, but not past the close of the day of knowledge."""
        known = self.day + _ONE_DAY
        until = min(effective, known)
        if self.growth is None or until <= self.since:
            return
        from di_advisor.policy.index_drift import drifted

        self.weights = drifted(self.weights, self.growth(self.since, until))
        self.since = until
        if until == known:
            self.entries[self.day] = dict(self.weights)

    def act(self, action: AnnouncedAction) -> None:
        """A corporate action."""
        event, before = action.event, self.weights
        if not before.get(event.security_id):
            return
        try:
            after = apply_to_target(before, event, action.prices_usd, action.rule)
        except IncompleteDataError:
            if event.on <= self.day:
                raise
            self._note(action, event.security_id, before, before, self.words.unpriced(event))
            return
        weights = after.reinvested() if after.cash_weight else dict(after.weights)
        if event.security_id not in weights:
            self.gone[event.security_id] = before[event.security_id]
        for name in sorted({*before, *after.weights}):
            if before.get(name, 0.0) != after.weights.get(name, 0.0) or name == event.security_id:
                said = self.words.action(event, action.rule, name, before, weights)
                self._note(action, name, before, weights, said)
        if after.cash_weight:
            self._note_others(action, before, weights)
        self._set(event.on, weights)

    def change(self, change: IndexChange) -> None:
        """A change by the index's provider."""
        before = self.weights
        sheet = change.sheet
        weights = (
            self._single(change) if sheet is None else dict(IndexWeights.rescaled(change.effective, sheet).weights)
        )
        entered = sorted(k for k in weights if k not in before)
        left = sorted({k for k in before if k not in weights} | {k for k in change.leaves if k in self.gone})
        for name in left:
            self._note(change, name, before, weights, self.words.leaves(name, change, before.get(name)))
        for name in entered:
            self._note(change, name, before, weights, self.words.enters(name, change, weights[name], left))
        for name in sorted(change.reweights):
            self._note(change, name, before, weights, self.words.reweighted(name, change, before[name], weights[name]))
        self._note_others(change, before, weights)
        for name in change.leaves:  # what it had is given away once
            self.gone.pop(name, None)
        self._set(change.effective, weights)

    def _single(self, change: IndexChange) -> dict[str, float]:
        wrong = [k for k in change.enters if k in self.weights]
        absent = [k for k in change.leaves if k not in self.weights and k not in self.gone]
        absent += [k for k in change.reweights if k not in self.weights or k in change.leaves]
        if wrong or absent:
            what = f"{wrong[0]} enters and is a member already" if wrong else f"{absent[0]} is no member"
            raise InputError(
                f"The index change of {change.effective} does not fit: {what}.",
                hint="Check the security ids and the order of the changes.",
                security_id=(wrong or absent)[0],
            )
        had = math.fsum(self.weights.get(k, self.gone.get(k, 0.0)) for k in change.leaves)
        open_ = [k for k, w in change.enters.items() if w is None]
        if open_ and not had:
            raise InputError(
                f"{open_[0]} enters on {change.effective} without a weight, and nothing leaves.",
                hint="Give its weight, or name whom it replaces.",
                security_id=open_[0],
            )
        stated = {k: had / len(open_) if w is None else w for k, w in change.enters.items()} | dict(change.reweights)
        others = {k: w for k, w in self.weights.items() if k not in change.leaves and k not in stated}
        left, room = math.fsum(others.values()), 1.0 - math.fsum(stated.values())
        scale = room / left if left > _NOTHING else 0.0
        if min(stated.values(), default=0.0) < 0 or room < -_NOTHING or (room > _NOTHING and not scale):
            raise InputError(
                f"The weights stated for {change.effective} leave {room:.6f} to the other {len(others)} names.",
                hint="Each is at least 0, together they leave the others their share.",
            )
        return {k: w * max(scale, 0.0) for k, w in others.items()} | stated

    def _set(self, effective: date, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)
        self.since = max(self.since, effective)
        self.entries[effective] = dict(weights)

    def _note(
        self,
        step: IndexChange | AnnouncedAction,
        name: str,
        before: Mapping[str, float],
        after: Mapping[str, float],
        sentence: str,
    ) -> None:
        weights = (before.get(name, 0.0), after.get(name, 0.0))
        self.changes.append(WeightChange(step.effective, step.announced, name, *weights, sentence))

    def _note_others(
        self, step: IndexChange | AnnouncedAction, before: Mapping[str, float], after: Mapping[str, float]
    ) -> None:
        told = {c.security_id for c in self.changes if c.effective == step.effective}
        others = [k for k in before if k in after and k not in told]
        old, new = (math.fsum(w[k] for k in others) for w in (before, after))
        if others and abs(old - new) > 1e-15:
            said = self.words.others(len(others), step.effective, old, new)
            self.changes.append(WeightChange(step.effective, step.announced, "", old, new, said))
