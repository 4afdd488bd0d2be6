"""``di-advisor calendar`` and ``di-advisor plan``: what is to come for an account, and what had better wait for it.

Both take a run that the app saved (``*.di.toml``) or an account of the built-in sample. Limits: saved runs hold no
announced dividends and corporate actions, so only the sample's calendar shows some.
"""

from __future__ import annotations

import argparse
import json
import math
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.screen import Screen
from di_advisor.errors import InputError, why_unreadable

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.policy.calendar import ExDate
    from di_advisor.policy.index_events import AnnouncedAction
    from di_advisor.workspace import Workspace

__all__ = ["add_calendar", "add_plan", "calendar", "plan"]

_FARTHEST_DAYS = 3_660
"""Ten years: flows and lots that far ahead are guesses."""


def add_calendar(command: argparse.ArgumentParser) -> None:
    """Add the options of ``calendar``."""
    command.description = (
        "What is known to come for an account: cash flows, changes of its target, announced corporate actions and "
        "dividends, lots that turn long-term, wash windows that end, the last trade date of the year, early closes."
    )
    _add_account(command)
    command.add_argument("--days", type=int, default=90, metavar="N", help="how far to look, calendar days (90)")
    command.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="WHAT",
        help="only these, such as 'turns long-term'; may be given several times",
    )
    command.set_defaults(run=calendar)


def add_plan(command: argparse.ArgumentParser) -> None:
    """Add the options of ``plan``."""
    command.description = (
        "What to do now and what later: for each name the best dates to sell its lots and to buy, with what waiting is "
        "worth in dollars. A model with its limits, which it says; not tax advice."
    )
    _add_account(command)
    command.add_argument("--days", type=int, default=365, metavar="N", help="horizon, calendar days (365)")
    command.add_argument(
        "--least", type=float, default=1.0, metavar="USD", help="show names in which waiting is worth this much (1)"
    )
    command.add_argument(
        "--gain-budget",
        type=float,
        metavar="USD",
        help="largest net gain of all names together in each tax year; without it the mandate's, if it has one",
    )
    command.set_defaults(run=plan)


def _add_account(command: argparse.ArgumentParser) -> None:
    command.add_argument("run_file", type=Path, nargs="?", metavar="FILE", help="a run that the app saved, *.di.toml")
    command.add_argument(
        "--account", default="seasoned", help="of the sample, without a file: young, seasoned (default) or concentrated"
    )
    command.add_argument("--json", action="store_true", help="as JSON")


def calendar(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show what is to come."""
    from dataclasses import replace

    from di_advisor.policy.calendar import CalendarKind, look_ahead
    from di_advisor.policy.day_facts import DayFacts
    from di_advisor.report.calendar_view import calendar_text

    known = {k.value: k for k in CalendarKind}
    strange = [k for k in arguments.kind if k not in known]
    if strange:
        raise InputError(f"The calendar has no kind {strange[0]!r}.", hint=f"It has: {', '.join(known)}.")
    with screen.noting_warnings():
        workspace, label = _workspace(arguments)
    facts = DayFacts.of(workspace, label)
    actions, ex_dates = ([], []) if arguments.run_file else _sample_events(facts.as_of)
    found = look_ahead(facts, _until(facts.as_of, arguments.days), actions=actions, ex_dates=ex_dates)
    if arguments.kind:
        found = replace(found, items=found.of(*(known[k] for k in arguments.kind)))
    screen.show(_rows(found.to_frame()) if arguments.json else calendar_text(found))


def plan(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show what had better wait."""
    from di_advisor.policy.plan import plan_ahead
    from di_advisor.report.calendar_view import plan_text

    if not 0 <= arguments.least < math.inf:
        raise InputError(f"--least is {arguments.least}.", hint="Give dollars: 0 or more.")
    budget = arguments.gain_budget
    if budget is not None and not math.isfinite(budget):
        raise InputError(f"--gain-budget is {budget}.", hint="Give dollars of net gain.")
    with screen.noting_warnings():
        workspace, label = _workspace(arguments)
    until = _until(workspace.signals.market.as_of, arguments.days)
    found = plan_ahead(workspace, until, gain_budget_usd=budget)
    screen.show(_rows(found.to_frame()) if arguments.json else plan_text(found, label, arguments.least))


def _until(day: date, days: int) -> date:
    if not 1 <= days <= _FARTHEST_DAYS:
        raise InputError(f"{days} days ahead.", hint=f"Give 1 to {_FARTHEST_DAYS:,}.")
    return day + timedelta(days=days)


def _workspace(arguments: argparse.Namespace) -> tuple[Workspace, str]:
    from di_advisor.runs.facts import facts_of
    from di_advisor.runs.run import workspace_of
    from di_advisor.runs.saved import run_from_toml
    from di_advisor.runs.spec import RunSpec, SampleSource

    spec, path = RunSpec(SampleSource(), arguments.account), arguments.run_file
    if path is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise InputError(
                f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the file and its permissions."
            ) from e
        spec = run_from_toml(text, path.name, path.parent).spec
    return workspace_of(spec, facts_of(spec.source)), spec.account


def _sample_events(day: date) -> tuple[list[AnnouncedAction], list[ExDate]]:
    """Dividends and mergers for cash that the sample announced by a day for later."""
    from di_advisor import sample
    from di_advisor.domain.events import CashMerger, TaxTreatment
    from di_advisor.policy.calendar import ExDate
    from di_advisor.policy.index_events import AnnouncedAction

    events: pd.DataFrame = sample.load().events
    actions, ex_dates = [], []
    for row in events.to_dict("records"):
        announced, effective = _day(row["announced"]), _day(row["effective"])
        if not announced <= day < effective:
            continue
        if row["kind"] == "dividend":
            ex_dates.append(ExDate(row["security_id"], effective, Decimal(str(row["cash_usd"]))))
        if row["kind"] == "cash_merger":
            event = CashMerger(
                event_id=f"{row['security_id']} {effective}",
                on=effective,
                security_id=row["security_id"],
                source="the simulated sample",
                tax_treatment=TaxTreatment.TAXABLE,
                cash_per_share_usd=Decimal(str(row["cash_usd"])),
            )
            actions.append(AnnouncedAction(event, announced))
    return actions, ex_dates


def _day(value: object) -> date:
    return date.fromisoformat(str(value)[:10])


def _rows(frame: pd.DataFrame) -> str:
    """A frame as JSON, days as text; what is not known is null."""
    rows = [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]
    return json.dumps(rows, indent=1) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value
