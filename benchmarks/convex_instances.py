"""Instances for the convex solve: a folder's generator turned into blocks, and the same block in cvxpy.

The generator (``instances.py`` with ``gen(n, k, seed=...)``) draws accounts with lots, a cash range,
boxes on exposures, one coupling row, and sides already fixed; all figures are fractions of the account.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.universe import Security, Universe
from di_advisor.formulate.cost_knots import CostChords
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Block
from di_advisor.formulate.segments import cut
from di_advisor.formulate.separable import Row
from di_advisor.solve.choices import relaxed, restrict

__all__ = ["block_from", "constants", "generator", "solve_with_cvxpy"]


def generator(path: Path) -> ModuleType | None:
    """The module of a generator file, or None where the file does not exist."""
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("di_instances", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def constants(p: Mapping[str, Any]) -> tuple[Universe, FactorRisk, Holdings]:
    """What does not belong to the solve: the universe, the risk model and the holdings of an instance."""
    n, k, lots = p["n"], p["k"], p["m"]
    universe = Universe(tuple(Security(f"N{i:05d}") for i in range(n)))
    risk = FactorRisk(universe, tuple(f"f{j}" for j in range(k)), p["X"], p["F"], p["D"])
    return universe, risk, Holdings(1.0, p["c0"], p["h"], p["bench"], np.repeat(np.arange(n), lots), p["v"].ravel())


def block_from(p: Mapping[str, Any], risk: FactorRisk, holdings: Holdings) -> Block:
    """The block of an instance, segments and rows built anew (this is part of what is measured)."""
    n = p["n"]
    chords = CostChords(np.c_[np.zeros(n), np.ones(n)], p["spread"][:, None], 0.0)
    tax = p["tax"].ravel()
    segments = cut(holdings.lot_name, p["vcap"].ravel(), tax, tax < 0, p["bmax"], chords)
    rows = (
        Row("cash", p["c0"] - p["chi"], p["c0"] - p["clo"], on_segments=segments.sign),
        Row("score", p["esg_lo"], np.inf, on_active=p["esg"]),
    )
    active = holdings.active
    return Block(
        account_id="instance",
        holdings=holdings,
        segments=segments,
        risk=risk,
        aversion=p["lam"],
        impact=p["kap"],
        active_lower=np.full(n, -np.inf),
        active_upper=np.maximum(p["zhi"], active),
        exposure_lower=p["elo"],
        exposure_upper=p["ehi"],
        rows=rows,
        tracking_error_max=None,
        min_trade=np.zeros(n),
        groups=np.arange(n),
    )


def solve_with_cvxpy(block: Block, tolerance: float | None = None) -> float:
    """The block as a cvxpy model in the same structure, built with constants and solved by Clarabel.

    Without a tolerance Clarabel keeps its own (what is timed); a tighter one serves to compare objectives.
    """
    cp = cvxpy()

    segments, risk = block.segments, block.risk
    limits = restrict(block, relaxed(block))
    n, k = risk.exposures.shape
    m = len(segments)
    x, z, e = cp.Variable(m), cp.Variable(n), cp.Variable(k)
    gather = sp.csr_matrix((segments.sign, (segments.name, np.arange(m))), shape=(n, m))
    constraints = [z == block.holdings.active + gather @ x, e == risk.exposures.T @ z, x >= 0, x <= segments.width]
    for value, lower, upper in (
        (z, limits.active_lower, limits.active_upper),
        (e, block.exposure_lower, block.exposure_upper),
    ):
        low, high = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))
        if len(low):
            constraints.append(value[low] >= lower[low])
        if len(high):
            constraints.append(value[high] <= upper[high])
    for row in block.rows:
        total: Any = 0
        if row.on_active is not None:
            total = total + row.on_active @ z
        if row.on_segments is not None:
            total = total + row.on_segments @ x
        if np.isfinite(row.lower):
            constraints.append(total >= row.lower)
        if np.isfinite(row.upper):
            constraints.append(total <= row.upper)
    own = np.sqrt(block.aversion * risk.specific_variance_per_year)
    objective = (
        block.aversion * cp.quad_form(e, risk.factor_covariance_per_year, assume_PSD=True)
        + cp.sum_squares(cp.multiply(own, z))
        + cp.sum_squares(cp.multiply(np.sqrt(block.impact), z - block.holdings.active))
        + segments.slope @ x
    )
    model = cp.Problem(cp.Minimize(objective), constraints)
    settings = {} if tolerance is None else dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance)
    model.solve(solver=cp.CLARABEL, **settings)
    return float(model.value)
