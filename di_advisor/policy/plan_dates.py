"""The few dates that matter for a name: now, a wash window's end, a lot's turn, a buying back, the turn of the year.

Limits: where there are more than asked for, those with less at stake are left out: waiting is then undervalued, never
overvalued.
"""

from __future__ import annotations

from datetime import date, timedelta

from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.policy.plan_model import PlannedName, PlanTerms
from di_advisor.policy.sessions import Cadence, last_session, sessions_after

__all__ = ["TURN_OF_YEAR", "decision_dates"]

_ONE_DAY = timedelta(days=1)
TURN_OF_YEAR = ("the next tax year", "the last trade date of the year")
"""What the two dates of the year's turn are called."""


def decision_dates(name: PlannedName, terms: PlanTerms, dates_max: int = 5) -> dict[date, str]:
    """Sessions on which a name may be traded, ascending, with what each is.

    Parameters
    ----------
    name, terms : PlannedName, PlanTerms
        The model.
    dates_max : int
        Today included.
    """
    day = terms.day
    found: dict[date, str] = {day: "now"}

    def add(on: date, why: str) -> None:
        if day < on < terms.until and len(found) < max(dates_max, 1):
            found.setdefault(on, why)

    losses = [lot for lot in name.lots if lot.gain_usd < 0]
    for lot in losses:
        if day < lot.loss_from < date.max:
            add(_session(lot.loss_from), f"the loss on lot {lot.lot_id} is free of its wash window")
    if name.active_usd < 0 and day < name.buy_from < date.max:
        add(_session(name.buy_from), "a purchase washes no loss any more")
    turning = [lot for lot in name.lots if lot.gain_usd > 0 and day < lot.long_from < terms.until]
    for lot in sorted(turning, key=lambda x: (-x.gain_usd, x.lot_id))[: max(dates_max - 3, 1)]:
        add(_session(lot.long_from), f"lot {lot.lot_id} is long-term")
    if name.may_be_bought and any(lot.may_be_sold(day) for lot in losses):
        add(_session(day + timedelta(days=WASH_WINDOW_DAYS + 1)), "what was sold at a loss may be bought back")
    turn = last_session(day, Cadence.ANNUAL)
    if name.lots:
        for on, why in zip((sessions_after(turn, 1), turn), TURN_OF_YEAR, strict=True):
            add(on, why)
    return dict(sorted(found.items()))


def _session(on: date) -> date:
    """The first session on or after a day."""
    return sessions_after(on - _ONE_DAY, 1)
