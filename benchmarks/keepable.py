"""Whether any plan keeps a limit on names held together with all linear rules: a mixed-integer proof by HiGHS.

Independent of the package's own search: rows, boxes and what counts as held are read from the block,
sides are left free (a plan that keeps them keeps this too), so that "no plan" is a proof for the whole
problem. Limits: a tracking-error cap is not looked at; where HiGHS stops early nothing is said.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from di_advisor.formulate.problem import Block

__all__ = ["can_be_kept"]

_SCALE = 1e2
"""Weights are small; HiGHS reckons with an absolute tolerance."""

_SECONDS = 60.0
_INFEASIBLE = 2


def can_be_kept(block: Block, *, seconds: float = _SECONDS) -> bool | None:
    """Whether some plan holds at most the block's number of names and keeps every row and box.

    Parameters
    ----------
    block : Block
        With a limit on names held.
    seconds : float
        Time limit of HiGHS.

    Returns
    -------
    bool or None
        None where HiGHS reached no answer in time.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    assert block.names_max is not None
    s, h = block.segments, block.holdings
    m, n = len(s), len(h.held)
    net = sparse.csr_matrix((s.sign, (s.name, np.arange(m))), shape=(n, m))
    sells = sparse.csr_matrix((np.where(s.sell, 1.0, 0.0), (s.name, np.arange(m))), shape=(n, m))
    buys = sparse.csr_matrix((np.where(s.sell, 0.0, 1.0), (s.name, np.arange(m))), shape=(n, m))
    none = sparse.csr_matrix((n, n))
    largest = np.bincount(s.name, weights=np.where(s.sell, 0.0, s.width), minlength=n)
    held = h.held > 0
    exposures = sparse.csr_matrix(block.risk.exposures.T)
    now = block.risk.exposures.T @ h.active
    counted = sparse.csr_matrix(np.ones((1, n)) / _SCALE)
    parts: list[Any] = [
        (sparse.hstack([net, none]), block.active_lower - h.active, block.active_upper - h.active),
        (
            sparse.hstack([exposures @ net, sparse.csr_matrix((len(now), n))]),
            block.exposure_lower - now,
            block.exposure_upper - now,
        ),
        # stays (1) or is sold out: what is sold is at least all of it times (1 - stays), bought only where it stays
        (sparse.hstack([sells, sparse.diags(np.where(held, h.held, 0.0))]), h.held, np.full(n, np.inf)),
        (sparse.hstack([buys, -sparse.diags(largest)]), np.full(n, -np.inf), np.zeros(n)),
        (sparse.hstack([sparse.csr_matrix((1, m)), counted]), [-np.inf], [block.names_max / _SCALE]),
    ]
    for row in block.rows:
        on, constant = np.zeros(m), 0.0
        if row.on_segments is not None:
            on = on + row.on_segments
        if row.on_active is not None:
            on, constant = on + s.sign * row.on_active[s.name], float(row.on_active @ h.active)
        line = sparse.csr_matrix(np.r_[on, np.zeros(n)][None, :])
        parts.append((line, [row.lower - constant], [row.upper - constant]))
    matrix: Any = sparse.vstack([p[0] for p in parts]).tocsr()
    # amounts in hundredths: x' = SCALE x, and the rows with them; stays keeps its unit
    units = sparse.diags(np.r_[np.ones(m), np.full(n, _SCALE)])
    lower, upper = (_SCALE * np.concatenate([np.asarray(p[k], dtype=np.float64) for p in parts]) for k in (1, 2))
    found = milp(
        np.zeros(m + n),
        constraints=LinearConstraint(matrix @ units, lower, upper),
        bounds=Bounds(np.zeros(m + n), np.r_[_SCALE * s.width, np.ones(n)]),
        integrality=np.r_[np.zeros(m), np.ones(n)],
        options={"time_limit": seconds},
    )
    if found.status == _INFEASIBLE:
        return False
    return True if found.x is not None else None
