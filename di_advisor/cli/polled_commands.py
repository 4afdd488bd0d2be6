"""``di-advisor watch --quotes SOURCE``: the same policy within the day, on quotes that are polled.

Problem: a desk leaves a terminal open, or starts it by cron before the opening, and wants to hear only of what
changed. Decision: each poll at which the worklist is another goes to the terminal, or as one line of JSON; what is
remembered is written before it is shown, so that a restart repeats nothing; Ctrl-C ends it with everything kept.
Limits: as of `di_advisor.policy.intraday`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from di_advisor.cli.screen import Screen
from di_advisor.errors import InputError

if TYPE_CHECKING:
    from di_advisor.policy.policies import Policy
    from di_advisor.policy.polling import Clock
    from di_advisor.runs.polled import WatchedRun

__all__ = ["add_polled", "duration", "rest", "watch_polled"]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


def duration(text: str) -> timedelta:
    """An interval such as ``30s``, ``5m`` or ``1h``.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    found = rest(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no interval; such as 30s, 5m or 1h")
    return found


def rest(text: str) -> timedelta:
    """An interval as of `duration`, or none at all: ``0s``.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is neither.
    """
    found = re.fullmatch(r"(\d{1,6})([smh])", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no interval; such as 30s, 5m or 1h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def add_polled(command: argparse.ArgumentParser) -> None:
    """Add the options of polling."""
    polled = command.add_argument_group("within the day, on polled quotes")
    polled.add_argument(
        "--quotes",
        metavar="SOURCE",
        help="a CSV or JSON file or a folder that another process rewrites, or an installed source as NAME:PATH",
    )
    polled.add_argument("--every", type=duration, metavar="TIME", help="from one poll to the next: 30s, 5m (default)")
    polled.add_argument("--sessions", type=int, default=1, metavar="N", help="how many sessions to poll through (1)")
    polled.add_argument(
        "--confirm", type=int, default=2, metavar="N", help="polls in a row before a trigger counts (2)"
    )
    polled.add_argument(
        "--rest", type=rest, metavar="TIME", help="after a call, until the next that day (1h); 0s for no rest"
    )
    polled.add_argument("--quote-age-max", type=duration, metavar="TIME", help="older quotes are set aside (15m)")
    polled.add_argument(
        "--jump-max", type=float, default=0.2, metavar="FRACTION", help="larger jumps of a price are set aside (0.2)"
    )


def watch_polled(
    arguments: argparse.Namespace,
    screen: Screen,
    policy: Policy,
    runs: Sequence[WatchedRun],
    clock: Clock | None = None,
) -> int:
    """Watch until the sessions are over or somebody interrupts.

    Returns
    -------
    int
        How many accounts have called in the last session that was polled.

    Raises
    ------
    DiAdvisorError
        As `di_advisor.runs.polled.watch_quotes`.
    """
    from di_advisor.policy.intraday import IntradayRules
    from di_advisor.policy.quote_check import QuoteRules
    from di_advisor.report.poll_view import poll_text
    from di_advisor.runs.polled import Polling, watch_quotes

    if arguments.record is not None:
        raise InputError("Measures are of a day's close.", hint="Leave --record out where --quotes is given.")
    quotes = QuoteRules(age_max=arguments.quote_age_max or timedelta(minutes=15), jump_max=arguments.jump_max)
    resting = timedelta(hours=1) if arguments.rest is None else arguments.rest
    rules = IntradayRules(arguments.confirm, resting, quotes)
    polling = Polling(arguments.every or timedelta(minutes=5), arguments.sessions, arguments.state, rules)
    standing = 0
    try:
        for found in watch_quotes(runs, arguments.quotes, polling, policy=policy, clock=clock, told=screen.note):
            standing = len(found.standing)
            screen.show(json.dumps(_as_json(found)) if arguments.json else poll_text(found))
    except KeyboardInterrupt:
        kept = f"; what triggers remember is in {polling.state}" if polling.state is not None else ""
        screen.note(f"Stopped{kept}.")
    return standing


def _as_json(found: Any) -> dict[str, Any]:  # noqa: ANN401 a Poll, which is not imported for a type
    from di_advisor.report.poll_view import poll_rows

    return {
        "at": found.at.isoformat(),
        "policy": found.policy,
        "failed": found.failed,
        "new": [i.label for i in found.called],
        "rows": poll_rows(found),
        "aside": [{"name": each.ticker, "why": each.reason} for each in found.aside],
        "strangers": list(found.strangers),
    }
