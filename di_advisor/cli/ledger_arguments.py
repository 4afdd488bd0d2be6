"""The options of ``di-advisor ledger``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path

from di_advisor.cli.ledger_commands import check, papers, record, show
from di_advisor.cli.notation_options import add_text_notation
from di_advisor.cli.wishes import usd
from di_advisor.domain.amounts import Exact
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import InputError

__all__ = ["add_ledger"]


def add_ledger(command: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """Add the commands that keep the books.

    Parameters
    ----------
    command : ArgumentParser
        Of ``di-advisor ledger``.
    day : callable
        Reads a date.
    """
    command.description = (
        "Keep a taxpayer's books: an append-only journal of what happened, from which tax lots, wash sales, gains and "
        "the papers of a year are derived. Not tax advice."
    )
    actions = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    recording = actions.add_parser("record", help="record transactions or opening lots from a CSV file")
    recording.add_argument("file", type=Path, metavar="FILE", help="CSV; di-advisor columns lists its columns")
    _add_where(recording, day)
    recording.add_argument("--account", default="account", metavar="ID", help="of rows that name none")
    recording.add_argument("--opening-lots", action="store_true", help="the file holds lots, as of --as-of")
    recording.add_argument(
        "--broker",
        default="csv",
        metavar="NAME",
        help="whose file it is: csv (default) or ibkr_flex (XML); for lots also generic_lots and schwab_lots. Its "
        "symbols are the ids",
    )
    recording.add_argument("--partial", action="store_true", help="record the right rows although others are wrong")
    add_text_notation(recording)
    recording.set_defaults(run=record)
    showing = actions.add_parser("show", help="holdings, gains by year, wash sales, and what is not known")
    _add_where(showing, day)
    showing.set_defaults(run=show)
    printing = actions.add_parser("papers", help="Form 8949, Schedule D, wash sales, lots and summary, CSV and HTML")
    _add_where(printing, day)
    printing.add_argument("--year", type=int, required=True, help="tax year")
    printing.add_argument(
        "--filing-status",
        type=_filing_status,
        default=FilingStatus.SINGLE,
        metavar="STATUS",
        help=f"of the return: {', '.join(FilingStatus)} (single)",
    )
    for term in ("short", "long"):
        printing.add_argument(
            f"--carryover-{term}-usd",
            type=_loss,
            default=usd("0"),
            metavar="USD",
            help=f"{term}-term loss carried over from the year before, positive (0)",
        )
    printing.add_argument("--out", type=Path, default=Path("di-advisor-papers"), metavar="DIR", help="folder")
    printing.set_defaults(run=papers)
    checking = actions.add_parser("check", help="read every entry from disk and check it against its digest")
    checking.add_argument("--ledger", required=True, metavar="FILE", help=_WHERE)
    checking.set_defaults(run=check)


_WHERE = "the ledger's file (record makes it if there is none), or postgresql://user@host/database"


def _filing_status(text: str) -> FilingStatus:
    from di_advisor.ledger.tax_return import filing_status_of

    try:
        return filing_status_of(text)
    except InputError as e:
        raise argparse.ArgumentTypeError(str(e)) from e


def _loss(text: str) -> Exact:
    amount = usd(text)
    if amount < 0:
        raise argparse.ArgumentTypeError(f"{text}: a loss carried over is entered as a positive amount")
    return amount


def _add_where(command: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    command.add_argument("--ledger", required=True, metavar="FILE", help=_WHERE)
    command.add_argument("--taxpayer", default="taxpayer", metavar="NAME", help="who files the return")
    command.add_argument("--as-of", type=day, metavar="DATE", help="last day that counts (today in New York)")
