"""Options of ``di-advisor data``: check, pull, parse, bundle, smoke."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from di_advisor.cli.data_commands import check, export, parse, pull, replay, smoke
from di_advisor.cli.data_questions import add_question

__all__ = ["add_data"]

Day = Callable[[str], date]


def add_data(command: argparse.ArgumentParser, day: Day) -> None:
    """Add the commands about sources of data."""
    command.description = (
        "Sources of data: how they stand, what they give, what a saved file of theirs holds. Keys are taken from the "
        "environment or the keyring and never shown; `data check` names them."
    )
    actions = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_check(actions.add_parser("check", help="which sources are there, keyed, reachable; what each last gave"))
    _add_pull(actions.add_parser("pull", help="ask a source, or what is stored of it"), day)
    _add_parse(actions.add_parser("parse", help="what a saved answer or workbook contains, and what is refused of it"))
    _add_bundle(actions.add_parser("bundle", help="answers in a folder, for a room without a network"), day)
    _add_smoke(actions.add_parser("smoke", help="ask the live services a small question each, and write a report"))


def _add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("names", nargs="*", metavar="NAME", help="only these sources")
    command.add_argument("--offline", action="store_true", help="do not try whether hosts take connections")
    _add_folder(command)
    command.set_defaults(run=check)


def _add_pull(command: argparse.ArgumentParser, day: Day) -> None:
    command.add_argument("name", metavar="NAME", help="of the source")
    add_question(command, day)
    group = command.add_argument_group("how it is asked")
    group.add_argument("--cache-only", action="store_true", help="give what is stored; no socket is opened")
    group.add_argument("--bundle", type=Path, metavar="DIR", help="give what a bundle holds; no socket is opened")
    group.add_argument("--as-fetched", type=_moment, metavar="TIME", help="as it was known then (UTC), from the store")
    group.add_argument("--accept-fewer", action="store_true", help="believe far fewer records than last time")
    group.add_argument("--partial", action="store_true", help="write what came although some of it is missing")
    _add_output(command)
    _add_folder(command)
    command.set_defaults(run=pull)


def _add_parse(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="ADAPTER", help="whose answer or file it is")
    command.add_argument("file", type=Path, metavar="FILE", help="a saved answer, or a workbook")
    command.add_argument("--mapping", type=Path, metavar="TOML", help="what the columns of a file of your own mean")
    command.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what the file does not say itself: symbol=AAPL, preset=msci_letters",
    )
    _add_output(command)
    command.set_defaults(run=parse)


def _add_bundle(command: argparse.ArgumentParser, day: Day) -> None:
    actions = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    exporting = actions.add_parser("export", help="write the answers to questions into a new folder")
    exporting.add_argument("folder_out", type=Path, metavar="DIR", help="a new folder")
    exporting.add_argument("name", nargs="?", default="", metavar="NAME", help="of the source, for one question")
    add_question(exporting, day)
    exporting.add_argument("--questions", type=Path, metavar="TOML", help="many questions, a [[question]] each")
    exporting.add_argument("--cache-only", action="store_true", help="of what is stored; no socket is opened")
    _add_folder(exporting)
    exporting.set_defaults(run=export)
    replaying = actions.add_parser("replay", help="check a bundle and give what it holds; no socket is opened")
    replaying.add_argument("bundle", type=Path, metavar="DIR", help="as it was written")
    _add_output(replaying)
    replaying.set_defaults(run=replay)


def _add_smoke(command: argparse.ArgumentParser) -> None:
    command.description = "Calls real services with your keys and against your limits; never in CI."
    command.add_argument("names", nargs="*", metavar="NAME", help="only these sources")
    command.add_argument("--yes", action="store_true", help="truly call them")
    command.add_argument(
        "--out", type=Path, default=Path("di-advisor-smoke"), metavar="DIR", help="folder of the dated report"
    )
    command.set_defaults(run=smoke)


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", type=Path, metavar="FILE", help="write all records: .csv or .parquet; several kinds, several files"
    )
    command.add_argument("--rows", type=_rows, default=20, metavar="N", help="rows shown of each kind (20)")


def _add_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("--folder", type=Path, metavar="DIR", help="where answers are kept (the user's data folder)")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        told = f"{text!r} is no time; write 2026-11-02T09:30"
        raise argparse.ArgumentTypeError(told) from e
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _rows(text: str) -> int:
    if not text.isdigit():
        told = f"{text!r} is no number of rows"
        raise argparse.ArgumentTypeError(told)
    return int(text)
