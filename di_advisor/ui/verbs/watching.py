"""Watching: what a policy says of the account, or of every account of the source, today.

Limits: the page asks as on a first day, so nothing rests; a command for cron remembers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.monitor import watch as watch_accounts
from di_advisor.report.worklist_view import worklist_bundle
from di_advisor.runs.spec import RunSpec
from di_advisor.runs.watching import policy_sent
from di_advisor.ui.desk import Desk, Say

__all__ = ["watch"]


def watch(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """What would fire today.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``, ``policy``; ``every`` account of the source where true.
    say : Say
        Told which account is looked at.

    Returns
    -------
    dict
        ``due`` (labels), ``fired`` (names of triggers by label), ``bundle``.

    Raises
    ------
    DiAdvisorError
        As `Advisor.workspace`.
    """
    spec = request["spec"]
    labels = list(desk.facts(spec.source, say).accounts) if request.get("every") else [spec.account]
    found = watch_accounts(_days(desk, spec, labels, say), policy_sent(request["policy"]), {})
    return {
        "due": tuple(i.label for i in found.due),
        "fired": {i.label: tuple(f.trigger for f in i.decision.firings if f.fired) for i in found.items},
        "bundle": worklist_bundle(found),
    }


def _days(desk: Desk, spec: RunSpec, labels: list[str], say: Say) -> Iterator[DayFacts]:
    for done, label in enumerate(labels):
        if len(labels) > 1:
            say.progress(done / len(labels), f"Looking at {label}")
        asked = spec.with_changes(account=label)
        workspace = desk.workspace(asked, say)
        yield DayFacts.of(workspace.under(**desk.changes(asked, workspace)), label)
