"""``di-advisor backtest``: policies replayed over the built-in simulated market, compared after tax and cost.

Finished runs are kept in a folder: a command that was stopped goes on where it was, and one with further policies or
starts runs only what is new. Limits: the simulated market alone; a past of your own goes into
`di_advisor.backtest.comparison.compare_policies`.
"""

from __future__ import annotations

import argparse
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from di_advisor.cli.screen import Progress, Screen
from di_advisor.cli.wishes import seed
from di_advisor.domain.cells import iso_day
from di_advisor.errors import InputError
from di_advisor.policy.sessions import Cadence, due_session
from di_advisor.units import fraction_from_bps

__all__ = ["add_backtest", "backtest"]


def add_backtest(command: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    command.description = (
        "Replay policies over the built-in simulated market and compare them after tax and cost. A vintage is an "
        "account that begins with cash on the first session of a quarter."
    )
    command.add_argument(
        "--policy",
        action="append",
        metavar="NAME",
        help="threshold, opportunistic, rested, monthly, quarterly, annual or ml; may be given again (monthly and "
        "threshold)",
    )
    command.add_argument("--start", metavar="DATE", default="2023-01-01", help="of the first vintage (2023-01-01)")
    command.add_argument("--end", metavar="DATE", default="2024-12-31", help="of all vintages (2024-12-31)")
    command.add_argument("--vintages", type=int, default=1, metavar="N", help="one a quarter from the start on (1)")
    command.add_argument("--names", type=int, default=60, metavar="N", help="of the index, the largest (60)")
    command.add_argument("--seed", type=seed, default=7, help="of the simulated market (7)")
    command.add_argument("--cap-bps", type=float, default=200.0, metavar="BPS", help="on tracking error (200)")
    command.add_argument("--both-laws", action="store_true", help="each run with the law of wash sales and without")
    command.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")
    command.add_argument("--into", type=Path, metavar="FOLDER", help="keeps finished runs; a stopped command goes on")
    command.add_argument("--html", type=Path, metavar="FILE", help="writes the report as a page")
    command.set_defaults(run=backtest)


def backtest(arguments: argparse.Namespace, screen: Screen) -> None:
    """Replay, compare, and show the table."""
    from di_advisor.backtest.comparison import compare_policies
    from di_advisor.backtest.sample_past import sample_past
    from di_advisor.domain.mandate import Mandate
    from di_advisor.domain.taxes import ConstantRates, TaxProfile
    from di_advisor.policy.policies import policy_named
    from di_advisor.report.backtest_view import backtest_page, comparison_bundle, difference_sentence
    from di_advisor.report.output_files import write_text
    from di_advisor.report.wording import count_of

    start, end = iso_day(arguments.start), iso_day(arguments.end)
    if arguments.vintages < 1 or arguments.workers < 1:
        raise InputError("Vintages and workers are counted from 1.", hint="Leave them out for one of each.")
    policies = [policy_named(name) for name in dict.fromkeys(arguments.policy or ("monthly", "threshold"))]
    starts = _starts(start, end, arguments.vintages)
    world = sample_past(arguments.seed, arguments.names)
    past = world if arguments.workers == 1 else partial(sample_past, arguments.seed, arguments.names)
    runs = len(policies) * len(starts) * (1 + arguments.both_laws)
    label = f"{count_of(runs, 'run')} over {world.label}"
    with Progress(screen) as progress:
        found = compare_policies(
            past,
            policies,
            starts,
            end,
            Mandate(tracking_error_max=fraction_from_bps(arguments.cap_bps), min_trade_usd=Decimal(250)),
            TaxProfile(rates=ConstantRates(short_term=0.408, long_term=0.238)),
            wash_sales=(True, False) if arguments.both_laws else (True,),
            folder=arguments.into,
            workers=arguments.workers,
            progress=lambda done, total: progress.told("run", min(done, total - 1), total),
        )
    screen.show(f"{label}.\n\n{comparison_bundle(found)['text/plain']}")
    names = list(found.policies)
    if len(starts) > 1:
        for ours, theirs in zip(names[1:], names, strict=False):
            # A vintage a quarter overlaps with all that begin before it ends.
            gap = found.difference(ours, theirs, seed=arguments.seed, mean_block=float(len(starts)) / 2)
            screen.show(difference_sentence(ours, theirs, gap))
    if arguments.html is not None:
        path = write_text(arguments.html.parent, arguments.html.name, backtest_page(found))
        screen.show(f"Report: {path}")


def _starts(start: date, end: date, count: int) -> list[date]:
    months = [start.year * 12 + start.month - 1 + 3 * k for k in range(count)]
    starts = [start, *(due_session(date(m // 12, m % 12 + 1, 1), Cadence.QUARTERLY) for m in months[1:])]
    if starts[-1] >= end:
        raise InputError(
            f"The last vintage would begin on {starts[-1]}, not before {end}.", hint="Ask for fewer, or a later end."
        )
    return starts
