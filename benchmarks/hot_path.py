"""The hot path of the convex problem: dual Newton against PIQP in the same run, cold and warm, by size.

Cases come from the committed generator; each has a random mandate and, for the convex problem, sides fixed by
today's active weights. What is timed says so: the solve alone starts from a block, a proposal from signals.
"""

from __future__ import annotations

import resource
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Block
from di_advisor.solve import search_for
from di_advisor.solve.choices import Choice, Choices, relaxed
from di_advisor.solve.dual_newton import Warm
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import ConvexAnswer, HotPath, QuadraticProgram
from di_advisor.solve.solution import Solution, judge, objective_of
from di_advisor.solve.tracking import smallest_tracking_error, solve_capped
from di_advisor.testing.random_cases import RandomCase, random_case
from di_advisor.units import bps_from_fraction

__all__ = ["AREA", "Job", "bars", "job_of", "median_seconds", "sides", "solved"]

AREA = "optimizer"

_LOTS_A_NAME = 6
_OTHER_FACTORS = 7
_MB = 1024.0


class _OnlyPiqp(QuadraticProgram):
    """The same program without the hot path."""

    def _by_dual_newton(self, risk_price: float, trading: float) -> ConvexAnswer:
        del risk_price, trading
        return self._nothing("failed", "PIQP")


@dataclass(frozen=True)
class Job:
    """A case, its mandate without a cap, and its sides."""

    case: RandomCase
    mandate: Mandate
    block: Block
    sides: Choices


def job_of(seed: int, names: int, factors: int) -> Job:
    """A case of the committed generator, without a cap and with sides fixed."""
    case = random_case(seed, names=names, lots_a_name=_LOTS_A_NAME, styles=factors - _OTHER_FACTORS)
    mandate = case.mandate.with_changes(tracking_error_max=None)
    block = formulate(case.signals, mandate, case.tax).block
    return Job(case, mandate, block, sides(block))


def sides(block: Block) -> Choices:
    """Sides by today's active weights: names held too much with losses sell, the others may buy."""
    losses = block.segments.names_with_losses(len(block.active_lower))
    return np.where(losses & (block.holdings.active > 0), int(Choice.SELL), int(Choice.BUY))


def solved(job: Job) -> ConvexAnswer:
    """The convex solve alone, from a block."""
    return QuadraticProgram(job.block, job.sides).solve(job.block.aversion)


def _proposed(job: Job, mandate: Mandate, hot: HotPath | None = None) -> Solution:
    """From signals to a checked plan, with sides fixed."""
    block = formulate(job.case.signals, mandate, job.case.tax).block
    program = QuadraticProgram(block, job.sides, hot=HotPath(block) if hot is None else hot)
    if block.tracking_error_max is not None:
        smallest_tracking_error(program)
    found = solve_capped(program)
    assert found is not None
    solution = judge(
        PricedNames(block), job.sides, found.amounts, found.prices, solver=found.solver, counts=program.hot.counts
    )
    solution.check(scale=max(abs(solution.nothing - solution.objective), 1e-6))
    return solution


def _by_piqp(job: Job) -> ConvexAnswer:
    return _OnlyPiqp(job.block, job.sides).solve(job.block.aversion)


def median_seconds(jobs: list[Job], work: Callable[[Job], object], repeats: int) -> float:
    """Median CPU seconds of some work over several jobs."""
    return statistics.median(median_cpu_seconds(partial(work, job), repeats=repeats) for job in jobs)


def _convex(names: int, factors: int, seeds: range, target: float) -> list[Bar]:
    """The solve alone: seconds, ratio to PIQP, and the largest difference of the objectives."""
    jobs = [job_of(seed, names, factors) for seed in seeds]
    fast = median_seconds(jobs, solved, 5)
    slow = median_seconds(jobs, _by_piqp, 2)
    apart = []
    for job in jobs:
        a, b = solved(job), _by_piqp(job)
        ours, theirs = (objective_of(job.block, x.amounts, x.active) for x in (a, b))
        apart.append(abs(ours - theirs) / max(abs(theirs), 1e-9))
    label = f"optimizer.convex_{names}_{factors}"
    where = f"{names} names, {names * _LOTS_A_NAME} lots, {factors} factors, {len(seeds)} random mandates"
    return [
        Bar.at_most(f"{label}_cpu", fast, target, unit="CPU s", compared_to=f"target; {where}"),
        Bar.at_least(f"{label}_ratio", slow / fast, 2.0, unit="ratio", compared_to="PIQP in the same run"),
        Bar.at_most(f"{label}_agrees", max(apart), 1e-6, unit="relative", compared_to="PIQP"),
    ]


def _plainly(job: Job) -> Solution:
    return _proposed(job, job.mandate)


def _turned(job: Job, mandate: Mandate, hot: HotPath, warm: Warm | None) -> Solution:
    """A dial moved, from the answer before."""
    hot.warm = warm
    return _proposed(job, mandate, hot)


def _proposals(seeds: range) -> list[Bar]:
    """Proposals from signals: plain, under a cap that binds, and with one dial moved."""
    jobs = [job_of(seed, 500, 20) for seed in seeds]
    plain = median_seconds(jobs, _plainly, 5)
    capped, dialled = [], []
    for job in jobs:
        free = _proposed(job, job.mandate)
        active = job.block.holdings.active + free.plan.net(job.block.holdings.lot_name)
        least = smallest_tracking_error(QuadraticProgram(job.block, job.sides))
        cap = least + 0.5 * (job.block.risk.tracking_error(active) - least)
        under_cap = job.mandate.with_changes(tracking_error_max=cap)
        capped.append(median_cpu_seconds(partial(_proposed, job, under_cap), repeats=3))
        hot = HotPath(job.block)
        _proposed(job, job.mandate, hot)
        warm = hot.warm
        moved = job.mandate.with_changes(risk_aversion=1.2 * job.mandate.risk_aversion)
        dialled.append(median_cpu_seconds(partial(_turned, job, moved, hot, warm), repeats=3))
    where = f"500 names, 3,000 lots, 20 factors, {len(seeds)} random mandates, matrices and checks included"
    return [
        Bar.at_most("optimizer.proposal_cpu", plain, 0.015, unit="CPU s", compared_to=f"target; {where}"),
        Bar.at_most(
            "optimizer.proposal_capped_cpu",
            statistics.median(capped),
            0.040,
            unit="CPU s",
            compared_to="target; a tracking-error cap that binds",
        ),
        Bar.at_most(
            "optimizer.dial_cpu",
            statistics.median(dialled),
            0.008,
            unit="CPU s",
            compared_to="target; risk aversion moved by a fifth, warm",
        ),
    ]


def _share(seeds: range) -> list[Bar]:
    """Share of all convex solves of whole searches that the hot path answered, and of relaxed problems."""
    hot = total = 0
    for seed in seeds:
        case = random_case(seed, shared_groups=seed % 3)
        mandate = case.mandate.with_changes(min_trade_weight=5e-4) if seed % 2 else case.mandate
        search = search_for(formulate(case.signals, mandate, case.tax).block, lambda: False, 3)
        try:
            search.run()
        except InfeasibleError:
            continue
        hot, total = hot + search.hot.counts.dual_newton, total + search.hot.counts.solves
    alone = 0
    for seed in range(1000):
        case = random_case(seed, shared_groups=seed % 3)
        block = replace(formulate(case.signals, case.mandate, case.tax).block, tracking_error_max=None)
        program = QuadraticProgram(block, relaxed(block))
        alone += program.solve(block.aversion).solver == "dual Newton"
    return [
        Bar.at_least(
            "optimizer.hot_share",
            hot / total,
            0.98,
            unit="share",
            compared_to=f"{total} convex solves of {len(seeds)} searches",
        ),
        Bar.at_least(
            "optimizer.hot_share_relaxed", alone / 1000, 0.98, unit="share", compared_to="1,000 random mandates"
        ),
    ]


def _discrete(minimum: float, seeds: range, gap: tuple[float, float], target: float) -> list[Bar]:
    """Sides and minimum trades with a certificate: seconds and gaps in shares of the benefit over doing nothing."""
    seconds, gaps = [], []
    for seed in seeds:
        job = job_of(seed, 500, 20)
        mandate = job.mandate.with_changes(min_trade_weight=minimum)
        block = formulate(job.case.signals, mandate, job.case.tax).block
        try:
            solution = search_for(block, lambda: False, 12).run()
        except InfeasibleError:
            continue
        seconds.append(median_cpu_seconds(search_for(block, lambda: False, 12).run, repeats=1, warm_ups=0))
        gaps.append(solution.gap / max(solution.nothing - solution.objective, 1e-9))
    label = f"optimizer.discrete_{bps_from_fraction(minimum):.0f}bps"
    where = f"500 names, 20 factors, sides and minimum trades, {len(gaps)} random mandates"
    return [
        Bar.at_most(f"{label}_cpu", statistics.median(seconds), target, unit="CPU s", compared_to=f"target; {where}"),
        Bar.at_most(
            f"{label}_gap_median", statistics.median(gaps), gap[0], unit="share", compared_to="benefit over nothing"
        ),
        Bar.at_most(f"{label}_gap_worst", max(gaps), gap[1], unit="share", compared_to="benefit over nothing"),
    ]


def bars() -> list[Bar]:
    """CPU seconds, ratios, agreement, growth and the share of the hot path."""
    found = [
        *_convex(500, 20, range(20), 0.005),
        *_proposals(range(100, 112)),
        *_convex(3000, 70, range(4), 0.100),
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (_MB if sys.platform != "darwin" else _MB**2)
    found.append(
        Bar.at_most("optimizer.peak_memory", peak, 400.0, unit="MB", compared_to="target; up to 3,000 names, PIQP too")
    )
    found += _discrete(5e-4, range(200, 220), (1e-4, 2e-3), 0.120)
    found += _discrete(2e-3, range(200, 210), (5e-3, 3e-2), 2.0)
    return [*found, *_convex(10_000, 70, range(2), 0.300), *_share(range(60))]
