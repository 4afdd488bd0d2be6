"""One option of each name within budgets that all share: prices of the budgets, and the best choice.

Problem: names that would be chosen one by one share a few budgets (net gains of a tax year). Decision: the relaxation,
in which a name may be a mixture of its options, is a small linear program whose duals are the budgets' prices; the
choice itself is an integer program over the same options. Limits: no more than what the options given can do; who
prices names elsewhere brings the options, and has the bound (`di_advisor.policy.plan_budget`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UncertifiedError
from di_advisor.solve.mixed_integer import Matrix, Program, solve_program

__all__ = ["Chosen", "Options", "chosen", "prices_of"]

_NODES_MAX = 20_000
_ROOM = 1e-9


@dataclass(frozen=True)
class Options:
    """What each name may do.

    Attributes
    ----------
    owner : ndarray of int, shape (o,)
        The name of each option, 0 to n - 1; every name has one at least.
    cost : ndarray, shape (o,)
        Of each option, USD.
    used : ndarray, shape (b, o)
        What each takes of each budget, negative for what gives to it.
    budget : ndarray, shape (b,)
        Of all names together.
    """

    owner: NDArray[np.int64]
    cost: FloatArray
    used: FloatArray
    budget: FloatArray


@dataclass(frozen=True)
class Chosen:
    """One option of each name.

    Attributes
    ----------
    options : ndarray of int, shape (n,), or None
        By position; None where no choice keeps the budgets.
    bound : float
        No choice among the options costs less.
    """

    options: NDArray[np.int64] | None
    bound: float


def prices_of(options: Options, price_max: float) -> FloatArray:
    """Prices of the budgets, shape (b,), where names may be mixtures; a dollar beyond one costs ``price_max`` at most.

    Raises
    ------
    UncertifiedError
        If the linear program is not solved.
    """
    import scipy.sparse as sp
    from scipy.optimize import linprog

    b, o = options.used.shape
    names = int(options.owner.max()) + 1
    scale = _scale(options)
    each = sp.csr_matrix((np.ones(o), (options.owner, np.arange(o))), shape=(names, o))
    shared: Matrix = sp.csr_matrix(np.hstack([options.used / scale[:, None], -np.eye(b)]))
    one: Matrix = sp.hstack([each, sp.csr_matrix((names, b))]).tocsr()
    found = linprog(
        np.concatenate([options.cost, price_max * scale]),
        A_ub=shared,
        b_ub=options.budget / scale,
        A_eq=one,
        b_eq=np.ones(names),
        method="highs",
    )
    if found.status != 0:
        raise UncertifiedError(f"The prices of the budgets ended with: {found.message}", hint="Try without the budget.")
    return np.asarray(np.clip(-found.ineqlin.marginals / scale, 0.0, price_max))


def chosen(options: Options) -> Chosen:
    """The best choice of one option a name that keeps every budget.

    Raises
    ------
    UncertifiedError
        If the integer program fails.
    """
    import scipy.sparse as sp

    b, o = options.used.shape
    names = int(options.owner.max()) + 1
    scale = _scale(options)
    each = sp.csc_matrix((np.ones(o), (options.owner, np.arange(o))), shape=(names, o))
    program = Program(
        cost=options.cost,
        low=np.zeros(o),
        high=np.ones(o),
        whole=np.ones(o, dtype=np.int64),
        matrix=sp.vstack([each, sp.csc_matrix(options.used / scale[:, None])]).tocsc(),
        row_low=np.r_[np.ones(names), np.full(b, -np.inf)],
        row_high=np.r_[np.ones(names), options.budget / scale + _ROOM],
    )
    answer = solve_program(program, nodes_max=_NODES_MAX, gap=0.0)
    if answer.status == "failed":
        raise UncertifiedError("The choice within the budgets was not solved.", hint="Try without the budget.")
    if answer.columns is None:
        return Chosen(None, answer.bound)
    taken = np.flatnonzero(answer.columns > 0.5)
    at = np.empty(names, dtype=np.int64)
    at[options.owner[taken]] = taken
    return Chosen(at, answer.bound)


def _scale(options: Options) -> FloatArray:
    """A size for each budget's row, so that a tolerance means the same for small and large accounts."""
    return np.asarray(np.maximum(np.abs(options.used).max(axis=1), 1.0))
