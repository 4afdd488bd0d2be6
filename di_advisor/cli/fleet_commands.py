"""``di-advisor fleet``: proposals for many accounts into a folder, and the desk's list of them.

Problem: a night's run is started by cron and looked at by a person. Decision: accounts come from a Parquet file of
`fleet.write_accounts` or are generated over the built-in market; the folder holds the results, and the same command
goes on where it was stopped; the list goes to the terminal, or as JSON to a program. Limits: facts of the market are
those of the built-in sample; other markets are for Python (`di_advisor.fleet`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.screen import Screen
from di_advisor.cli.wishes import seed
from di_advisor.errors import InputError, why_unreadable

if TYPE_CHECKING:
    from di_advisor.fleet.desk import Desk
    from di_advisor.fleet.running import FleetProgress
    from di_advisor.fleet.sources import AccountSource

__all__ = ["SET_ASIDE", "add_fleet", "fleet"]

SET_ASIDE = 1
"""Exit code where accounts have no proposal."""

_EVERY = 50


def add_fleet(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = (
        "Proposals for many accounts. Exit code: 0 every account has one, 1 some were set aside, 2 failed."
    )
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--sample", type=int, metavar="N", help="so many generated accounts over the built-in market")
    source.add_argument("--accounts", type=Path, metavar="FILE", help="Parquet of accounts over the built-in market")
    command.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="results; a stopped run goes on")
    command.add_argument("--seed", type=seed, default=1, help="of the generated accounts (1)")
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster, or in-process; without it, local processes"
    )
    command.add_argument("--workers", type=int, metavar="N", help="local processes (as many as there are cores)")
    command.add_argument(
        "--joint-rounds", type=int, default=1, metavar="N", help="solved again at the fleet's own joint size (1)"
    )
    command.add_argument(
        "--warm-from", type=Path, metavar="FOLDER", help="an earlier run's folder, at whose prices solves begin"
    )
    command.add_argument(
        "--solves-max", type=int, default=5_000, metavar="N", help="budget of an account: convex solves begun (5000)"
    )
    command.add_argument("--retry-set-aside", action="store_true", help="try accounts without a proposal again")
    command.add_argument("--json", action="store_true", help="totals and exceptions as JSON")
    command.set_defaults(run=fleet)


def fleet(arguments: argparse.Namespace, screen: Screen) -> int:
    """Run a fleet and show its desk.

    Returns
    -------
    int
        `SET_ASIDE` where an account has no proposal, else 0.
    """
    from di_advisor import sample
    from di_advisor.fleet.desk import Desk
    from di_advisor.fleet.generated import SampleFleet, sample_facts_of
    from di_advisor.fleet.running import propose
    from di_advisor.fleet.sources import ParquetAccounts
    from di_advisor.fleet.warm import WarmAccounts
    from di_advisor.report.desk_view import desk_text

    if arguments.sample is not None and arguments.sample < 1:
        raise InputError(f"--sample {arguments.sample} is no number of accounts.", hint="Give at least 1.")
    if arguments.accounts is not None:
        _refuse_unreadable(arguments.accounts)
    world = sample.load()
    accounts: AccountSource = (
        ParquetAccounts(arguments.accounts)
        if arguments.sample is None
        else SampleFleet(world, arguments.sample, arguments.seed)
    )
    if arguments.warm_from is not None:
        accounts = WarmAccounts(accounts, arguments.warm_from)
    facts = sample_facts_of(world)
    run = propose(
        accounts,
        facts,
        into=arguments.into,
        scheduler=arguments.scheduler,
        workers=arguments.workers,
        joint_rounds=arguments.joint_rounds,
        solves_max=arguments.solves_max,
        retry_set_aside=arguments.retry_set_aside,
        progress=_telling(screen),
    )
    desk = Desk.open(run, facts, accounts)
    screen.show(_as_json(desk) if arguments.json else desk_text(desk))
    return SET_ASIDE if run.set_aside else 0


def _refuse_unreadable(path: Path) -> None:
    """Refuse a file that cannot be opened, before a folder for its results is made."""
    try:
        path.open("rb").close()
    except OSError as e:
        raise InputError(
            f"{path} cannot be read: {why_unreadable(e)}.", hint="Give a file of fleet.write_accounts."
        ) from e


def _telling(screen: Screen) -> Callable[[FleetProgress], None]:
    """A note every so many accounts."""
    told = {"at": (-1, 0)}

    def tell(progress: FleetProgress) -> None:
        number, done = told["at"]
        if progress.round != number or progress.done >= done + _EVERY:
            told["at"] = (progress.round, progress.done)
            round_said = "" if progress.round == 0 else f", joint round {progress.round}"
            screen.note(f"{progress.done:,} accounts done, {progress.set_aside:,} set aside{round_said}")

    return tell


def _as_json(desk: Desk) -> str:
    from dataclasses import asdict

    exceptions = [
        {"account": r.label, "exception": r.exception, "kind": r.kind, "warnings": list(r.warnings)}
        for r in desk.exceptions
    ]
    return json.dumps({"totals": asdict(desk.totals), "exceptions": exceptions}, indent=1, default=str)
