"""A user's own terms and rules, written in cvxpy in ten lines and solved with everything else.

A term is a class with a ``name``, a ``sentence`` and ``expression(symbols)``: a convex number **in
dollars**. A rule has ``constraints(symbols)`` instead. ``symbols`` is an `OwnSymbols`: weights are
fractions of the account, ``symbols.value_usd`` is the account's value, so weight x value_usd is
dollars::

    import cvxpy as cp


    class Crowding:
        name = "crowding"
        sentence = "A quarter of a dollar a year for each dollar over 5 % in one name."

        def expression(self, symbols):
            over = cp.pos(symbols.weights - 0.05)  # weights: fractions of the account
            return 0.25 * symbols.value_usd * cp.sum(over)  # a term is dollars


    class FewEnergyBuys:
        name = "few energy buys"
        sentence = "At most $20,000 of energy names is bought."

        def constraints(self, symbols):
            return [symbols.members("sector", "Energy") @ symbols.buys_usd <= 20_000]


    Advisor().propose(..., terms=[Crowding()], rules=[FewEnergyBuys()])

What is affine joins the separable problem: the hot path, its certificate, its shadow prices. Anything
else convex goes to cvxpy and Clarabel (`di_advisor.solve.opaque`). Both are explained in dollars,
re-checked in whole shares, and named when wishes clash. Limits: own terms are convex; their symbols
are the trades of this account only; the order in which figures are compared is cvxpy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import OwnWishError
from di_advisor.formulate.own_affine import AffineRule, AffineTerm, affine_rule, affine_term
from di_advisor.formulate.own_checks import checked_constraints, checked_expression, checked_words
from di_advisor.formulate.own_opaque import OpaqueRule, OpaqueTerm, figures_of, is_equality
from di_advisor.formulate.own_shape import Leaves, affine_coefficients
from di_advisor.formulate.own_specs import loaded, own_spec
from di_advisor.formulate.own_symbols import OwnSymbols, Scope
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import NO_ROOM, Rule
from di_advisor.formulate.terms import Term

__all__ = ["OwnRule", "OwnTerm", "OwnWishes", "in_boxes", "own_rules", "own_terms", "with_margin"]


class OwnTerm(Protocol):
    """A term of the objective that a user writes.

    Attributes
    ----------
    name : str
        Short, in tables and explanations, such as "crowding".
    sentence : str
        What it charges for, in plain words.
    """

    name: str
    sentence: str

    def expression(self, symbols: OwnSymbols) -> Any:  # noqa: ANN401 - a cvxpy expression
        """One convex cvxpy expression, in USD; positive hurts."""
        ...


class OwnRule(Protocol):
    """A hard limit that a user writes.

    Attributes
    ----------
    name, sentence : str
        As of an `OwnTerm`.
    """

    name: str
    sentence: str

    def constraints(self, symbols: OwnSymbols) -> list[Any]:
        """Convex cvxpy constraints."""
        ...


@dataclass(frozen=True)
class OwnWishes:
    """A user's own terms and rules: objects, or ``module:qualname`` of classes made without arguments."""

    terms: tuple[OwnTerm | str, ...] = ()
    rules: tuple[OwnRule | str, ...] = ()

    def in_scope(self, scope: Scope, terms: Sequence[Term], rules: Sequence[Rule]) -> tuple[list[Term], list[Rule]]:
        """As terms and rules of an account that has some already.

        Raises
        ------
        OwnWishError
            Naming the one that is wrong.
        """
        if not self.terms and not self.rules:
            return [], []
        taken = [*(t.name for t in terms), *(r.name for r in rules)]
        found = own_terms(self.terms, scope, taken)
        return found, own_rules(self.rules, scope, [*taken, *(t.name for t in found)])

    def specs(self) -> dict[str, list[str]]:
        """What a saved file says of them, ``module:qualname``; `from_specs` is the way back.

        Raises
        ------
        OwnWishError
            If one lives in memory only.
        """
        return {"terms": [own_spec(t) for t in self.terms], "rules": [own_spec(r) for r in self.rules]}

    @classmethod
    def from_specs(cls, specs: Mapping[str, Sequence[str]]) -> OwnWishes:
        """From what `specs` gave; every name is imported and made at once.

        Raises
        ------
        OwnWishError
            If one cannot be imported.
        """
        return cls(tuple(loaded(t) for t in specs.get("terms", ())), tuple(loaded(r) for r in specs.get("rules", ())))


def own_terms(given: Sequence[OwnTerm | str], scope: Scope, taken: Sequence[str]) -> list[Term]:
    """A user's terms, checked: affine ones as slopes, others opaque.

    Parameters
    ----------
    given : sequence of OwnTerm or str
        Objects, or ``module:qualname`` of classes without arguments.
    scope : Scope
        The account.
    taken : sequence of str
        Names that are taken.

    Raises
    ------
    OwnWishError
        Naming the term and what is wrong with it.
    """
    terms: list[Term] = []
    for one in given:
        own = loaded(one)
        name, sentence = checked_words(own, [*taken, *(t.name for t in terms)])
        if not hasattr(own, "expression"):
            raise _misplaced(name, "term", "expression", "rules" if hasattr(own, "constraints") else "")
        leaves = Leaves(scope)
        found = affine_coefficients(leaves, checked_expression(own, leaves, name))
        term: AffineTerm | OpaqueTerm
        if found is not None:
            term = affine_term(found, scope.holdings, name, sentence)
        else:
            term = OpaqueTerm(own, scope, name, sentence)
            term.value_usd(scope.holdings.nothing())  # refuses what is no number there
        terms.append(cast("Term", term))
    return terms


def own_rules(given: Sequence[OwnRule | str], scope: Scope, taken: Sequence[str]) -> list[Rule]:
    """A user's rules, checked: affine ones as rows, others opaque.

    Parameters and errors are those of `own_terms`; a rule that no trade can change, and that is broken, is an
    error too.
    """
    rules: list[Rule] = []
    for one in given:
        own = loaded(one)
        name, sentence = checked_words(own, [*taken, *(r.name for r in rules)])
        if not hasattr(own, "constraints"):
            raise _misplaced(name, "rule", "constraints", "terms" if hasattr(own, "expression") else "")
        leaves = Leaves(scope)
        rule = _rule(own, checked_constraints(own, leaves, name), leaves, name, sentence)
        rules.append(cast("Rule", rule))
    return rules


def _rule(own: OwnRule, built: list[Any], leaves: Leaves, name: str, sentence: str) -> AffineRule | OpaqueRule:
    scope = leaves.scope
    parts = []
    for constraint in built:
        figures = figures_of(constraint)
        found = None if figures is None else affine_coefficients(leaves, figures)
        if found is None:
            return OpaqueRule(own, scope, name, sentence)
        slopes = np.concatenate([found.on_sells, found.on_buys, found.on_active], axis=1)
        fixed = ~slopes.any(axis=1)
        over = np.abs(found.constant) if is_equality(constraint) else found.constant
        if (fixed & (over > NO_ROOM)).any():
            raise OwnWishError(
                f"The own rule {name!r} has a limit that no trade can change, and it is broken.",
                hint="Write it in the symbols given, not in figures of the account alone.",
                name=name,
            )
        parts.append((found, is_equality(constraint)))
    return affine_rule(parts, scope.holdings, name, sentence) or OpaqueRule(own, scope, name, sentence)


def _misplaced(name: str, kind: str, method: str, elsewhere: str) -> OwnWishError:
    hint = f"Pass it in {elsewhere}=[...]." if elsewhere else f"Give the class a method {method}(self, symbols)."
    return OwnWishError(f"The own {kind} {name!r} has no method {method!r}.", hint=hint, name=name)


def with_margin(problem: Problem, rule: str, margin: float) -> Problem:
    """The problem with a margin kept to an own rule while solving, for rounding to shares."""
    rules = tuple(
        replace(r, margin=margin) if r.name == rule and isinstance(r, (AffineRule, OpaqueRule)) else r
        for r in problem.rules
    )
    block = problem.block
    rows = tuple(row for r in rules for row in r.rows(block.segments))
    opaque = tuple(r for r in rules if isinstance(r, OpaqueRule))
    lower, upper = in_boxes(rules, block.active_lower, block.active_upper)
    block = replace(block, rows=rows, active_lower=lower, active_upper=upper)
    return replace(problem, rules=rules, opaque_rules=opaque, blocks=(block,))


def in_boxes(rules: Sequence[Rule], lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Limits of active weights, shapes (n,), with those of own rules that are kept by boxes."""
    for rule in rules:
        if isinstance(rule, AffineRule):
            own_lower, own_upper = rule.boxes()
            lower, upper = np.maximum(lower, own_lower), np.minimum(upper, own_upper)
    return lower, upper
