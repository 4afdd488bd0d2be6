"""Bands on sectors, industries, countries, factors and single groups, as rules.

Problem: a sector-neutral band and an exclusion that empties a sector contradict each other, and the
band must not force the excluded names back. Decision: where the names that are left cannot reach the
lower limit of a group, that limit is dropped, the other groups' upper limits rise by their share of
what the group cannot hold (a band around the index without it), and the proposal says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.group_bands import GroupBand, GroupKind, MeasuredAs
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import InputError
from di_advisor.formulate.plan import Holdings, Plan
from di_advisor.formulate.rules import NO_ROOM, ActiveGroup
from di_advisor.units import percent_from_fraction

__all__ = ["GroupWeight", "Reach", "band_rules"]

_ROUND_OFF = 1e-12


@dataclass(frozen=True)
class Reach:
    """What single names can do, for bands to know which groups exclusions empty.

    Attributes
    ----------
    out : ndarray of bool, shape (n,)
        Names that must leave.
    active_upper : ndarray of shape (n,)
        Largest active weight.
    buy_max : ndarray of shape (n,)
        Largest purchase, as a weight.
    """

    out: NDArray[np.bool_]
    active_upper: FloatArray
    buy_max: FloatArray

    def highest(self, active: FloatArray, member: NDArray[np.bool_]) -> float:
        """Largest active weight that a group can reach."""
        return float(np.minimum(self.active_upper, active + self.buy_max)[member].sum())


@dataclass(frozen=True, kw_only=True)
class GroupWeight(ActiveGroup):
    """A group's weight in the account, or its multiple of the target, between two limits.

    Attributes
    ----------
    group_target : float
        The group's weight in the target.
    """

    group_target: float

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        low, high = (f"{self._shown(x)}" for x in (self.lower, self.upper))
        between = f"at most {high}" if self.lower <= -self.group_target else f"between {low} and {high}"
        between = f"at least {low}" if math.isinf(self.upper) else between
        what = self.name.partition(": ")[2]
        return f"{what} is {between} (the index has {percent_from_fraction(self.group_target):.2f} %)."

    def _shown(self, active: float) -> str:
        value = (active + self.group_target) * self.scale
        return f"{value:.4g} times its target" if self.unit else f"{percent_from_fraction(value):.2f} % of the account"

    def measure(self, plan: Plan) -> float:
        """The weight, or the multiple."""
        return (ActiveGroup.measure(self, plan) + self.group_target) * self.scale

    def slack(self, plan: Plan) -> float:
        """Distance to the nearer limit, in the same unit."""
        active = ActiveGroup.measure(self, plan)
        return min(active - self.lower, self.upper - active) * self.scale

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM * self.scale


def band_rules(signals: Signals, mandate: Mandate, holdings: Holdings, reach: Reach) -> list[ActiveGroup]:
    """The rules of all bands of a mandate.

    Raises
    ------
    InputError
        If names that are held or targeted have no label of a kind that is limited, or a band names a
        factor, group or security that is not there.
    """
    rules: list[ActiveGroup] = []
    kinds: tuple[tuple[str, Band | None], ...] = (
        ("sector", mandate.sector_band),
        ("industry", mandate.industry_band),
        ("country", mandate.country_band),
    )
    for kind, band in kinds:
        if band is not None:
            groups = _groups(signals, kind, holdings)
            every = [
                ActiveGroup(holdings, member, band.lower, band.upper, f"{kind} band: {group}")
                for group, member in groups.items()
            ]
            rules += _without_emptied(every, kind, groups, holdings, reach)
    for factor, band in mandate.factor_bands.items():
        risk = signals.market.risk
        if factor not in risk.factors:
            raise InputError(
                f"The mandate limits the factor {factor!r}, which the risk model does not have.",
                hint=f"It has: {', '.join(risk.factors)}.",
                factor=factor,
            )
        column = risk.exposures[:, risk.factors.index(factor)]
        rules.append(ActiveGroup(holdings, column, band.lower, band.upper, f"factor band: {factor}", factor))
    for wish in mandate.group_bands:
        rules += _of_wish(signals, wish, holdings)
    taken: dict[str, int] = {}
    for k, rule in enumerate(rules):
        taken[rule.name] = taken.get(rule.name, 0) + 1
        if taken[rule.name] > 1:
            rules[k] = replace(rule, name=f"{rule.name} ({taken[rule.name]})")
    return rules


def _groups(signals: Signals, kind: str, holdings: Holdings) -> dict[str, FloatArray]:
    """Members of each group of a kind, one for each."""
    universe = signals.market.universe
    groups = universe.members(kind)
    unlabelled = np.flatnonzero(universe.unlabelled(kind) & ((holdings.target > 0) | (holdings.held > 0)))
    if len(unlabelled):
        first = ", ".join(universe.securities[i].ticker for i in unlabelled[:5].tolist())
        raise InputError(
            f"The mandate limits every {kind}, and {len(unlabelled)} names held or targeted have none: {first}.",
            hint=f"Give each name its {kind} (a label such as Unknown is one), or drop the band.",
            kind=kind,
        )
    return groups


def _without_emptied(
    rules: list[ActiveGroup], kind: str, groups: dict[str, FloatArray], holdings: Holdings, reach: Reach
) -> list[ActiveGroup]:
    """The bands of a kind, those of groups that exclusions empty made possible."""
    if not reach.out.any():
        return rules
    members = [m > 0 for m in groups.values()]
    highest = [
        reach.highest(holdings.active, m) if (m & reach.out).any() else math.inf for m in members
    ]  # only exclusions relax a band; all else that stands in its way is told as a conflict
    emptied = [h < r.lower - _ROUND_OFF for h, r in zip(highest, rules, strict=True)]
    if not any(emptied):
        return rules
    lost = sum(-h for h, gone in zip(highest, emptied, strict=True) if gone)
    weights = [float(holdings.target[m].sum()) for m in members]
    kept = sum(w for w, gone in zip(weights, emptied, strict=True) if not gone)
    relaxed = []
    for rule, weight, gone in zip(rules, weights, emptied, strict=True):
        what = rule.name.partition(": ")[2]
        if gone:
            said = (
                f"Exclusions leave too little of {what} for its {kind} band: its lower limit is dropped, and the other "
                f"{kind} bands let in its {percent_from_fraction(lost):.2f} points in proportion."
            )
            relaxed.append(replace(rule, lower=-math.inf, note=said))
        else:
            relaxed.append(replace(rule, upper=rule.upper + lost * weight / kept if kept > 0 else math.inf))
    return relaxed


def _of_wish(signals: Signals, wish: GroupBand, holdings: Holdings) -> list[ActiveGroup]:
    """The rules of one band on one group, or on every group of its kind."""
    universe = signals.market.universe
    if wish.kind is GroupKind.NAME:
        at = universe.index_of([wish.group], where="A group band")
        member = np.zeros(len(universe), dtype=np.bool_)
        member[at] = True
        groups = {universe.securities[int(at[0])].ticker: member}
    elif wish.group:
        label = np.array([getattr(s, wish.kind.value) for s in universe.securities])
        groups = {wish.group: label == wish.group}
        if not groups[wish.group].any():
            raise InputError(
                f"No name has the {wish.kind.value} {wish.group!r}.",
                hint=f"There are: {', '.join(sorted(set(label.tolist()) - {''})[:20])}.",
                group=wish.group,
            )
    else:
        groups = {group: ones > 0 for group, ones in _groups(signals, wish.kind.value, holdings).items()}
    return [_of_group(wish, group, member, holdings) for group, member in groups.items()]


def _of_group(wish: GroupBand, group: str, member: NDArray[np.bool_], holdings: Holdings) -> ActiveGroup:
    ones, target = member.astype(np.float64), float(holdings.target[member].sum())
    if wish.measured is MeasuredAs.ACTIVE:
        return ActiveGroup(holdings, ones, wish.lower, wish.upper, f"{wish.kind.value} band: {group}")
    multiple = wish.measured is MeasuredAs.MULTIPLE
    if multiple and target <= 0:
        raise InputError(
            f"{group} is not in the index, so that it has no multiple of its weight there.",
            hint="Limit its weight: measured=MeasuredAs.WEIGHT.",
            group=group,
        )
    size = target if multiple else 1.0
    return GroupWeight(
        holdings,
        ones,
        wish.lower * size - target,
        wish.upper * size - target,
        f"{wish.kind.value} weight: {group}",
        unit="times" if multiple else "",
        scale=1.0 / size,
        group_target=target,
    )
