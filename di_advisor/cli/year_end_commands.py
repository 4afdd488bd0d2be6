"""``di-advisor year-end``: where the tax year stands, what more to realise, what to give, ways side by side.

Decision: an account of the sample, or of a run that the app saved; the taxpayer is the run's, the sample's made-up
filer, or that of a client's file, whose gains are all those of the year so far. Limits: books are not read here, so
gains of the year are not split by account.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.screen import Clock, Screen
from di_advisor.cli.wishes import rate, usd
from di_advisor.domain.amounts import to_decimal
from di_advisor.errors import InputError, why_unreadable

if TYPE_CHECKING:
    from di_advisor.formulate.schedule_d import Taxpayer
    from di_advisor.policy.year_end import YearEndWishes
    from di_advisor.runs.spec import RunSpec

__all__ = ["add_year_end", "year_end"]

_RATE_PLACES = 6


def add_year_end(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = (
        "Where the tax year stands, how much more gain or loss to realise by the last trade date and why, which lots "
        "to give, and ways to end the year side by side. Not tax advice."
    )
    command.add_argument("run_file", type=Path, nargs="?", metavar="FILE", help="a run that the app saved, *.di.toml")
    command.add_argument(
        "--sample", metavar="ACCOUNT", help="an account of the built-in market: young, seasoned or concentrated"
    )
    command.add_argument(
        "--return",
        dest="tax_return",
        type=Path,
        metavar="FILE",
        help="TOML with a [taxpayer]: the year's return, all gains so far in it (see `di-advisor mandate template`)",
    )
    command.add_argument("--give-usd", type=usd, default=usd("0"), metavar="USD", help="value to give to charity (0)")
    command.add_argument("--foundation", action="store_true", help="the gift goes to a private foundation")
    command.add_argument(
        "--other-itemized-usd", type=usd, metavar="USD", help="deductions itemised beside the gift (the return's)"
    )
    command.add_argument(
        "--later-rate-percent",
        type=rate,
        metavar="PERCENT",
        help="long-term rate at which gains are taxed later (15, or today's if higher)",
    )
    command.add_argument("--later-years", type=float, default=5.0, metavar="YEARS", help="after how many years (5)")
    command.add_argument("--quick", action="store_true", help="leave out the scenarios, which are solved one by one")
    command.set_defaults(run=year_end)


def year_end(arguments: argparse.Namespace, screen: Screen) -> None:
    """Print the plan of one account."""
    from di_advisor.policy.year_end import plan_year_end
    from di_advisor.report.year_end_view import year_end_text
    from di_advisor.runs.facts import facts_of
    from di_advisor.runs.run import workspace_of

    clock = Clock()
    spec = _spec(arguments)
    with clock.stage("estimates"), screen.noting_warnings():
        facts = facts_of(spec.source)
        if spec.account not in facts.accounts:
            raise InputError(f"There is no account {spec.account!r}.", hint=f"There are: {', '.join(facts.accounts)}.")
        workspace = workspace_of(spec, facts)
    with clock.stage("plan"):
        plan = plan_year_end(workspace, _wishes(arguments, spec.tax, workspace.signals.market.as_of))
    said = f"Account {spec.account}{f', {facts.label}' if facts.label else ''}.\n"
    screen.show(f"{said}\n{year_end_text(plan)}\n{clock.table()}")


def _spec(arguments: argparse.Namespace) -> RunSpec:
    from di_advisor.runs.spec import RunSpec, SampleSource
    from di_advisor.sample.filers import FILERS

    if (arguments.run_file is None) == (arguments.sample is None):
        raise InputError(
            "Name one account: a saved run, or --sample.", hint="Such as: di-advisor year-end --sample seasoned."
        )
    if arguments.sample is not None:
        if arguments.sample not in FILERS:
            raise InputError(f"The sample has no account {arguments.sample!r}.", hint=f"It has: {', '.join(FILERS)}.")
        spec = RunSpec(SampleSource(), arguments.sample, tax=FILERS[arguments.sample])
    else:
        from di_advisor.runs.saved import run_from_toml

        path: Path = arguments.run_file
        spec = run_from_toml(_text(path), path.name, path.parent).spec
    return spec if arguments.tax_return is None else spec.with_changes(tax=_taxpayer(arguments.tax_return))


def _taxpayer(path: Path) -> Taxpayer:
    from di_advisor.formulate.client_file import client_from_toml

    found = client_from_toml(_text(path), path.name).taxpayer
    if found is None:
        raise InputError(f"{path.name} has no [taxpayer].", hint="See: di-advisor mandate template.", file=path.name)
    return found


def _wishes(arguments: argparse.Namespace, tax: Taxpayer, on: date) -> YearEndWishes:
    from di_advisor.policy.year_end import Charity, LaterTax, YearEndWishes, later_tax
    from di_advisor.policy.year_end.valuing import WAYS

    usual = later_tax(tax, on)
    given = arguments.later_rate_percent
    stated = usual.rate if given is None else to_decimal(given, _RATE_PLACES)
    return YearEndWishes(
        later=LaterTax(stated, arguments.later_years, usual.discount_per_year),
        give_usd=arguments.give_usd,
        charity=Charity.PRIVATE_FOUNDATION if arguments.foundation else Charity.PUBLIC,
        other_itemized_usd=arguments.other_itemized_usd,
        ways=() if arguments.quick else tuple(WAYS),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(
            f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the file and its permissions."
        ) from e
