"""``di-advisor watch``: run a policy over the accounts of saved runs, for cron; the exit code says if one is due.

Problem: a desk wants to be woken when there is something to do, and not otherwise. Decision: each run that the app
saved (``*.di.toml``) gives facts, wishes and models; the worklist goes to the terminal or, with ``--json``, to a
program; what triggers remember is kept in a file that is written whole after everything else went well. With
``--quotes`` it polls within the day (`di_advisor.cli.polled_commands`). Limits: the events of the day (dividends,
corporate actions) are not in saved runs, so their triggers never fire here; nor are flows, so measures that are kept
hold none.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.polled_commands import add_polled, watch_polled
from di_advisor.cli.screen import Screen
from di_advisor.domain.cells import iso_day
from di_advisor.errors import InputError, why_unreadable

if TYPE_CHECKING:
    from di_advisor.policy.day_facts import DayFacts
    from di_advisor.policy.measure_history import DayMeasures
    from di_advisor.runs.polled import WatchedRun
    from di_advisor.runs.spec import RunSpec

__all__ = ["DUE", "add_watch", "watch"]

DUE = 1
"""Exit code where an account is to be rebalanced."""


def add_watch(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = "Which accounts are to be rebalanced today, and why. Exit code: 0 none, 1 some, 2 failed."
    command.add_argument("runs", type=Path, nargs="*", metavar="FILE", help="runs that the app saved, *.di.toml")
    command.add_argument("--sample", action="store_true", help="the accounts of the built-in simulated market")
    command.add_argument(
        "--all-accounts", action="store_true", help="all accounts of each run's source, under its wishes"
    )
    command.add_argument(
        "--policy",
        default="threshold",
        metavar="NAME",
        help="threshold, opportunistic, rested, monthly, quarterly, annual or ml",
    )
    command.add_argument(
        "--last-rebalance", metavar="DATE", help="of all accounts; without it, each account's latest trade"
    )
    command.add_argument("--state", type=Path, metavar="FILE", help="what triggers remember: read, and written anew")
    command.add_argument(
        "--record",
        metavar="STORE",
        help="keep the day's measures of every account (path or postgresql:// address of a store of books)",
    )
    command.add_argument("--json", action="store_true", help="the worklist as JSON; a line a poll with --quotes")
    add_polled(command)
    command.set_defaults(run=watch)


def watch(arguments: argparse.Namespace, screen: Screen) -> int:
    """Run a policy over accounts.

    Returns
    -------
    int
        `DUE` where an account is due, else 0.
    """
    from di_advisor.policy.monitor import states_from_json, states_to_json
    from di_advisor.policy.monitor import watch as watch_accounts
    from di_advisor.policy.policies import policy_named
    from di_advisor.report.output_files import write_text
    from di_advisor.report.worklist_view import worklist_text

    policy = policy_named(arguments.policy)
    if not arguments.runs and not arguments.sample:
        raise InputError("There is no account to watch.", hint="Give runs that the app saved, or --sample.")
    last = None if arguments.last_rebalance is None else iso_day(arguments.last_rebalance)
    if arguments.quotes is not None:
        return DUE if watch_polled(arguments, screen, policy, _runs(arguments, last)) else 0
    if arguments.every is not None:
        raise InputError("There is nothing to poll.", hint="Name the quotes: --quotes FILE.")
    path: Path | None = arguments.state
    known = path.is_file() if path is not None else False
    states = states_from_json(_text(path), policy.name) if path is not None and known else {}
    measures: list[tuple[str, DayMeasures]] = []
    with screen.noting_warnings():
        found = watch_accounts(_days(arguments, last, measures), policy, states)
    if arguments.record is not None:
        _record(arguments.record, measures, screen)
    screen.show(json.dumps(found.to_dict(), indent=1) if arguments.json else worklist_text(found))
    if path is not None:
        write_text(path.parent, path.name, states_to_json(policy.name, found.states))
    return DUE if found.due else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(
            f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the file and its permissions."
        ) from e


def _record(where: str, measures: list[tuple[str, DayMeasures]], screen: Screen) -> None:
    from di_advisor.ledger.store import Store
    from di_advisor.policy.measure_history import record_measures
    from di_advisor.report.wording import count_of

    now, written = datetime.now(UTC), 0  # noqa: TID251  # here, at the rim, now becomes an argument
    with Store.open(where) as store:
        for taxpayer in sorted({t for t, _ in measures}):
            written += len(record_measures(store, taxpayer, [m for t, m in measures if t == taxpayer], recorded_at=now))
    before = len(measures) - written
    there = f"; of {before:,} they were there already" if before else ""
    screen.note(f"Measures of {count_of(written, 'account')} kept{there}.")


def _days(
    arguments: argparse.Namespace, last: date | None, measures: list[tuple[str, DayMeasures]]
) -> Iterator[DayFacts]:
    """Facts of each account; its taxpayer and measures are added to the list where they are to be kept."""
    from dataclasses import replace

    from di_advisor.formulate.schedule_d import rates_of
    from di_advisor.policy.day_facts import DayFacts
    from di_advisor.policy.measure_history import DayMeasures
    from di_advisor.policy.measures import measures_now
    from di_advisor.runs.facts import facts_of
    from di_advisor.runs.run import advisor_of, workspace_of

    for prefix, spec, every in _specs(arguments):
        facts = facts_of(spec.source)
        advisor = advisor_of(spec.models)
        risk = facts.risk or advisor.estimate_risk(facts.market, facts.returns, facts.exposures)
        facts = replace(facts, risk=risk, costs=facts.costs or advisor.estimate_costs(facts.market))
        labels = list(facts.accounts) if every else [spec.account]
        for label in labels:
            workspace = workspace_of(spec.with_changes(account=label), facts)
            if arguments.record is not None:
                signals = workspace.signals
                now = measures_now(signals, rates_of(workspace.tax, signals.market.as_of))
                measures.append((workspace.portfolio.taxpayer, DayMeasures.of(signals.account.account_id, now)))
            yield DayFacts.of(workspace, f"{prefix}{label}", last_rebalance=last)


def _runs(arguments: argparse.Namespace, last: date | None) -> list[WatchedRun]:
    from di_advisor.runs.polled import WatchedRun

    return [WatchedRun(spec, prefix, every, None, last) for prefix, spec, every in _specs(arguments)]


def _specs(arguments: argparse.Namespace) -> Iterator[tuple[str, RunSpec, bool]]:
    """What goes before the label of each account, the run, and whether all accounts of its source are meant."""
    from di_advisor.runs.saved import run_from_toml
    from di_advisor.runs.spec import RunSpec, SampleSource

    several = len(arguments.runs) + arguments.sample > 1
    for path in arguments.runs:
        yield (
            f"{path.name} / " if several else "",
            run_from_toml(_text(path), path.name, path.parent).spec,
            arguments.all_accounts,
        )
    if arguments.sample:
        yield "sample / " if several else "", RunSpec(SampleSource(), "young"), True
