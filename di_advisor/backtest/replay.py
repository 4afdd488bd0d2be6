"""Replay: the advisor that people use, walked through the past one session at a time.

Each session: what happened before the open reaches the ledger; the day's facts are put before the policy; where it is
due, the advisor proposes and all trades are filled at the close; withdrawals leave; the day's row is written. Nothing
of a later session is asked for before its turn, so a result of a day cannot depend on it. A proposal that fails with a
typed error is a row with its sentence, and the policy, which was not heard, may call again on the next day. Taxes of a
year fall due on the first session from 15 April of the next one on. Limits: one account; closes only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from di_advisor.advisor import Advisor
from di_advisor.backtest.past import Past
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.walk import Walk
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.errors import InputError, UnfinishedError
from di_advisor.execution.jobs import never
from di_advisor.execution.local import quiet
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.policy.policies import Policy

__all__ = ["replay"]


def replay(  # noqa: PLR0913 - the facts of a replay
    past: Past,
    start: date,
    end: date,
    policy: Policy,
    mandate: Mandate,
    tax: Taxpayer,
    settings: ReplaySettings | None = None,
    *,
    advisor: Advisor | None = None,
    progress: Callable[[int, int], None] = quiet,
    cancel: Callable[[], bool] = never,
) -> Replayed:
    """What a policy would have done to an account.

    Parameters
    ----------
    past : Past
        The world.
    start, end : date
        The first session from ``start`` on and the last one up to ``end``; the past must hold enough before the
        first for the risk model.
    policy : Policy
        When to act.
    mandate : Mandate
        The wishes; ``withdrawal_usd`` is set by the flows.
    tax : Taxpayer
        Constant rates, or a return whose income is the same each year.
    settings : ReplaySettings, optional
        Start, flows, wash sales, taxes; a million in cash when left out.
    advisor : Advisor, optional
        With the models to use; the registered ones when left out.
    progress : callable
        Told how many sessions are done, of how many.
    cancel : callable
        Asked before each session whether to stop.

    Raises
    ------
    InputError
        If fewer than two sessions are left, or the facts of the past do not fit together.
    UnfinishedError
        If cancelled.
    """
    settings = settings or ReplaySettings()
    sessions = [day for day in past.sessions if start <= day <= end]
    if len(sessions) < 2:
        raise InputError(
            f"Between {start} and {end} the past has {len(sessions)} sessions; it runs from {past.sessions[0]} to "
            f"{past.sessions[-1]}.",
            hint="Replay two sessions or more.",
        )
    if mandate.withdrawal_usd:
        raise InputError("The mandate asks for a withdrawal.", hint="Give dated flows in the settings.")
    if not settings.wash_sales:
        mandate = mandate.with_changes(wash_policy=WashPolicy.IGNORE)
    walk = Walk(past, sessions, policy, mandate, tax, settings, advisor or Advisor())
    for done, day in enumerate(sessions):
        if cancel():
            raise UnfinishedError(
                f"The replay was cancelled after {done} of {len(sessions)} sessions.", hint="Start it again."
            )
        walk.step(day, cancel)
        progress(done + 1, len(sessions))
    return walk.replayed()
