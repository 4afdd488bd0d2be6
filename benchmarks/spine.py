"""The convex solve, matrices included, against cvxpy with Clarabel rebuilt with constants in the same run.

Instances come from the shared generator where that folder is present, and from the embedded sample.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from benchmarks.convex_instances import block_from, constants, generator, solve_with_cvxpy
from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.plan import Holdings
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, relaxed
from di_advisor.solve.counts import SolverCounts
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import judge

__all__ = ["AREA", "bars"]

AREA = "spine"

_ROOT = Path(__file__).resolve().parents[1]


def _shared() -> Path:
    return Path(os.environ.get("DI_SHARED", _ROOT.parent / "shared"))


def _solve(block: Block) -> tuple[float, float]:
    """Objective and certified gap of the relaxed convex problem."""
    program = QuadraticProgram(block, relaxed(block))
    answer = program.solve(block.aversion)
    assert answer.prices is not None
    losses = block.segments.names_with_losses(len(block.active_lower))
    choices = np.where(losses, int(Choice.SELL), int(Choice.BUY))
    solution = judge(
        PricedNames(block), choices, answer.amounts, answer.prices, solver=answer.solver, counts=SolverCounts()
    )
    return solution.objective, solution.objective - solution.convex_bound


def _solve_anew(p: Mapping[str, Any], risk: FactorRisk, holdings: Holdings) -> tuple[float, float]:
    return _solve(block_from(p, risk, holdings))


def _generated(names: int, factors: int, seeds: range) -> tuple[float, float, float, float]:
    """Median CPU seconds, its ratio to cvxpy, largest relative gap, largest relative difference to cvxpy."""
    module = generator(_shared() / "examples" / "solver" / "instances.py")
    if module is None:
        return (float("nan"),) * 4
    fast, slow, gaps, differences = [], [], [], []
    for seed in seeds:
        p = module.gen(names, factors, seed=seed)
        _, risk, holdings = constants(p)
        objective, gap = _solve(block_from(p, risk, holdings))
        fast.append(median_cpu_seconds(partial(_solve_anew, p, risk, holdings), repeats=3))
        if seed < seeds.start + 5:
            block = block_from(p, risk, holdings)
            reference = solve_with_cvxpy(block, 1e-10)
            slow.append(median_cpu_seconds(partial(solve_with_cvxpy, block), repeats=1, warm_ups=0))
            differences.append(abs(reference - objective) / abs(reference))
        gaps.append(gap / abs(objective))
    seconds = statistics.median(fast)
    return seconds, statistics.median(slow) / seconds, max(gaps), max(differences)


def _sample() -> tuple[float, float]:
    """Formulation and relaxed solve of the sample's seasoned account, and its ratio to cvxpy."""
    from di_advisor import registry, sample
    from di_advisor.domain.mandate import Band, Mandate
    from di_advisor.formulate import formulate
    from di_advisor.signals import estimate

    world = sample.load()
    market = world.market()
    risk = registry.risk_model().estimate(market, world.returns, world.exposures)
    costs = registry.cost_model().curves(market)
    mandate = Mandate(sector_band=Band.within(0.01))
    signals = estimate(world.portfolios["seasoned"], market, world.target, mandate, risk, costs)
    fast = median_cpu_seconds(lambda: _solve(formulate(signals, mandate, world.tax).block), repeats=20)
    block = formulate(signals, mandate, world.tax).block
    slow = median_cpu_seconds(lambda: solve_with_cvxpy(block), repeats=3)
    return fast, slow / fast


def bars() -> list[Bar]:
    """CPU seconds, ratios and agreement of the convex solve."""
    found = []
    for names, factors, seeds, target in ((500, 20, range(20), 0.040), (3000, 20, range(4), 0.300)):
        seconds, ratio, gap, difference = _generated(names, factors, seeds)
        label = f"spine.convex_{names}_names"
        where = f"shared generator, {names * 6} lots, {factors} factors, {len(seeds)} seeds"
        found += [
            Bar.at_most(f"{label}_cpu", seconds, target, unit="CPU s", compared_to=f"target; {where}"),
            Bar.at_least(f"{label}_ratio", ratio, 3.0, unit="ratio", compared_to="cvxpy + Clarabel in the same run"),
            Bar.at_most(f"{label}_gap", gap, 1e-6, unit="relative", compared_to="own certified bound"),
            Bar.at_most(f"{label}_agrees", difference, 1e-6, unit="relative", compared_to="cvxpy + Clarabel"),
        ]
    seconds, ratio = _sample()
    where = "sample, seasoned account, formulation included"
    found += [
        Bar.at_most("spine.convex_sample_cpu", seconds, 0.040, unit="CPU s", compared_to=f"target; {where}"),
        Bar.at_least("spine.convex_sample_ratio", ratio, 3.0, unit="ratio", compared_to="cvxpy + Clarabel"),
    ]
    return found
