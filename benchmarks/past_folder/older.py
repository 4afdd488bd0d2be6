"""Spin-offs before the lists begin: the days are public facts, what came with a share is read off the prices.

Problem: the older files adjust for no spin-off, so that a parent seems to lose a third of its worth in a night.
Decision: on the days below the whole drop of the price is taken to be the company that was spun off, and the day has
no return. Limits: the parent's own move of that day is lost; what was received is sold at once, at that worth.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from benchmarks.past_folder.joining import Joined
from benchmarks.past_folder.names import Names
from benchmarks.past_folder.quality import Quality

__all__ = ["SPUN_OFF", "spin_offs_of_older_files"]

SPUN_OFF: tuple[tuple[str, str], ...] = (
    ("2013-09-03", "MUR"),
    ("2014-03-03", "DOV"),
    ("2014-05-28", "SPG"),
    ("2014-06-02", "NOV"),
    ("2014-06-09", "TWX"),
    ("2014-07-01", "CHK"),
    ("2014-10-01", "ADP"),
    ("2014-11-03", "KMB"),
    ("2014-12-01", "OXY"),
    ("2015-01-15", "VNO"),
    ("2015-06-29", "TGNA"),
    ("2015-07-01", "BAX"),
    ("2015-07-02", "NI"),
    ("2015-07-20", "EBAY"),
    ("2015-11-02", "HPQ"),
    ("2015-11-10", "DRI"),
    ("2016-10-31", "JCI"),
    ("2016-11-01", "ARNC"),
    ("2017-01-03", "XRX"),
    ("2017-01-30", "VAR"),
    ("2017-02-02", "BIIB"),
    ("2018-06-01", "WYND"),
)
"""Ex-date, ticker of the parent on it."""

_STEP = 0.04


def spin_offs_of_older_files(
    joined: dict[str, Joined], names: Names, sessions: tuple[date, ...], quality: Quality
) -> None:
    """Write the worth of what was spun off where no other file gave one and the price dropped."""
    for text, ticker in SPUN_OFF:
        day = date.fromisoformat(text)
        history = joined.get(names.security_id(ticker, day))
        if history is None or day not in sessions:
            continue
        row = sessions.index(day)
        if row == 0 or history.spun[row] or row in history.split:
            continue
        drop = history.close_usd[row - 1] / history.close_usd[row] - 1
        # Small ones cannot be told from the market's own move, and adjusted closes do not drop.
        if np.isfinite(drop) and drop > _STEP:
            history.spun[row] = drop
            history.meets[row] = False
            quality.note("spin-offs read off a drop", f"{ticker} {day} {drop:.3f} of the close")
