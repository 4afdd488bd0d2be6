"""Rounds of choices: price them, fix them, solve, and price again.

Following the new prices all the way makes names jump back and forth, so the search follows their
running average (the averaging of subgradient methods, Nesterov 2009), and where that stalls it lets
only the half of the names switch that gains most. It stands in where the prices of the highest bound
(`di_advisor.solve.smoothed`) ask for choices that leave no plan. Limits: a heuristic; the certificate
says how good it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UncertifiedError, UnfinishedError
from di_advisor.solve.choices import Choices, relaxed
from di_advisor.solve.feasible import choose, feasible_choices, within_limits
from di_advisor.solve.minimum import settle_minimum_trades
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import ConvexAnswer, QuadraticProgram
from di_advisor.solve.solution import Solution
from di_advisor.solve.tracking import RISK_ALONE, refuse

if TYPE_CHECKING:
    from di_advisor.solve.discrete import Search

__all__ = ["Incumbent", "rounds_from"]

_GAIN = 1e-11
_ENOUGH = 5e-5
_SPEED = 0.5
_FEW = 4


@dataclass(frozen=True)
class Incumbent:
    """Best choices so far."""

    choices: Choices
    solution: Solution


def rounds_from(search: Search, prices: Prices, rounds: int | None = None) -> Incumbent:
    """Rounds of choices from given prices on: the best choices found, with their plan.

    ``rounds`` is the budget of the search when left out.

    Raises
    ------
    InfeasibleError, UncertifiedError, UnfinishedError
        When no choices leave a plan.
    """
    average = search.note(prices)
    choices = search.choices_at(average)
    best: Incumbent | None = None
    share, previous = _SPEED, np.inf
    banned = np.zeros(len(choices), dtype=np.bool_)
    for _ in range(search.rounds if rounds is None else rounds):
        try:
            solution = search.attempt(choices, average.risk)
        except (InfeasibleError, UncertifiedError):
            if best is None:
                choices = _repaired(search, average)
                solution = search.attempt(choices, average.risk)
            else:
                moved = choices != best.choices
                if moved.sum() <= _FEW:
                    banned |= moved
                    share = _SPEED
                share *= _SPEED
                choices = _switched(search, best, share, banned)
                continue
        if solution is None:  # only a value to beat can prune, and none was given
            break
        if best is None or solution.objective < best.solution.objective:
            best, share = Incumbent(choices, solution), _SPEED
        elif (choices != best.choices).any():
            share *= _SPEED
        average = _average(search, average, solution.prices)
        gap = best.solution.objective - search.bound
        if gap <= _ENOUGH * max(best.solution.nothing - best.solution.objective, 1e-9):
            break
        stalled, previous = gap > _SPEED * previous, gap
        choices = _switched(search, best, share, banned) if stalled else search.choices_at(average)
        if (choices == best.choices).all():
            choices = _switched(search, best, share, banned)
            if (choices == best.choices).all():
                break
    if best is None:
        raise UnfinishedError(
            "The budget of rounds ran out before a plan was found.", hint="Allow more rounds, or trade no minimum."
        )
    return best


def _average(search: Search, old: Prices, new: Prices) -> Prices:
    return search.note(
        Prices(
            risk=0.5 * (old.risk + new.risk),
            exposures=0.5 * (old.exposures + new.exposures),
            rows=0.5 * (old.rows + new.rows),
            point=0.5 * (old.point + new.point),
        )
    )


def _switched(search: Search, best: Incumbent, share: float, banned: NDArray[np.bool_]) -> Choices:
    """The best choices, with the share of the names switched that gains most at their prices."""
    found = search.names.values(best.solution.prices)
    values, wanted = found.value, choose(search.names, found, search.shared)
    rows = np.arange(len(wanted))
    now = values[rows, best.choices]
    gain = np.where(np.isfinite(now), now, 0.0) - values[rows, wanted]
    movers = np.flatnonzero((gain > _GAIN) & (wanted != best.choices) & ~banned)
    movers = movers[np.argsort(-gain[movers], kind="stable")][: int(np.ceil(len(movers) * share))]
    after = best.choices.copy()
    after[movers] = wanted[movers]
    for members in search.shared:
        if np.isin(members, movers).any():
            after[members] = wanted[members]
    return within_limits(search.names, after, found, search.shared)


def _repaired(search: Search, prices: Prices) -> Choices:
    """Feasible choices near what the prices ask for."""
    from di_advisor.solve.discrete import Search as Inner  # that module builds on this one

    if search.block.min_trade.any():
        loose = replace(search.block, min_trade=np.zeros_like(search.block.min_trade))
        inner = Inner(loose, search.cancel, search.rounds, search.hot)
        found_loose = inner.rounds_from(prices)
        sides = found_loose.choices
        search.note(found_loose.solution.prices)

        def solve(choices: Choices, minimum: FloatArray) -> ConvexAnswer:
            search.ask()
            return QuadraticProgram(search.block, choices, minimum, search.hot).solve(prices.risk)

        plan = solve(sides, loose.min_trade)
        found = (
            settle_minimum_trades(search.names, sides, plan, solve, search.shared) if plan.status == "solved" else None
        )
        if found is not None:
            return found
    answer = QuadraticProgram(search.block, relaxed(search.block), hot=search.hot).solve(RISK_ALONE, trading=0.0)
    refuse(answer)
    return feasible_choices(search.block, answer.active - search.block.holdings.active, search.shared)
