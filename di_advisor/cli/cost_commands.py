"""``di-advisor costs check``: read past orders, say what was dropped and why, and what the rest cost.

Problem: a cost model is as good as the orders behind it, so a desk wants to see what became of its file
before anything is trained. Decision: the report is shown in full, with examples; what is kept can be
written as a table that the training reads. Limits: training and monitoring are run where the models
live (``python -m di_models.cost.train``, ``python -m di_models.cost.watch``).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from di_advisor.cli.files import order_columns
from di_advisor.cli.screen import Screen
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.domain.trade_history import TradeHistory

__all__ = ["add_costs", "check_orders"]

_CSV = "csv"


def add_costs(command: argparse.ArgumentParser) -> None:
    """Add the commands about trading costs."""
    command.description = "Past orders and what they cost."
    actions = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    checking = actions.add_parser(
        "check",
        help="read past orders: what was dropped and why, overlaps, implementation shortfall",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=order_columns(),
    )
    checking.add_argument("orders", type=Path, metavar="FILE", help="orders, or orders with their fills")
    checking.add_argument("--reader", default=_CSV, metavar="NAME", help="csv, ibkr_flex, or an installed one (csv)")
    checking.add_argument("--fills", type=Path, metavar="FILE", help="fills, where they stand in a file of their own")
    for name, what in (("daily", "daily conditions"), ("quotes", "quotes"), ("minutes", "minute averages")):
        checking.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"CSV or Parquet of {what}")
    checking.add_argument(
        "--zone", default="", metavar="ZONE", help="of times that carry none, such as America/New_York"
    )
    checking.add_argument("--mapping", type=Path, metavar="FILE", help="TOML of columns, sides and zone (csv)")
    checking.add_argument("--out", type=Path, metavar="FILE", help="write what is kept, as Parquet")
    checking.set_defaults(run=check_orders)


def check_orders(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show what became of a file of orders, and what they cost."""
    from di_advisor.domain.order_overlaps import purge_overlaps
    from di_advisor.domain.shortfall import shortfall
    from di_advisor.registry import trade_history_reader

    settings: dict[str, Any] = {"zone": arguments.zone}
    if arguments.mapping is not None:
        if arguments.reader != _CSV:
            raise InputError(f"The reader {arguments.reader} takes no mapping.", hint="Leave out --mapping.")
        settings["mapping"] = arguments.mapping
    reader = trade_history_reader(arguments.reader, **settings)
    with screen.noting_warnings():
        market = reader.conditions(arguments.daily, quotes=arguments.quotes, minutes=arguments.minutes)
        read = reader.trade_history(arguments.orders, fills=arguments.fills, conditions=market)
    screen.show(read.quality.sentence)
    for finding in read.quality.findings:
        screen.show(f"  {finding.count:>8,}  {finding.treatment}: {finding.flaw}")
        for example in finding.examples:
            screen.show(f"            {example}")
    screen.show(purge_overlaps(read.history).sentence)
    if len(read.history):
        screen.show(shortfall(read.history).sentence)
    if arguments.out is not None:
        _write(read.history, arguments.out)
        screen.show(str(arguments.out))


def _write(history: TradeHistory, path: Path) -> None:
    try:
        history.to_frame().to_parquet(path, index=False)
    except OSError as e:
        raise InputError(f"{path} cannot be written: {e.strerror or e}.", hint="Check the folder.") from e
