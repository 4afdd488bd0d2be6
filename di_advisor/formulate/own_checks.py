"""What a user's own term or rule must be, checked before anything is solved; every error names it.

A term is one convex number of dollars, a rule a list of convex constraints, both in the symbols given
and in nothing else. Where cvxpy cannot prove convexity (disciplined convex programming: Grant, Boyd
and Ye 2006), the innermost part that breaks the rules is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from di_advisor.errors import DiAdvisorError, OwnWishError
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.own_opaque import figures_of, is_equality
from di_advisor.formulate.own_shape import Leaves

__all__ = ["RESERVED", "checked_constraints", "checked_expression", "checked_words"]

RESERVED = frozenset({"tax", "trading cost", "active risk", "value of waiting", "objective", "benefit", "gap"})
"""Names of terms and columns that tables have already."""

_SHOWN = 160


def _same(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def checked_words(own: Any, taken: Collection[str]) -> tuple[str, str]:  # noqa: ANN401 - the user's object
    """Name and sentence of an own term or rule.

    Raises
    ------
    OwnWishError
        If one is missing, or the name is taken.
    """
    kind = type(own).__name__
    name, sentence = getattr(own, "name", None), getattr(own, "sentence", None)
    for what, text in (("name", name), ("sentence", sentence)):
        if not isinstance(text, str) or not text.strip():
            raise OwnWishError(
                f"The own term or rule {kind} has no {what}.",
                hint=f'Give the class a text: {what} = "..."; it stands in tables and explanations.',
                name=kind,
            )
    if _same(str(name)) in {_same(other) for other in taken} | RESERVED:
        raise OwnWishError(
            f"The own term or rule {kind} is named {name!r}, and that name is taken.",
            hint="Give it another name: dollars and checks are told apart by it.",
            name=name,
        )
    return str(name), str(sentence)


def _called(name: str, what: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the user returns
    """The user's own code, whatever it raises told with its name."""
    try:
        return call()
    except DiAdvisorError as error:
        raise OwnWishError(f"The own {what} {name!r} failed: {error.what}", hint=error.hint, name=name) from error
    except Exception as error:
        raise OwnWishError(
            f"The own {what} {name!r} raised {type(error).__name__}: {error}",
            hint="Its code ran on the symbols of the account; correct it there.",
            name=name,
        ) from error


def checked_expression(own: Any, leaves: Leaves, name: str) -> Any:  # noqa: ANN401 - a cvxpy expression
    """The own term on the leaves, as a scalar cvxpy expression.

    Raises
    ------
    OwnWishError
        If it is not one convex, finite number of dollars in the symbols given.
    """
    cp = cvxpy()
    given = _called(name, "term", lambda: own.expression(leaves.own))
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        given = cp.Constant(given)
    if not isinstance(given, cp.Expression):
        raise OwnWishError(
            f"The own term {name!r} returned {type(given).__name__}, not a cvxpy expression.",
            hint="Return an expression in the symbols, such as cp.sum_squares(symbols.active) * symbols.value_usd.",
            name=name,
        )
    if given.size != 1:
        raise OwnWishError(
            f"The own term {name!r} has the shape {given.shape}: a term is one number of dollars.",
            hint="Add it up: cp.sum(...).",
            name=name,
        )
    _in_the_symbols(given, leaves, name, "term")
    if not given.is_dcp() or not given.is_convex():
        raise _not_convex(given, name)
    return given


def checked_constraints(own: Any, leaves: Leaves, name: str) -> list[Any]:  # noqa: ANN401 - the user's object
    """The own rule on the leaves, as cvxpy constraints.

    Raises
    ------
    OwnWishError
        If one is no constraint, is not convex, or is not in the symbols given.
    """
    cp = cvxpy()
    given = _called(name, "rule", lambda: own.constraints(leaves.own))
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    if not listed:
        raise OwnWishError(f"The own rule {name!r} has no constraint.", hint="Return at least one.", name=name)
    for constraint in listed:
        if not isinstance(constraint, cp.constraints.constraint.Constraint):
            compared = " (figures were compared, not symbols)" if isinstance(constraint, (bool, np.bool_)) else ""
            raise OwnWishError(
                f"The own rule {name!r} returned {type(constraint).__name__}, not a cvxpy constraint{compared}.",
                hint="Return a list such as [symbols.weight('AAPL') <= 0.03].",
                name=name,
            )
        for argument in constraint.args:
            _in_the_symbols(argument, leaves, name, "rule")
        if not constraint.is_dcp():
            raise _constraint_not_convex(constraint, name)
    return listed


def _in_the_symbols(expression: Any, leaves: Leaves, name: str, what: str) -> None:  # noqa: ANN401
    """Only the symbols' variables, parameters with values, and finite figures."""
    known = leaves.variables()
    strange = sorted(v.name() for v in expression.variables() if v.id not in known)
    if strange:
        raise OwnWishError(
            f"The own {what} {name!r} uses variables of its own: {', '.join(strange)}.",
            hint="Write it in the symbols given only; cp.abs, cp.pos, cp.maximum and norms need no helper variables.",
            name=name,
        )
    unset = sorted(p.name() for p in expression.parameters() if p.value is None)
    if unset:
        raise OwnWishError(
            f"The own {what} {name!r} uses parameters without a value: {', '.join(unset)}.",
            hint="Set parameter.value, or use a plain number.",
            name=name,
        )
    for constant in [*expression.constants(), *expression.parameters()]:
        value = constant.value
        dense = value.data if hasattr(value, "data") and hasattr(value, "nnz") else np.asarray(value)
        if np.iscomplexobj(dense) or not np.isfinite(dense).all():
            raise OwnWishError(
                f"The own {what} {name!r} holds a figure that is no finite number.",
                hint="Look for NaN or infinity in the arrays it is built from, such as a score that is missing.",
                name=name,
            )


def _not_convex(expression: Any, name: str) -> OwnWishError:  # noqa: ANN401 - a cvxpy expression
    if expression.is_dcp():  # cvxpy's word for convex or concave
        return OwnWishError(
            f"The own term {name!r} is concave: {_text(expression)}. A term is a cost that is minimised, so it must "
            "be convex.",
            hint="What pays more and more has no best plan; write a cost, or its straight-line form.",
            name=name,
            part=str(expression),
        )
    part = _culprit(expression)
    return OwnWishError(
        f"The own term {name!r} is not convex as far as cvxpy's rules can tell (DCP), because of this part: "
        f"{_text(part)}.",
        hint="Rewrite that part with cvxpy's own functions (cp.sum_squares(x) for x @ x, cp.quad_form, cp.norm).",
        name=name,
        part=str(part),
    )


def _constraint_not_convex(constraint: Any, name: str) -> OwnWishError:  # noqa: ANN401
    figures = figures_of(constraint)
    where = constraint if figures is None else _culprit(figures)
    if is_equality(constraint):
        why, hint = "an equality must be affine on both sides", "Use <= for what is curved."
    else:
        why = "what is at most a limit must be convex, what is at least a limit concave"
        hint = "Turn the inequality, or rewrite the part with cvxpy's own functions."
    return OwnWishError(
        f"The own rule {name!r} has a constraint that is not convex (DCP): {_text(constraint)}; the part "
        f"{_text(where)} breaks it: {why}.",
        hint=hint,
        name=name,
        part=str(where),
    )


def _culprit(expression: Any) -> Any:  # noqa: ANN401 - a cvxpy expression
    """The innermost part that is not DCP though all its own parts are; the whole where there is none."""
    for part in getattr(expression, "args", []):
        if hasattr(part, "is_dcp") and not part.is_dcp():
            return _culprit(part)
    return expression


def _text(thing: Any) -> str:  # noqa: ANN401 - an expression or constraint
    text = " ".join(str(thing).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
