"""An ESG uplift with a ladder: where it cannot be had, turnover and tracking error give way in turn.

Problem: "10 percent better than the index, within 50 bps" may not exist, and whoever relaxes by hand
relaxes differently each time. Decision: the published ladder: turnover gives in steps of one point
up to 30 percent, tracking error in steps of 10 bps up to five times what was asked, one after the
other, until there is a plan. Every rung that was tried is kept with why it was refused; the same
inputs climb the same rungs. A rung whose turnover leaves no tracking error as small as its cap is
refused by one solve for the smallest tracking error, without searching for a plan.
Source: MSCI Extended ESG Focus Indexes Methodology (2025): 1 percent steps to 30, 0.1 percent to five times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.signals import Signals
from di_advisor.errors import InfeasibleError, InputError, SettlementError, UndecidedError
from di_advisor.formulate import formulate
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.propose.proposal import Proposal
from di_advisor.solve.choices import relaxed
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.tracking import smallest_tracking_error
from di_advisor.units import bps_from_fraction, fraction_from_bps, fraction_from_percent

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ladder", "Rung", "climb", "rungs"]

_TURNOVER_STEP = fraction_from_percent(1.0)
_TURNOVER_MOST = fraction_from_percent(30.0)
_ERROR_STEP = fraction_from_bps(10.0)
_ERROR_TIMES = 5.0
_PLACES = 10


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder.

    Attributes
    ----------
    turnover_max, tracking_error_max : float or None
        What was allowed.
    refused : str
        Why there is no plan; empty where there is one.
    """

    turnover_max: float | None
    tracking_error_max: float
    refused: str


@dataclass(frozen=True)
class Ladder:
    """The rungs that were tried, in order, and the plan of the last, if it has one.

    Attributes
    ----------
    tried : tuple of Rung
        From what was asked to what it took.
    proposal : Proposal or None
        None where even the top of the ladder was refused.
    """

    tried: tuple[Rung, ...]
    proposal: Proposal | None

    @property
    def frame(self) -> pd.DataFrame:
        """One row a rung."""
        import pandas as pd

        return pd.DataFrame(
            [[r.turnover_max, r.tracking_error_max, r.refused] for r in self.tried],
            columns=["turnover_max", "tracking_error_max", "refused"],
        )


def rungs(turnover_max: float | None, tracking_error_max: float) -> Iterator[tuple[float | None, float]]:
    """Limits to try, from those asked for upward; turnover gives first."""
    turnover, error = turnover_max, tracking_error_max
    most = _ERROR_TIMES * tracking_error_max
    yield turnover, error
    while True:
        moved = False
        if turnover is not None and turnover < _TURNOVER_MOST:
            turnover = min(round(turnover + _TURNOVER_STEP, _PLACES), _TURNOVER_MOST)
            moved = True
            yield turnover, error
        if error < most:
            error = min(round(error + _ERROR_STEP, _PLACES), most)
            moved = True
            yield turnover, error
        if not moved:
            return


def climb(signals: Signals, mandate: Mandate, tax: Taxpayer, ask: Callable[[Mandate], Proposal]) -> Ladder:
    """Climb until there is a plan.

    Parameters
    ----------
    signals, mandate, tax
        As for `formulate`; the mandate holds the uplift and a cap on tracking error.
    ask : callable
        Makes the proposal of a mandate.

    Raises
    ------
    InputError
        If the mandate has no cap on tracking error, which is what the ladder relaxes.
    """
    if mandate.tracking_error_max is None:
        raise InputError(
            "The mandate has no cap on tracking error to relax.", hint="Set tracking_error_max (and turnover_max)."
        )
    tried: list[Rung] = []
    smallest: dict[float | None, float] = {}
    for turnover, error in rungs(mandate.turnover_max, mandate.tracking_error_max):
        if turnover not in smallest:
            smallest[turnover] = _smallest(signals, mandate.with_changes(turnover_max=turnover), tax)
        if smallest[turnover] > error:
            tried.append(Rung(turnover, error, _needs(smallest[turnover])))
            continue
        try:
            proposal = ask(mandate.with_changes(turnover_max=turnover, tracking_error_max=error))
        except (InfeasibleError, SettlementError, UndecidedError) as refusal:
            tried.append(Rung(turnover, error, str(refusal)))
            continue
        return Ladder((*tried, Rung(turnover, error, "")), proposal)
    return Ladder(tuple(tried), None)


def _smallest(signals: Signals, mandate: Mandate, tax: Taxpayer) -> float:
    """Smallest tracking error under the other wishes; infinite where these contradict each other."""
    block = formulate(signals, mandate.with_changes(tracking_error_max=None), tax).block
    try:
        return smallest_tracking_error(QuadraticProgram(block, relaxed(block)))
    except InfeasibleError:
        return math.inf


def _needs(error: float) -> str:
    if math.isinf(error):
        return "The other wishes contradict each other at this turnover."
    return f"It needs at least {math.ceil(bps_from_fraction(error) * 10.0) / 10.0:.1f} bps of tracking error."
