"""Solve the convex problem of fixed choices: dual Newton, then PIQP, then Clarabel.

The hot path certifies its own answer; what it does not certify goes to the interior point solvers,
whose matrices are built only then. A status is never taken at its word: what comes back is a plan
whose residuals and duality gap are computed anew (`di_advisor.solve.solution`). Set-up, warm start
and the count of who solved what are kept in a `HotPath`, which the programs of one search share.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import SolveError, UncertifiedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.both_sides import bound_within
from di_advisor.solve.choices import Choices, restrict, washed
from di_advisor.solve.conic import solve_by_clarabel
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.dual_newton import Certified, Prepared, Restricted, Warm, prepare
from di_advisor.solve.dual_newton.pieces import Interleaved
from di_advisor.solve.matrices import SCALE, Matrices, build, hessian, linear
from di_advisor.solve.prices import PricedNames, Prices

__all__ = ["ConvexAnswer", "HotPath", "QuadraticProgram"]

Matrix = Any  # a scipy sparse matrix, which has no precise stub

_TOLERANCE = 1e-10
_LARGEST_PRICE = 1e3
_NEARLY = 1e-8
_MAX_ITERATIONS = 60


@dataclass(frozen=True)
class ConvexAnswer:
    """What a solver returned, cleaned of round-off.

    Attributes
    ----------
    status : str
        "solved", "infeasible", "unbounded" or "failed".
    solver : str
        Which one.
    amounts : ndarray of shape (m,)
        Amount of each segment, inside its box.
    active : ndarray of shape (n,)
        Active weights, recomputed from the amounts.
    prices : Prices or None
        Multipliers; None unless solved.
    """

    status: str
    solver: str
    amounts: FloatArray
    active: FloatArray
    prices: Prices | None

    @property
    def known_prices(self) -> Prices:
        """The prices of a solved problem.

        Raises
        ------
        UncertifiedError
            If it was not solved, and so has none.
        """
        if self.prices is None:
            raise UncertifiedError(
                f"{self.solver} ended with '{self.status}' and has no prices.", hint="No trades are proposed."
            )
        return self.prices


def _solver(name: str) -> Any:  # noqa: ANN401 - a solver's module
    """A solver's module, imported when it is first needed.

    Raises
    ------
    SolveError
        If it is not installed; nothing else stands in silently.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SolveError(
            f"The solver {name} cannot be imported ({error}). The order is: PIQP, then Clarabel.",
            hint=f"Install it: python -m pip install {name}",
            solver=name,
        ) from error


class HotPath:
    """What the solves of one search share: the account laid out, the last answer to start from, and the counts.

    Parameters
    ----------
    block : Block
        The account.
    warm : Warm, optional
        An earlier answer, also of a neighbouring problem.
    """

    def __init__(self, block: Block, warm: Warm | None = None) -> None:
        self.prepared: Prepared = prepare(block)
        self.warm = warm
        self.counts = SolverCounts()

    def on(self, block: Block) -> Prepared:
        """The layout for a block with the same names; kept where nothing changed."""
        self.prepared = self.prepared.retuned(block)
        return self.prepared


class QuadraticProgram:
    """The convex problem of a block under fixed choices, ready for several prices of risk.

    Parameters
    ----------
    block : Block
        The account.
    choices : ndarray of int, shape (n,)
        One `Choice` a name.
    minimum : ndarray of shape (n,), optional
        Overrides the block's minimum trades.
    hot : HotPath, optional
        Shared with other programs of the same names; its own when left out.
    restricted : Restricted, optional
        The names as the hot path sees them, where they are laid out already.
    """

    def __init__(
        self,
        block: Block,
        choices: Choices,
        minimum: FloatArray | None = None,
        hot: HotPath | None = None,
        *,
        restricted: Restricted | None = None,
    ) -> None:
        self.block = washed(block, choices)
        self.choices = choices
        self.limits = restrict(block, choices, minimum) if restricted is None else restricted.limits
        self.hot = hot if hot is not None else HotPath(block)
        self._restricted = restricted
        self._matrices: Matrices | None = None
        self._piqp: Any = None

    @property
    def matrices(self) -> Matrices:
        """For the interior point solvers, built when they are first needed."""
        if self._matrices is None:
            self._matrices = build(self.block, self.limits)
        return self._matrices

    def solve(self, risk_price: float, *, trading: float = 1.0) -> ConvexAnswer:
        """Solve at a price of variance.

        Parameters
        ----------
        risk_price : float
            Price of variance, more than zero.
        trading : float
            Scale of everything but risk; 0 minimises risk alone.

        Returns
        -------
        ConvexAnswer
            From dual Newton; from PIQP if that did not certify it; from Clarabel if PIQP did not solve it
            (or where 3/2 powers cost something, which PIQP does not know).
        """
        answer = self._by_dual_newton(risk_price, trading)
        if answer.status == "failed":
            size = max(1.0, risk_price / _LARGEST_PRICE)  # a very high price of risk drowns the rest in round-off
            P = hessian(self.block, self.matrices, risk_price / size, trading / size)
            c = linear(self.block, self.matrices, trading / size)
            knows = self.block.power is None or not trading
            answer = self._by_piqp(P, c, risk_price, size) if knows else self._nothing("failed", "PIQP")
            if answer.status != "solved":
                answer = self._by_clarabel(P, c, risk_price, trading)
            if answer.status == "failed" and self.block.power is not None:
                # whether there is a plan at all does not hang on what trading costs
                alone = self._by_dual_newton(risk_price, 0.0)
                answer = replace(answer, status="infeasible" if alone.status == "infeasible" else "failed")
        self.hot.counts = self.hot.counts.plus(answer.solver)
        return answer

    @property
    def restricted(self) -> Restricted:
        """The names as the hot path sees them."""
        if self._restricted is None:
            self._restricted = self.hot.on(self.block).restricted(limits=self.limits)
        return self._restricted

    def bound(self, prices: Prices) -> float:
        """Lower bound of the objective under these choices, a tracking-error cap included, at any prices."""
        cap = self.block.tracking_error_max
        charge = 0.0 if cap is None else (prices.risk - self.block.aversion) * cap**2
        try:
            return self.restricted.dual(prices) - charge
        except Interleaved:
            names = PricedNames(replace(self.block, wash=None, names_max=None, trades_max=None))
            return bound_within(names, self.limits, prices)

    def _by_dual_newton(self, risk_price: float, trading: float) -> ConvexAnswer:
        found = self.restricted.solve(risk=risk_price, trading=trading, warm=self.hot.warm)
        if not isinstance(found, Certified):
            return self._nothing("infeasible" if found.infeasible else "failed", "dual Newton")
        self.hot.warm = found.warm
        return ConvexAnswer("solved", "dual Newton", found.amounts, found.active, found.prices)

    def _by_piqp(self, P: Matrix, c: FloatArray, risk_price: float, size: float) -> ConvexAnswer:
        piqp = _solver("piqp")
        m = self.matrices
        if self._piqp is None:
            self._piqp = piqp.SparseSolver()
            settings = self._piqp.settings
            settings.eps_abs = settings.eps_rel = _TOLERANCE
            settings.max_iter = _MAX_ITERATIONS
            settings.preconditioner_scale_cost = True
            self._piqp.setup(P, c, m.equality, m.equality_rhs, m.rows, m.row_lower, m.row_upper, m.lower, m.upper)
        else:
            self._piqp.update(P=P, c=c)
        status = self._piqp.solve()
        result = self._piqp.result
        info = result.info
        # out of iterations a hair before its tolerance: good enough to be judged by the solution's own check
        close = status == piqp.PIQP_MAX_ITER_REACHED and max(info.primal_res, info.dual_res) <= _NEARLY
        if status != piqp.PIQP_SOLVED and not close:
            named = {piqp.PIQP_PRIMAL_INFEASIBLE: "infeasible", piqp.PIQP_DUAL_INFEASIBLE: "unbounded"}
            return self._nothing(named.get(status, "failed"), "PIQP")
        return self._clean("PIQP", result.x, result.y, result.z_u - result.z_l, risk_price, size)

    def _by_clarabel(self, P: Matrix, c: FloatArray, risk_price: float, trading: float) -> ConvexAnswer:
        size = max(1.0, risk_price / _LARGEST_PRICE)
        found = solve_by_clarabel(_solver("clarabel"), self.block, self.matrices, P, c, trading / size)
        if found.status != "solved":
            return self._nothing(found.status, "Clarabel")
        return self._clean("Clarabel", found.variables, found.equality, found.rows, risk_price, size)

    def _nothing(self, status: str, solver: str) -> ConvexAnswer:
        return ConvexAnswer(status, solver, np.zeros(len(self.block.segments)), self.block.holdings.active.copy(), None)

    def _clean(
        self, solver: str, v: FloatArray, y: FloatArray, row: FloatArray, risk_price: float, size: float
    ) -> ConvexAnswer:
        segments, used = self.block.segments, self.matrices.used
        n, k = self.block.risk.exposures.shape
        t = len(self.matrices.traders)
        amounts = np.zeros(len(segments))
        amounts[used] = np.clip(v[: len(used)] / SCALE, 0.0, segments.width[used])
        trade = np.bincount(segments.name, weights=segments.sign * amounts, minlength=n)
        active = self.block.holdings.active + trade
        prices = Prices(
            risk=risk_price,
            exposures=-np.asarray(y)[t : t + k] * SCALE * size,
            rows=np.asarray(row) * SCALE * size,
            point=np.clip(self.block.risk.exposures.T @ active, self.block.exposure_lower, self.block.exposure_upper),
        )
        return ConvexAnswer("solved", solver, amounts, active, prices)
