"""Polling: one look at a source of quotes, and what a policy says of the account, or of every account, at that moment.

Limits: what is remembered travels with the question and back, because a child that was ended has forgotten it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.policy.intraday import poll
from di_advisor.policy.intraday_memory import PollMemory, memory_from_json, memory_to_json
from di_advisor.policy.sessions import hours_of
from di_advisor.report.poll_view import poll_bundle
from di_advisor.runs.polled import WatchedRun, age_of, quotes_from, watched_run
from di_advisor.runs.watching import policy_sent
from di_advisor.ui.desk import Desk, Say

__all__ = ["poll_quotes"]


def poll_quotes(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Ask the quotes once.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``, ``policy``, ``quotes`` (a path, or the name of a source), ``now``, ``memory`` (text of the poll
        before; empty at the start); ``every`` account of the source where true.
    say : Say
        Told what is done.

    Returns
    -------
    dict
        ``memory``, ``closed`` (when the exchange opens; empty while it is open), ``failed``, ``called`` and
        ``standing`` (labels), ``ages`` (where facts are old), ``bundle``.

    Raises
    ------
    DiAdvisorError
        As `di_advisor.policy.intraday.poll` and `Advisor.workspace`.
    """
    spec, now, text = request["spec"], request["now"], request["memory"]
    policy = policy_sent(request["policy"])
    source = quotes_from(request["quotes"])
    hours = hours_of(now.astimezone(EXCHANGE_ZONE).date())
    if not hours.hold(now):
        opens = f"The exchange is closed; it opens at {hours.opens:%Y-%m-%d %H:%M} UTC."
        if now > hours.closes:
            opens = "The exchange is closed for today."
        return {"memory": text, "closed": opens, "failed": "", "called": (), "standing": (), "ages": "", "bundle": {}}
    known = memory_from_json(text, policy.name) if text else PollMemory()
    run = WatchedRun(spec, every_account=bool(request.get("every")), facts=desk.estimated(spec, say))
    watched = watched_run(run)
    found, after = poll([watched], source, policy, known, now=now)
    return {
        "memory": memory_to_json(policy.name, after),
        "closed": "",
        "failed": found.failed,
        "called": tuple(i.label for i in found.called),
        "standing": tuple(found.standing),
        "ages": age_of(watched, now.astimezone(EXCHANGE_ZONE).date()),
        "bundle": poll_bundle(found),
    }
