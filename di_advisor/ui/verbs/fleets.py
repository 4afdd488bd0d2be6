"""Fleets: a page of a run's list, one account of it opened, a run started or gone on with.

Problem: ten thousand accounts are sorted and searched by a click, and the browser must not hold them all. Decision: the
child keeps the list and reads only what was written since; a page of it crosses the pipe. Limits: a run started here
solves one account after another, and ends with the process; what it wrote stands, and the same request goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from di_advisor.errors import InputError
from di_advisor.execution.scheduling import IN_PROCESS
from di_advisor.fleet.running import FleetProgress
from di_advisor.fleet.worklist import BY_URGENCY, Shown, page_of
from di_advisor.report.desk_view import desk_bundle, desk_sentence, page_table
from di_advisor.report.wording import count_of
from di_advisor.runs.of_fleet import FleetRequest, python_of_fleet, run_fleet, run_of_source
from di_advisor.ui.desk import Desk, Say
from di_advisor.ui.equivalents import ROWS_A_PAGE

__all__ = ["ORDERED_BY", "ROWS_A_PAGE", "account_of_fleet", "fleet_page", "start_fleet"]

ORDERED_BY: Final = (
    "label",
    BY_URGENCY,
    "orders",
    "value_usd",
    "benefit_usd",
    "harvested_usd",
    "tax_usd",
    "cost_usd",
    "tracking_error_before",
    "tracking_error_after",
)
"""What each column of `di_advisor.report.desk_view.page_table` is ordered by."""


def fleet_page(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """One page of a run's list, as the run stands now.

    Parameters
    ----------
    desk : Desk
        The child's memory: it keeps the list.
    request : Mapping
        ``folder``; ``number``, ``shown``, ``find``, ``by``, ``descending`` as `di_advisor.fleet.worklist.page_of`.
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``table``, ``ids`` (labels, one a row), ``number``, ``pages``, ``matched``, ``accounts``, ``finished``,
        ``passes``, ``sentence``, ``bundle`` (totals, tracking errors, exceptions and the first accounts).

    Raises
    ------
    InputError
        If there is no such folder, no run in it, or no such order.
    """
    folder = Path(request["folder"])
    if not folder.is_dir():
        raise InputError(
            f"{folder} holds no run: there is no such folder where the kernel runs.",
            hint="Name the folder that a run was told as into, or start a run into it.",
            folder=str(folder),
        )
    say.phase("Reading the list")
    known = desk.worklist(folder)
    page = page_of(
        known.rows,
        request.get("number", 1),
        size=ROWS_A_PAGE,
        shown=request.get("shown", Shown.ALL),
        find=request.get("find", ""),
        by=request.get("by", BY_URGENCY),
        descending=request.get("descending", False),
    )
    return {
        "table": page_table(page),
        "ids": tuple(r.label for r in page.rows),
        "number": page.number,
        "pages": page.pages,
        "matched": page.matched,
        "accounts": page.accounts,
        "finished": known.finished,
        "passes": known.passes,
        "sentence": desk_sentence(known),
        "bundle": desk_bundle(known),
    }


def account_of_fleet(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """One account of a run, opened at the prices of its last pass.

    Parameters
    ----------
    desk : Desk
        The child's memory: the account's facts are open in it then.
    request : Mapping
        ``source`` (`di_advisor.runs.spec.FleetSource`).
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``spec``: the run whose proposal stands on the list.

    Raises
    ------
    InputError
        As `di_advisor.runs.of_fleet.run_of_source`.
    """
    say.phase("Opening the account")
    spec, facts = run_of_source(request["source"])
    desk.give(spec.source, facts)
    return {"spec": spec}


def start_fleet(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Run a fleet, or go on with it.

    Parameters
    ----------
    desk : Desk
        Unused: accounts and facts are made anew.
    request : Mapping
        ``request`` (`di_advisor.runs.of_fleet.FleetRequest`).
    say : Say
        Told how many accounts are done.

    Returns
    -------
    dict
        ``done``, ``set_aside``, ``code`` (Python that repeats it).

    Raises
    ------
    DiAdvisorError
        As `di_advisor.runs.of_fleet.run_fleet`.
    """
    del desk
    asked: FleetRequest = request["request"]
    say.phase("Loading the market")

    def tell(progress: FleetProgress) -> None:
        words = f"{count_of(progress.done, 'account')} done, {progress.set_aside:,} set aside"
        words += f", joint round {progress.round}" if progress.round else ""
        if asked.accounts is not None:  # how many a file holds is not counted beforehand
            say.phase(words)
            return
        share = (progress.round + min(progress.done / asked.count, 1.0)) / (1 + asked.joint_rounds)
        say.progress(min(share, 1.0), words)

    run = run_fleet(asked, scheduler=IN_PROCESS, progress=tell)
    return {"done": run.done, "set_aside": run.set_aside, "code": python_of_fleet(asked)}
