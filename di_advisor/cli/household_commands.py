"""``di-advisor household``: all accounts of a couple proposed for together, from one file, or of the sample.

Decision: one TOML names files, returns and accounts (`di_advisor.runs.household_file`); what is written is a page and
the trades of all accounts. Lots to give and to move are asked for beside it, because nothing here decides on them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.cli.screen import Clock, Screen
from di_advisor.cli.wishes import rate, usd
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.domain.costs import CostCurves
    from di_advisor.domain.household import Household
    from di_advisor.domain.market import Market
    from di_advisor.domain.risk import FactorRisk
    from di_advisor.domain.signals import Signals
    from di_advisor.formulate.own import OwnWishes
    from di_advisor.formulate.schedule_d import Taxpayer
    from di_advisor.propose.household.moves import Donation, Move

__all__ = ["add_household", "household"]

_REPORT = "household.html"
_MOVE_PARTS = 3
_SAVED = 0.24
_EXAMPLE = """\
A file for it:

  name = "Ann and Bob"
  as_of = 2026-06-30
  lots = "lots.csv"          # column account_id, and account_kind: taxable, ira, roth
  prices = "prices.csv"
  index = "index.csv"
  tracking = "each"          # or "together": one target for the sum of all accounts
  wash_policy = "ban"        # or "price"

  [[returns]]
  name = "both"
  people = ["ann", "bob"]    # two returns of one person each where they file separately
  taxpayer = "both.toml"     # its [taxpayer]: see `di-advisor mandate template`
  gain_budget_usd = 10000    # of all accounts on this return together; may be left out

  [[accounts]]
  account_id = "hers"
  owner = "ann"
  cash_usd = 1200
  mandate = "hers.toml"      # its [mandate], and [own] terms and rules; the defaults where it is left out

  [[accounts]]
  account_id = "her IRA"
  owner = "ann"
  withdrawal_tax_rate = 0.22 # tax that a dollar taken out will bear: it counts after that where one target is tracked

Files are relative to the folder of this one; `history` (daily returns) and `fills` may be named too.
"""


def add_household(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.description = (
        "All accounts of one or two people together: one return (or two of a couple that files separately), gains\n"
        "netted across accounts, no account washing another's loss. Not tax advice."
    )
    command.epilog = _EXAMPLE
    command.add_argument("file", type=Path, nargs="?", metavar="FILE", help="TOML of the household, as below")
    command.add_argument("--sample", action="store_true", help="a made-up couple with three accounts")
    command.add_argument("--give-usd", type=usd, metavar="USD", help="show the lots to give to charity for so much")
    command.add_argument(
        "--deduction-rate-percent", type=rate, metavar="PERCENT", help="what a dollar of deduction saves (24)"
    )
    command.add_argument(
        "--move",
        action="append",
        default=[],
        metavar="LOT:FROM:TO",
        help="show what moving a lot to another account is by law; may be repeated",
    )
    command.add_argument("--quick", action="store_true", help="leave out the comparison with separate proposals")
    command.add_argument(
        "--out", type=Path, default=Path("di-advisor-report"), metavar="DIR", help="folder of the page and the trades"
    )
    command.set_defaults(run=household)


def household(arguments: argparse.Namespace, screen: Screen) -> None:
    """Propose for a household, show it, and write its page and its trades."""
    from di_advisor.cli.outputs import write_all
    from di_advisor.propose.household import facts_of, propose
    from di_advisor.propose.household.moves import told_move
    from di_advisor.propose.planned import never
    from di_advisor.report.csv_export import trades_csv
    from di_advisor.report.household_view import household_page, household_text
    from di_advisor.signals.market import estimate_market

    if (arguments.file is None) == (not arguments.sample):
        raise InputError("Name one household: a file, or --sample.", hint="Such as: di-advisor household --sample.")
    clock = Clock()
    moves = [_move(text) for text in arguments.move]
    with clock.stage("facts"), screen.noting_warnings():
        asked = _asked(arguments)
    for sentence in asked.notes:
        screen.note(sentence)
    signals = estimate_market(asked.market, asked.risk, asked.costs)
    accounts = facts_of(asked.household, signals, asked.taxes, never).accounts
    mine = {i: each.signals for i, each in accounts.items()}
    # Before the long part: whoever names a wrong lot hears of it at once.
    givers = [asked.household.account(m.from_account_id).account_id for m in moves]
    told = [told_move(asked.household, mine[giver], m) for giver, m in zip(givers, moves, strict=True)]
    given = () if arguments.give_usd is None else _given(arguments, asked, mine)
    with clock.stage("proposal"):
        found = propose(asked.household, signals, asked.taxes, compare=not arguments.quick, own=asked.own)
    page = household_page(found, label=asked.label, given=given, moves=told)
    texts = {_REPORT: page}
    for number, proposal in enumerate(found.proposals.values(), start=1):
        texts[f"trades_{number}.csv"] = trades_csv(proposal)  # ids of accounts come from files, and name no file
    written = write_all(arguments.out, texts)
    head = f"{asked.label}\n\n" if asked.label else ""
    screen.show(f"{head}{household_text(found, given=given, moves=told)}")
    screen.show(f"{clock.table()}\n\nWritten: {', '.join(str(p) for p in written)}")


@dataclass(frozen=True)
class _Asked:
    """What a proposal for a household needs."""

    household: Household
    market: Market
    risk: FactorRisk
    costs: CostCurves
    taxes: Mapping[str, Taxpayer]
    label: str = ""
    notes: tuple[str, ...] = ()
    own: Mapping[str, OwnWishes] = field(default_factory=dict)


def _asked(arguments: argparse.Namespace) -> _Asked:
    if arguments.sample:
        from di_advisor.sample.household import sample_household

        made = sample_household()
        return _Asked(made.household, made.market, made.risk, made.costs, made.taxes, made.label)
    from di_advisor.advisor import Advisor
    from di_advisor.runs.household_file import household_from_toml

    found = household_from_toml(arguments.file)
    advisor, facts = Advisor(), found.facts
    risk = facts.risk or advisor.estimate_risk(facts.market, facts.returns)
    costs = advisor.estimate_costs(facts.market)
    notes = tuple(note.replace("(--fills)", "(fills in the file)") for note in facts.notes)
    return _Asked(found.household, facts.market, risk, costs, found.taxes, "", notes, found.loaded_own())


def _move(text: str) -> Move:
    from di_advisor.propose.household.moves import Move

    parts = text.split(":")
    if len(parts) != _MOVE_PARTS or not all(parts):
        raise InputError(f"{text!r} is no move.", hint="Write LOT:FROM:TO, by the ids of the lot and of the accounts.")
    lot, giver, taker = parts
    return Move(lot, giver, taker)


def _given(arguments: argparse.Namespace, asked: _Asked, signals: Mapping[str, Signals]) -> tuple[Donation, ...]:
    """Lots to give, of the return whose long-term gains are taxed most."""
    from di_advisor.formulate.schedule_d import rates_of
    from di_advisor.propose.household.moves import donations

    on = asked.market.as_of
    rates = {f.name: rates_of(asked.taxes[f.name], on).rates for f in asked.household.filers}
    name = max(rates, key=lambda n: rates[n].long_term)
    mine = {i: s for i, s in signals.items() if asked.household.filer_of(i).name == name}
    taxed = {i: s for i, s in mine.items() if asked.household.account(i).is_taxed}
    saved = arguments.deduction_rate_percent
    return donations(taxed, arguments.give_usd, rates[name], _SAVED if saved is None else saved)
