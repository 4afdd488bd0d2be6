"""The commands and their options."""

from __future__ import annotations

import argparse
from pathlib import Path

from di_advisor.cli.backtest_commands import add_backtest
from di_advisor.cli.calendar_commands import add_calendar, add_plan
from di_advisor.cli.commands import columns, demo, propose
from di_advisor.cli.cost_commands import add_costs
from di_advisor.cli.data_arguments import add_data
from di_advisor.cli.files import file_columns
from di_advisor.cli.fleet_commands import add_fleet
from di_advisor.cli.household_commands import add_household
from di_advisor.cli.ledger_arguments import add_ledger
from di_advisor.cli.mandate_file import add_mandate, add_mandate_file
from di_advisor.cli.notation_options import add_text_notation
from di_advisor.cli.parsing import Parser, day
from di_advisor.cli.watch_commands import add_watch
from di_advisor.cli.wishes import add_rates, add_wishes, seed, usd
from di_advisor.cli.year_end_commands import add_year_end

__all__ = ["parser"]


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; such as 3, or 0 for prices of the day itself")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; each command carries its function as ``run``."""
    top = Parser(
        prog="di-advisor",
        description="Direct indexing: from tax lots to explained trades. Not tax advice.",
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="rebalance an account of the built-in simulated market"))
    _add_propose(
        commands.add_parser(
            "propose",
            help="propose trades for your own files",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=file_columns(),
        )
    )
    add_ledger(commands.add_parser("ledger", help="keep the books: record, show, papers, check"), day)
    add_costs(commands.add_parser("costs", help="orders and cost models: check, train, card, compare, promote, watch"))
    add_data(commands.add_parser("data", help="sources of data: check, pull, parse, bundle, smoke"), day)
    add_mandate(commands.add_parser("mandate", help="a client's wishes and taxpayer as a file: template, check"))
    add_watch(commands.add_parser("watch", help="which accounts are to be rebalanced today, and why; for cron"))
    add_year_end(commands.add_parser("year-end", help="what to realise by the last trade date, and why; gifts; ways"))
    add_household(commands.add_parser("household", help="all accounts of a couple together: returns, washes, location"))
    add_fleet(commands.add_parser("fleet", help="proposals for many accounts, into a folder, with a desk's list"))
    add_backtest(commands.add_parser("backtest", help="policies over a simulated past, compared after tax and cost"))
    add_calendar(commands.add_parser("calendar", help="what is known to come for an account, day by day"))
    add_plan(commands.add_parser("plan", help="what had better wait: the best dates of each name, in dollars"))
    listing = commands.add_parser("columns", help="the columns of the files that are read and written")
    listing.description = "Show the columns of every file that is read or written; a star marks those that are needed."
    listing.set_defaults(run=columns)
    return top


def _add_demo(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Rebalance an account of the built-in simulated market. Unless given, the tracking error is capped at 200 bps, "
        "sectors stay within 300 bps of the target, and trades have at least 250 USD."
    )
    command.add_argument("--account", default="seasoned", help="young, seasoned (default) or concentrated")
    command.add_argument("--seed", type=seed, default=7, help="of the simulated market (7)")
    _add_out(command)
    # Wishes that show what rules do, on any of the accounts.
    add_mandate_file(command)
    add_wishes(command, tracking_error_max_bps="200", sector_band_bps="300", min_trade_usd="250")
    command.set_defaults(run=demo)


def _add_propose(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Propose trades for an account of your own: its tax lots, prices and an index, each a CSV file. The trades "
        "are shown with their reasons, and written as a page and as CSV. Not tax advice."
    )
    files = command.add_argument_group("files")
    files.add_argument("--lots", type=Path, required=True, metavar="FILE", help="CSV of tax lots, or see --broker")
    files.add_argument(
        "--broker",
        default="csv",
        metavar="NAME",
        help="what --lots is: csv (default), generic_lots, ibkr_flex (XML), schwab_lots (a file or a folder), or "
        "fidelity_positions (no lots: nothing of it is sold)",
    )
    files.add_argument("--prices", type=Path, required=True, metavar="FILE", help="CSV of prices and conditions")
    files.add_argument("--index", type=Path, required=True, metavar="FILE", help="CSV of index weights")
    files.add_argument(
        "--returns",
        type=Path,
        metavar="FILE",
        help="CSV or Parquet of daily total returns, to estimate risk; without it, correlations are assumed",
    )
    files.add_argument(
        "--fills",
        type=Path,
        metavar="FILE",
        help="CSV of trades of the last 30 days and planned ones, for wash sales; lots alone do not show what was sold",
    )
    files.add_argument(
        "--esg",
        type=Path,
        metavar="FILE",
        help="CSV of ESG measures by security_id, a column each, that the wishes of --mandate name",
    )
    _add_notation(files)
    account = command.add_argument_group("account")
    account.add_argument("--account", default="", metavar="ID", help="which account, if the file has several")
    account.add_argument("--cash", type=usd, default=usd("0"), metavar="USD", help="cash that can be spent (0)")
    account.add_argument("--as-of", type=day, metavar="DATE", help="tax date of the trades (today in New York)")
    command.add_argument(
        "--cost-model", default="prior", metavar="NAME", help="prior, learned (simulated orders), or the id of your own"
    )
    _add_out(command)
    _add_basket(command)
    add_mandate_file(command)
    add_wishes(command)
    add_rates(command)
    command.set_defaults(run=propose)


def _add_notation(files: argparse._ArgumentGroup) -> None:
    add_text_notation(files, roles=("lots", "prices", "index", "returns", "fills", "esg"))
    files.add_argument("--price-age-max-days", type=_days, default=3, metavar="DAYS", help="weekdays (3)")
    files.add_argument("--rescale-index", action="store_true", help="rescale index weights to sum 1")


def _add_basket(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--basket",
        choices=["market", "limit"],
        help="also write orders for Interactive Brokers' BasketTrader, and the lots that each sale closes",
    )
    command.add_argument("--replace", action="store_true", help="overwrite orders of a basket that are there already")


def _add_out(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", type=Path, default=Path("di-advisor-report"), metavar="DIR", help="folder of the files written"
    )
