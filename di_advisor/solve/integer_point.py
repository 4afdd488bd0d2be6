"""What an integer program came back with: a point, the proof that there is none, or a budget used up.

Decision: choices and amounts are read off the columns once, where the program knows them, so that whoever asked
needs no column's place. Limits: a point is a proposal of choices, kept to the solver's tolerance, and no plan.
"""

from __future__ import annotations

from dataclasses import dataclass

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.tax_cells import Region
from di_advisor.solve.choices import Choices

__all__ = ["Point"]


@dataclass(frozen=True)
class Point:
    """What the solver came back with.

    Attributes
    ----------
    status : str
        "found", "none" (proved) or "budget".
    nodes, steps : int
        Nodes it took, and steps of the simplex method.
    value : float
        A lower bound of the program's objective.
    amounts : ndarray of shape (m,)
        Amount of each segment; zeros unless found.
    choices : ndarray of int, shape (n,)
        What the binaries say.
    region : Region or None
        Where the gains lie, if regions were given.
    columns : ndarray
        All columns.
    """

    status: str
    nodes: int
    steps: int
    value: float
    amounts: FloatArray
    choices: Choices
    region: Region | None
    columns: FloatArray
