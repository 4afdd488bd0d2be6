"""CPU of an account's solve where sides are all there is to choose: by the search, alone, and side by side with others.

Problem: of a fleet's accounts many differ in lots, cash and tax rates only; what does it save to solve them together,
and is the certificate as good? Decision: the accounts of `benchmarks.fleet` without discrete rules, from formulated
problems, the ways in turn over the same accounts in one run (by compiled loops, and by arrays as where nothing is
compiled, one by one and side by side); the gap is that of the plan to the bound over all
choices, in shares of what the plan is better than doing nothing. Sides given are those of the search, so that its
convex solve stands beside the choice of sides. A second night, on which prices have moved by a percent or so, begins
at nothing and at the prices of the first. Limits: records from bytes are compared too, but their other parts (reading,
signals, settling) are the same for one account or many.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from benchmarks.bars import Bar
from di_advisor import sample
from di_advisor.domain.amounts import at_places
from di_advisor.execution.jobs import Job, attempted_together, one_thread
from di_advisor.fleet.account import FleetAccount, account_from_bytes, account_to_bytes, digest_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, SampleFleet, sample_facts_of
from di_advisor.fleet.recording import written
from di_advisor.fleet.solving import FleetWork, solved, workspace_for
from di_advisor.formulate import formulate
from di_advisor.formulate.problem import Problem
from di_advisor.propose.planned import Clock, never, settled_for, silent
from di_advisor.solve import search_for
from di_advisor.solve.batch import solve_together
from di_advisor.solve.batch.answer import answers
from di_advisor.solve.batch.common import common_to
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import Solution

__all__ = ["AREA", "bars"]

AREA = "fleet"

_ACCOUNTS = 24
_TOGETHER = 8
_HANDED = 24
"""Accounts handed over at once, as many as a worker's batch holds; they go side by side in eights."""

_TURNS = 3
_ROUNDS = 12
_MS = 1000.0
_DAILY = 0.012


@dataclass(frozen=True)
class _Way:
    """CPU seconds of an account, and the gaps of all."""

    seconds: float
    gaps: tuple[float, ...]

    @property
    def said(self) -> str:
        """Gaps in words."""
        found = sorted(self.gaps)
        tail = found[int(0.95 * (len(found) - 1))]
        return f"gap {statistics.median(found):.1e} of the benefit, 95 % {tail:.1e}, worst {found[-1]:.1e}"


def _gap(found: Solution | None) -> float:
    return float("inf") if found is None else found.gap / max(abs(found.benefit), 1e-9)


def _timed(work: Callable[[], object]) -> float:
    since = time.process_time()
    work()
    return time.process_time() - since


def _searched(problem: Problem) -> Solution:
    return search_for(problem.block, lambda: False, _ROUNDS).run()


def _by_arrays(problems: Sequence[Problem]) -> list[Solution | None]:
    """As where nothing is compiled."""
    common = common_to(problems[0].block)
    assert common is not None
    return answers([p.block for p in problems], common, by_loops=False)


def _ways(problems: Sequence[Problem]) -> dict[str, _Way]:
    """The ways in turn, so that whatever else the machine does falls on all of them."""
    plans = [_searched(p) for p in problems]
    gaps = {
        "search": [_gap(found) for found in plans],
        "alone": [_gap(solve_together([p])[0]) for p in problems],
        "together": [_gap(found) for found in solve_together(problems)],
        "arrays": [_gap(_by_arrays([p])[0]) for p in problems],
        "arrays together": [_gap(found) for found in _by_arrays(problems)],
        "sides": [0.0],
    }
    seconds: dict[str, list[float]] = {name: [] for name in gaps}
    for _ in range(_TURNS):
        for first in range(0, len(problems), _HANDED):
            chosen = problems[first : first + _HANDED]
            seconds["together"].append(_timed(lambda some=chosen: solve_together(some)) / len(chosen))  # type: ignore[misc]
            several = _timed(lambda some=chosen: _by_arrays(some))  # type: ignore[misc]
            seconds["arrays together"].append(several / len(chosen))
            for problem, plan in zip(chosen, plans[first : first + _HANDED], strict=True):
                seconds["alone"].append(_timed(lambda one=problem: solve_together([one])))  # type: ignore[misc]
                seconds["arrays"].append(_timed(lambda one=problem: _by_arrays([one])))  # type: ignore[misc]
                seconds["search"].append(_timed(lambda one=problem: _searched(one)))  # type: ignore[misc]
                program = QuadraticProgram(problem.block, plan.choices)
                seconds["sides"].append(_timed(lambda p=program, b=problem.block: p.solve(b.aversion)))  # type: ignore[misc]
    return {name: _Way(statistics.median(seconds[name]), tuple(gaps[name])) for name in gaps}


def _moved(facts: FleetFacts) -> FleetFacts:
    """The facts of a day later: every price another, some of it together."""
    g, market = np.random.default_rng(5), facts.market
    moves = np.exp(_DAILY * (0.5 * g.normal() + g.normal(size=len(market.price_usd))))
    prices = (p * Decimal(repr(round(m, 6))) for p, m in zip(market.price_usd, moves.tolist(), strict=True))
    return replace(facts, market=replace(market, price_usd=tuple(at_places(p, 2) for p in prices)))


def _warm(work: FleetWork, accounts: Sequence[FleetAccount], first: Sequence[Problem]) -> dict[str, _Way]:
    """The night after, from nothing and from the prices of the first night."""
    facts, factors = _moved(work.facts), work.facts.market.risk.factors
    nights: dict[str, list[Problem]] = {"cold": [], "warm": []}
    for account, found in zip(accounts, solve_together(first), strict=True):
        prices = {} if found is None else dict(zip(factors, found.prices.exposures.tolist(), strict=True))
        for name, begins_at in (("cold", {}), ("warm", prices)):
            space = workspace_for(facts, replace(account, begins_at=begins_at))
            nights[name].append(formulate(space.signals, space.mandate, space.tax))
    seconds: dict[str, list[float]] = {name: [] for name in nights}
    for _ in range(2 * _TURNS):
        for name, problems in nights.items():
            seconds[name].append(_timed(lambda some=problems: solve_together(some)) / len(problems))  # type: ignore[misc]
    gaps = {name: tuple(_gap(found) for found in solve_together(problems)) for name, problems in nights.items()}
    return {name: _Way(statistics.median(seconds[name]), gaps[name]) for name in nights}


def _parts(work: FleetWork, jobs: Sequence[Job]) -> str:
    """Where the time of a record goes, in words."""
    spent: dict[str, float] = dict.fromkeys(("reading", "signals", "formulate", "solve", "settle", "record"), 0.0)
    for job in jobs:
        marks = [time.process_time()]
        account = account_from_bytes(job.body)
        marks.append(time.process_time())
        space = workspace_for(work.facts, account)
        marks.append(time.process_time())
        problem = formulate(space.signals, space.mandate, space.tax)
        marks.append(time.process_time())
        solution = solve_together([problem])[0]
        marks.append(time.process_time())
        begun = (problem, None if solution is None else (problem, solution))
        settled = settled_for(space.signals, space.mandate, space.tax, Clock(silent), never, space.own, begun=begun)
        marks.append(time.process_time())
        written(account.label, settled, digest_of(job.body))
        marks.append(time.process_time())
        for name, since, until in zip(spent, marks[:-1], marks[1:], strict=True):
            spent[name] += until - since
    return ", ".join(f"{name} {_MS * seconds / len(jobs):.1f}" for name, seconds in spent.items())


def _records(work: FleetWork, jobs: Sequence[Job]) -> tuple[float, float]:
    """CPU seconds of a record from bytes, alone and with others; the records are the same."""
    alone, together = [], []
    for _ in range(_TURNS):
        for first in range(0, len(jobs), _TOGETHER):
            chosen = jobs[first : first + _TOGETHER]
            since = time.process_time()
            one = [o for job in chosen for o in attempted_together(solved, work, [job])]
            middle = time.process_time()
            many = attempted_together(solved, work, chosen)
            together.append((time.process_time() - middle) / len(chosen))
            alone.append((middle - since) / len(chosen))
            assert [o.value for o in one] == [o.value for o in many]
    return statistics.median(alone), statistics.median(together)


def bars() -> list[Bar]:
    """CPU of the solve each way, their ratios and certificates, and of whole records."""
    world = sample.load()
    work = FleetWork(sample_facts_of(world))
    accounts = list(SampleFleet(world, _ACCOUNTS, 3, CONVEX))
    problems = []
    for account in accounts:
        space = workspace_for(work.facts, account)
        problems.append(formulate(space.signals, space.mandate, space.tax))
    with one_thread():
        solve_together(problems[:_TOGETHER])
        ways = _ways(problems)
        jobs = [Job(a.label, account_to_bytes(a)) for a in accounts[: 2 * _TOGETHER]]
        alone, together = _records(work, jobs)
        parts, nights = _parts(work, jobs), _warm(work, accounts, problems)
    search, one, many, sides = (ways[name] for name in ("search", "alone", "together", "sides"))
    where = f"index of 500 names, lots, wash windows, {_ACCOUNTS} accounts, from formulated problems"
    return [
        Bar.at_most("fleet.solve_alone_cpu", one.seconds, 0.006, unit="CPU s", compared_to=f"target; {where}"),
        Bar.at_most(
            "fleet.solve_together_cpu",
            many.seconds,
            0.002,
            unit="CPU s",
            compared_to=f"target; {_TOGETHER} side by side, {_HANDED} handed over; {where}",
        ),
        Bar.at_most(
            "fleet.convex_sides_given_cpu",
            sides.seconds,
            0.006,
            unit="CPU s",
            compared_to="target; the convex solve of one account, dual Newton, with the sides of the search",
        ),
        Bar.at_least(
            "fleet.arrays_together_save",
            ways["arrays"].seconds / ways["arrays together"].seconds,
            1.2,
            unit="ratio",
            compared_to="the same accounts one by one, by arrays, the same answers to the last bit; without numba "
            f"{_MS * ways['arrays'].seconds:.1f} CPU ms alone, {_MS * ways['arrays together'].seconds:.1f} together",
        ),
        Bar.at_least(
            "fleet.loops_save",
            ways["arrays together"].seconds / many.seconds,
            1.5,
            unit="ratio",
            compared_to="the same accounts side by side by arrays, the same plans and bounds to round-off",
        ),
        Bar.at_least(
            "fleet.solve_alone_saves",
            search.seconds / one.seconds,
            4.0,
            unit="ratio",
            compared_to=f"the search of one account, {_MS * search.seconds:.1f} CPU ms",
        ),
        Bar.at_most(
            "fleet.solve_together_gap",
            max(many.gaps),
            5e-4,
            unit="share",
            compared_to=f"benefit over nothing; {many.said}; the search: {search.said}",
        ),
        Bar.at_most(
            "fleet.record_together_cpu",
            together,
            0.006,
            unit="CPU s",
            compared_to=f"target; bytes to record, {_TOGETHER} side by side; alone {_MS * alone:.1f} CPU ms: {parts}",
        ),
        Bar.at_least(
            "fleet.warm_saves",
            nights["cold"].seconds / nights["warm"].seconds,
            1.02,
            unit="ratio",
            compared_to=f"the night after from nothing, {_MS * nights['cold'].seconds:.2f} CPU ms, against from "
            f"yesterday's prices; {nights['warm'].said}; from nothing: {nights['cold'].said}",
        ),
    ]
