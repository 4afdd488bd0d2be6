"""A user's own terms and rules over several dates.

Problem: an own term says dollars of one proposal, and a plan has many. Decision: a term of weights,
exposures or cash is dollars a year, charged for as long as they are held, as risk and tilts are; a
term of trades is charged where they are made. One that mixes both has no such reading and is refused.
A rule of trades holds at every stage; a rule of weights after the last one, and until then what breaks it
today must not get worse, as for bands. Cones of weights, which have no "worse", hold at every stage.

Limits: ``weights_now`` is today's weight at every stage, ``trades`` and ``cash`` are those of the stage,
``value_usd`` is today's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import OwnWishError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.own import OwnRule, OwnTerm, OwnWishes
from di_advisor.formulate.own_opaque import amount_of, figures_of, is_equality
from di_advisor.formulate.own_specs import loaded
from di_advisor.formulate.own_symbols import OwnSymbols, Scope
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.stage_symbols import Slopes, StageLeaves, Standing

__all__ = ["StagedOwn", "StagedRule", "StagedTerm", "own_of_today", "staged_own"]

_SIDED = frozenset({"sells", "buys"})


def _kind(leaves: StageLeaves, expressions: list[Any], name: str, what: str, *, mixed: bool) -> bool:
    """Whether it is of weights and not of trades.

    Raises
    ------
    OwnWishError
        If it is of both, and that is not allowed.
    """
    used = leaves.used(expressions)
    if used & _SIDED and used - _SIDED and not mixed:
        raise OwnWishError(
            f"The own {what} {name!r} mixes what is traded with what is held: over several dates the one is charged "
            "by trade, the other by the year.",
            hint="Write two terms, one of buys, sold, sells or trades, the other of weights, exposures or cash.",
            name=name,
        )
    return not used & _SIDED


@dataclass(frozen=True, eq=False)
class StagedTerm:
    """A user's term at every stage; amounts are fractions of today's value.

    Attributes
    ----------
    own : object
        The user's.
    scope : Scope
        The account as of today.
    by_year : bool
        Whether it is charged by the year (a term of weights), or where trades are made.
    """

    own: Any
    scope: Scope
    by_year: bool
    name: str
    sentence: str
    leaves: StageLeaves

    @cached_property
    def _expression(self) -> Any:  # noqa: ANN401 - a cvxpy expression
        return self.on(self.leaves.symbols)

    def on(self, symbols: OwnSymbols) -> Any:  # noqa: ANN401 - a cvxpy expression
        """The charge at a stage of one year, a fraction of the account."""
        return cvxpy().sum(self.own.expression(symbols)) / self.scope.holdings.value_usd

    @cached_property
    def affine(self) -> Slopes | None:
        """Slopes, where it is affine."""
        return self.leaves.affine(self._expression)

    def value(self, at: Standing) -> float:
        """The charge at a stage of one year.

        Raises
        ------
        OwnWishError
            If it is no number there.
        """
        self.leaves.put(at)
        return amount_of(self._expression, self.name)

    def times(self, growth: float, years: float) -> float:
        """What a stage's charge is multiplied by."""
        return growth * (years if self.by_year else 1.0)


@dataclass(frozen=True, eq=False)
class StagedRule:
    """A user's rule at every stage.

    Attributes
    ----------
    own, scope, name, sentence, leaves
        As of a term.
    relaxed : bool
        Whether it is of weights: before the last stage it may be broken as far as it is today.
    margin : float
        Kept to every inequality at the first stage while solving, in the unit of a weight, for rounding.
    """

    own: Any
    scope: Scope
    relaxed: bool
    name: str
    sentence: str
    leaves: StageLeaves
    margin: float = 0.0

    @cached_property
    def _built(self) -> list[Any]:
        return _listed(self.own.constraints(self.leaves.symbols))

    @cached_property
    def _now(self) -> list[FloatArray]:
        """By how much each constraint is broken today, at least 0; empty for a cone."""
        h, found = self.scope.holdings, []
        self.leaves.put(Standing(h.nothing(), h.active, self.scope.risk.exposures.T @ h.active, h.cash))
        for constraint in self._built:
            figures = figures_of(constraint)
            if figures is None:
                found.append(np.zeros(0))
                continue
            value = np.asarray(figures.value, dtype=np.float64)
            found.append(np.abs(value) if is_equality(constraint) else np.maximum(value, 0.0))
        return found

    @cached_property
    def _sizes(self) -> list[float]:
        """What each constraint moves by per unit of weight; 1 for a cone."""
        h = self.scope.holdings
        some = Plan(0.1 * h.lot_weight, 0.1 * h.target)
        active = h.active + some.net(h.lot_name)
        sizes = []
        for constraint in self._built:
            figures = figures_of(constraint)
            self.leaves.put(Standing(some, active, self.scope.risk.exposures.T @ active, h.cash))
            with np.errstate(all="ignore"):
                slopes = None if figures is None else self.leaves.slopes(figures)
            largest = 0.0 if slopes is None else max(float(np.abs(s).max(initial=0.0)) for s in slopes.by.values())
            sizes.append(largest if np.isfinite(largest) and largest > 0 else 1.0)
        return sizes

    def _allowed(self, number: int, *, first: bool, last: bool) -> Any:  # noqa: ANN401 - a figure or an array of them
        """What a constraint's figures may be at most: nothing, or what they are today; the margin taken off."""
        room: Any = self._now[number] if self.relaxed and not last else 0.0
        return room - (self.margin * self._sizes[number] if first else 0.0)

    def constraints(self, symbols: OwnSymbols, *, first: bool, last: bool) -> list[Any]:
        """In cvxpy, at a stage."""
        found: list[Any] = []
        for number, constraint in enumerate(_listed(self.own.constraints(symbols))):
            figures, allowed = figures_of(constraint), 0.0
            if figures is not None:
                allowed = self._allowed(number, first=first and not is_equality(constraint), last=last)
            if figures is None or not np.any(allowed):
                found.append(constraint)
                continue
            found.append(figures <= allowed)
            found += [-figures <= allowed] if is_equality(constraint) else []
        return found

    @cached_property
    def _affine(self) -> list[Slopes | None]:
        figures = [figures_of(c) for c in self._built]
        return [None if f is None else self.leaves.affine(f) for f in figures]

    @property
    def is_affine(self) -> bool:
        """Whether its rows are all there is to it."""
        return all(slopes is not None for slopes in self._affine)

    def affine_rows(self, *, first: bool, last: bool) -> list[tuple[dict[str, FloatArray], float, float]]:
        """Slopes by leaf with a lower and an upper limit, one a figure, in the unit of a weight."""
        found = []
        for number, (constraint, slopes) in enumerate(zip(self._built, self._affine, strict=True)):
            if slopes is None:
                continue
            allowed = self._allowed(number, first=first and not is_equality(constraint), last=last)
            room = np.broadcast_to(np.asarray(allowed, dtype=np.float64).reshape(-1, order="F"), slopes.constant.shape)
            size = self._sizes[number]
            for j, constant in enumerate(slopes.constant.tolist()):
                by = {name: slope[j] / size for name, slope in slopes.by.items()}
                high = (float(room[j]) - constant) / size
                low = (-float(room[j]) - constant) / size if is_equality(constraint) else -np.inf
                found.append((by, low, high))
        return found

    def excess(self, at: Standing, *, last: bool) -> float:
        """Largest excess in the unit of a weight, 0 or less when kept; of a cone, its violation."""
        now, sizes, worst = self._now, self._sizes, -np.inf  # these put other plans: before this one is put
        self.leaves.put(at)
        for number, constraint in enumerate(self._built):
            figures = figures_of(constraint)
            with np.errstate(all="ignore"):
                value = np.asarray(constraint.violation() if figures is None else figures.value, dtype=np.float64)
            if not np.isfinite(value).all():
                return float(np.inf)
            value = np.abs(value) if is_equality(constraint) else value
            room = now[number] if figures is not None and self.relaxed and not last else 0.0
            worst = max(worst, float(np.max(value - room)) / sizes[number])
        return worst


@dataclass(frozen=True)
class StagedOwn:
    """All that a user wrote, at every stage."""

    terms: tuple[StagedTerm, ...] = ()
    rules: tuple[StagedRule, ...] = ()

    @property
    def is_opaque(self) -> bool:
        """Whether something is not affine, so that only a cone solver understands it."""
        return any(t.affine is None for t in self.terms) or any(not r.is_affine for r in self.rules)

    def with_margin(self, name: str, more: float) -> StagedOwn:
        """With a wider margin kept to a rule today."""
        rules = tuple(replace(r, margin=r.margin + more) if r.name == name else r for r in self.rules)
        return replace(self, rules=rules)


def staged_own(own: OwnWishes, scope: Scope) -> StagedOwn:
    """A user's wishes over stages; what is wrong with one by itself was told by `OwnWishes.in_scope` before.

    Raises
    ------
    OwnWishError
        If a term mixes trades and weights.
    """
    leaves = StageLeaves(scope)
    terms, rules = [], []
    for each in own.terms:
        one: Any = loaded(each)
        by_year = _kind(leaves, [cvxpy().sum(one.expression(leaves.symbols))], one.name, "term", mixed=False)
        terms.append(StagedTerm(one, scope, by_year, one.name, one.sentence, leaves))
    for wished in own.rules:
        one = loaded(wished)
        parts = [a for c in _listed(one.constraints(leaves.symbols)) for a in c.args]
        relaxed = _kind(leaves, parts, one.name, "rule", mixed=True)
        rules.append(StagedRule(one, scope, relaxed, one.name, one.sentence, leaves))
    return StagedOwn(tuple(terms), tuple(rules))


@dataclass(frozen=True)
class _TodayTerm:
    """A staged term as that of one proposal: for the first stage's own time."""

    term: StagedTerm
    times: float

    @property
    def name(self) -> str:
        return self.term.name

    @property
    def sentence(self) -> str:
        return self.term.sentence

    def expression(self, symbols: OwnSymbols) -> Any:  # noqa: ANN401 - a cvxpy expression
        return self.times * self.term.own.expression(symbols)


@dataclass(frozen=True)
class _TodayRule:
    """A staged rule as that of one proposal: as it holds after the first stage."""

    rule: StagedRule
    last: bool

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def sentence(self) -> str:
        later = " After the last stage; until then it gets no worse than it is." if self.rule.relaxed else ""
        return self.rule.sentence + ("" if self.last else later)

    def constraints(self, symbols: OwnSymbols) -> list[Any]:
        return replace(self.rule, margin=0.0).constraints(symbols, first=True, last=self.last)


def own_of_today(own: StagedOwn, years: float, *, last: bool) -> OwnWishes:
    """What the first stage alone has of it, for `di_advisor.formulate.formulate`.

    Parameters
    ----------
    own : StagedOwn
        Over all stages.
    years : float
        Until the next stage.
    last : bool
        Whether the first stage is the only one.
    """
    terms = tuple(cast("OwnTerm", _TodayTerm(t, t.times(1.0, years))) for t in own.terms)
    return OwnWishes(terms, tuple(cast("OwnRule", _TodayRule(r, last)) for r in own.rules))


def _listed(given: Any) -> list[Any]:  # noqa: ANN401 - what a user returned
    return list(given) if isinstance(given, (list, tuple)) else [given]
