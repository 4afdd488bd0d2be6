"""One call of HiGHS: a mixed integer linear program within budgets, and what it took.

Problem: SciPy's door to HiGHS neither keeps its lines off the process's output nor tells how much work a call
was; nodes say little where one of them may take seconds. Decision: HiGHS itself, one thread and one seed, so
that the same program takes the same steps, and the steps of the simplex method as the measure of work.
Limits: a call ends by its nodes only, so that the last one may pass a budget of steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

__all__ = ["Answer", "Program", "Relaxation", "simplified", "solve_program"]

Matrix = Any  # a scipy sparse matrix, which has no precise stub

_ENTRIES_A_STEP = 10
"""Rows and columns that take about as long to lay out as one step does."""

_MOST_STEPS = 12_000
"""Of the simplex method in one linear program; 500 names take some 2,000, and a third of that as they go on."""

_DEVEX = 1
"""HiGHS's number of Devex pricing (Harris 1973); its own choice is steepest edge."""


@dataclass(frozen=True)
class Program:
    """Minimise ``cost @ v`` with ``row_low <= matrix @ v <= row_high`` and ``low <= v <= high``.

    Attributes
    ----------
    cost, low, high : ndarray, shape (c,)
        Of columns.
    whole : ndarray of int, shape (c,)
        1 where a column is an integer.
    matrix : sparse matrix, shape (r, c)
        By columns.
    row_low, row_high : ndarray, shape (r,)
        Of rows.
    """

    cost: FloatArray
    low: FloatArray
    high: FloatArray
    whole: NDArray[np.int64]
    matrix: Matrix
    row_low: FloatArray
    row_high: FloatArray


@dataclass(frozen=True)
class Answer:
    """What a call ended with.

    Attributes
    ----------
    status : str
        "found", "none" (proved), "budget", or "failed".
    columns : ndarray or None
        A point, where there is one.
    bound : float
        No point costs less.
    nodes, steps : int
        Nodes, and steps of the simplex method with those that the layout is worth.
    """

    status: str
    columns: FloatArray | None
    bound: float
    nodes: int
    steps: int


def solve_program(program: Program, *, nodes_max: int, gap: float, presolve: bool = True) -> Answer:
    """A point of least cost, the proof that there is none, or what the budget left.

    Parameters
    ----------
    program : Program
        What is asked.
    nodes_max : int
        Budget of nodes.
    gap : float
        Relative gap that is small enough.
    presolve : bool
        Whether the program is simplified first.
    """
    import highspy

    solver = _laid_out(program)
    for name, value in {
        "presolve": "on" if presolve else "off",
        "mip_rel_gap": gap,
        "mip_max_nodes": nodes_max,
    }.items():
        solver.setOptionValue(name, value)
    rows, columns = program.matrix.shape
    solver.run()
    info, ended = solver.getInfo(), solver.getModelStatus()
    steps = int(max(info.simplex_iteration_count, 0)) + (rows + columns) // _ENTRIES_A_STEP
    nodes = max(int(info.mip_node_count), 1)
    codes = highspy.HighsModelStatus
    if ended == codes.kInfeasible:
        return Answer("none", None, np.inf, nodes, steps)
    found: FloatArray | None = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        found = np.array(solver.getSolution().col_value, dtype=np.float64)
    if ended == codes.kOptimal and found is not None:
        return Answer("found", found, float(info.mip_dual_bound), nodes, steps)
    limited = ended in (codes.kSolutionLimit, codes.kIterationLimit, codes.kTimeLimit, codes.kInterrupt)
    return Answer("budget" if limited else "failed", found, float(info.mip_dual_bound), nodes, steps)


def simplified(program: Program) -> Answer:
    """What making the program simpler says by itself: that it has no point ("none"), or nothing ("budget")."""
    import highspy

    solver = _laid_out(program)
    solver.presolve()
    none = solver.getModelPresolveStatus() == highspy.HighsPresolveStatus.kInfeasible
    steps = sum(program.matrix.shape) // _ENTRIES_A_STEP
    return Answer("none" if none else "budget", None, np.inf if none else -np.inf, 1, steps)


class Relaxation:
    """A program whose integers may be fractions, solved again from where it stood as rows are added.

    Parameters
    ----------
    program : Program
        As it is to begin with.
    """

    def __init__(self, program: Program) -> None:
        self.solver = _laid_out(replace(program, whole=np.zeros_like(program.whole)))
        self.size: int = sum(program.matrix.shape)

    def add(self, matrix: Matrix, low: FloatArray, high: FloatArray) -> None:
        """More rows ``low <= matrix @ v <= high``; the matrix is given by rows."""
        self.solver.addRows(len(low), low, high, matrix.nnz, matrix.indptr[:-1], matrix.indices, matrix.data)
        self.size += len(low)

    def solved(self) -> Answer:
        """A point of least cost, or the proof that there is none; "failed" where steps run out before either.

        From where it stood the simplex method can turn in circles on a face where every vertex costs the same; then it
        begins anew, once, with weights of edges that are cheaper and reckoned in another way.
        """
        import highspy

        self.solver.setOptionValue("simplex_iteration_limit", max(_MOST_STEPS, self.size))
        self.solver.run()
        steps = self._steps()
        if self.solver.getModelStatus() == highspy.HighsModelStatus.kIterationLimit:
            self.solver.clearSolver()
            self.solver.setOptionValue("simplex_dual_edge_weight_strategy", _DEVEX)
            self.solver.run()
            steps += self._steps()
        info, ended = self.solver.getInfo(), self.solver.getModelStatus()
        if ended == highspy.HighsModelStatus.kInfeasible:
            return Answer("none", None, np.inf, 1, steps)
        if ended != highspy.HighsModelStatus.kOptimal:
            return Answer("failed", None, -np.inf, 1, steps)
        found = np.array(self.solver.getSolution().col_value, dtype=np.float64)
        return Answer("found", found, float(info.objective_function_value), 1, steps)

    def _steps(self) -> int:
        return int(max(self.solver.getInfo().simplex_iteration_count, 0)) + self.size // _ENTRIES_A_STEP


def _laid_out(program: Program) -> Any:  # noqa: ANN401 - highspy has no hints
    """HiGHS with a program: one thread, one seed, nothing printed."""
    import highspy

    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor has no hints
    options: dict[str, bool | int | float | str] = {"output_flag": False, "threads": 1, "parallel": "off"}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    rows, columns = program.matrix.shape
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, rows
    model.col_cost_, model.col_lower_, model.col_upper_ = program.cost, program.low, program.high
    model.row_lower_, model.row_upper_ = program.row_low, program.row_high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = program.matrix.indptr
    model.a_matrix_.index_ = program.matrix.indices
    model.a_matrix_.value_ = program.matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(w)] for w in program.whole]
    solver.passModel(model)
    return solver
