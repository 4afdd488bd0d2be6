"""Whether wash-sale windows stand in the way of a plan: tried by pricing wash sales instead of banning them.

Problem: a refusal that names locks leaves a reader to guess whether they are wishes, or windows that close by
themselves. Decision: where wash sales are banned, the same wishes are solved once more with wash sales priced; only a
plan that was found is offered, and the day is said on which the last of the windows that were in the way has closed.
Limits: one more solve at a refusal; prices and other windows of that later day are not known.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from di_advisor.domain.mandate import WashPolicy
from di_advisor.errors import DiAdvisorError, InfeasibleError
from di_advisor.formulate import formulate
from di_advisor.runs.spec import RunSpec
from di_advisor.solve.diagnose import agrees
from di_advisor.ui.desk import Desk, Say

__all__ = ["OPEN_FROM", "PRICED", "with_wash_relief"]

PRICED: Final = "wash_sales_priced"
"""Fact of an error: there is a plan once wash sales are priced."""

OPEN_FROM: Final = "wash_windows_closed_from"
"""Fact of an error: first day on which every wash-sale window that bans a trade today has closed."""

_ONE_DAY: Final = timedelta(days=1)


def with_wash_relief(error: InfeasibleError, desk: Desk, spec: RunSpec, say: Say) -> InfeasibleError:
    """The same refusal; with the facts `PRICED` and `OPEN_FROM` where pricing wash sales leaves a plan.

    Parameters
    ----------
    error : InfeasibleError
        Of a proposal under the spec.
    desk : Desk
        The child's memory.
    spec : RunSpec
        What was asked.
    say : Say
        Told the phase.
    """
    if spec.wishes.wash_policy is not WashPolicy.BAN:
        return error
    workspace = desk.workspace(spec, say)
    changes = desk.changes(spec, workspace)
    banned = workspace.under(**changes).signals.account.locks
    priced = workspace.under(**{**changes, "wash_policy": WashPolicy.PRICE})
    windows = [lock for lock in banned if lock not in set(priced.signals.account.locks)]
    if not windows:
        return error
    try:
        if not agrees(formulate(priced.signals, priced.mandate, priced.tax, own=priced.own)):
            return error  # seen at once: taking that conflict apart too would take as long as the first
    except DiAdvisorError:  # not certified either way
        return error
    say.phase("Looking whether wash-sale windows stand in the way")
    try:
        priced.propose()
    except DiAdvisorError:  # also with priced wash sales there is no plan, or none is known
        return error
    known = [lock.until for lock in windows if lock.until is not None]
    opens: date | None = max(known) + _ONE_DAY if len(known) == len(windows) else None
    return InfeasibleError(error.what, hint=error.hint, **{**error.facts, PRICED: True, OPEN_FROM: opens})
