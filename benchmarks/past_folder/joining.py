"""One history of each company out of several vendors' strands.

Problem: no vendor has all days, and their levels differ. Decision: strands are laid one under the other in the order of
belief; days that the better ones lack come from the next, scaled to meet them on the days that both have next to the
gap; a return is always one vendor's. A strand that does not move as the better one does is another company under the
same ticker and is refused. Limits: where two strands share no day, they meet without a return between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from benchmarks.past_folder.quality import Quality
from benchmarks.past_folder.strands import Strand
from di_advisor.domain.action_prices import doubtful_ratio
from di_advisor.domain.events import ReverseSplit, Split, TaxTreatment
from di_advisor.domain.market import FloatArray

__all__ = ["Joined", "join", "unexplained_moves"]

_FEWEST_COMMON = 40
_SAME_COMPANY = 0.9
_ALIKE = 5e-3
"""Moves of one company at two vendors differ by less."""
_MEETING_DAYS = 10
_SPEAKS = 0.03
_MOST_ACTIONS = 6
_CLOSE_TO = 1e-2
_RATIOS = tuple(
    Fraction(n, m) for n, m in ((2, 1), (3, 1), (4, 1), (5, 1), (7, 1), (3, 2), (1, 2), (1, 3), (1, 4), (1, 8))
)


@dataclass
class Joined:
    """A company's history over all t sessions; NaN where nobody printed a close.

    Attributes
    ----------
    close_usd, volume_usd, dividend_usd, spun : ndarray of shape (t,)
        As in `Strand`, 0 where nothing was paid.
    meets : ndarray of bool, shape (t,)
        Whether the close before is of the same vendor, or was scaled to meet it.
    split : dict of int to Fraction
        By position of the ex-date.
    raw : bool
        Whether the level is one that printed.
    """

    close_usd: FloatArray
    volume_usd: FloatArray
    dividend_usd: FloatArray
    spun: FloatArray
    meets: NDArray[np.bool_]
    split: dict[int, Fraction]
    raw: bool


def join(security_id: str, strands: Sequence[Strand], sessions: int, quality: Quality) -> Joined:
    """Lay strands one under the other, the first believed most."""
    close, volume = np.full(sessions, np.nan), np.full(sessions, np.nan)
    paid, spun, meets = np.zeros(sessions), np.zeros(sessions), np.zeros(sessions, np.bool_)
    done = Joined(close, volume, paid, spun, meets, split={}, raw=True)
    for k, strand in enumerate(strands):
        if not len(strand.rows):
            continue
        if k and not _moves_alike(done, strand):
            quality.note("strands refused: another company's", f"{security_id} {strand.origin}")
            continue
        done.raw &= not _lay_under(done, strand) or strand.raw
    return done


def _moves_alike(done: Joined, strand: Strand) -> bool:
    common = strand.rows[np.isfinite(done.close_usd[strand.rows])]
    if len(common) < _FEWEST_COMMON:
        return True
    both = np.stack([done.close_usd[common], strand.close_usd[np.searchsorted(strand.rows, common)]])
    moves = np.diff(np.log(both), axis=1)
    # Splits, spin-offs and dividends in one and not in the other say nothing about who it is: most days agree.
    return bool(np.mean(np.abs(moves[1] - moves[0]) < _ALIKE) > _SAME_COMPANY)


def _lay_under(done: Joined, strand: Strand) -> bool:
    """Fill the days that are missing, run by run, each scaled to meet what is there; whether there were any."""
    free = ~np.isfinite(done.close_usd[strand.rows])
    there = np.flatnonzero(~free)
    where = np.flatnonzero(free)
    had_any = bool(len(there)) or bool(np.isfinite(done.close_usd).any())
    for run in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1):
        if not len(run):
            continue
        scale = _scale(done, strand, there, run)
        rows = strand.rows[run]
        done.close_usd[rows] = strand.close_usd[run] * scale
        done.volume_usd[rows] = strand.volume_usd[run]
        done.dividend_usd[rows] = strand.dividend_usd[run] * scale
        done.spun[rows] = strand.spun[run]
        done.meets[rows] = True
        met = run[0] > 0 or not had_any
        done.meets[rows[0]] = met
        after = int(rows[-1]) + 1
        if not len(there) and after < len(done.meets):
            done.meets[after] = False
        done.split.update({int(r): strand.split[int(r)] for r in rows if int(r) in strand.split})
    return bool(len(where))


def _scale(done: Joined, strand: Strand, there: NDArray[np.int64], run: NDArray[np.int64]) -> float:
    """Level of a run: the ratio on the common days next to it (raw levels that agree are left alone)."""
    if not len(there):
        return 1.0
    after = there[there > run[-1]][:_MEETING_DAYS]
    before = there[there < run[0]][-_MEETING_DAYS:]
    near = after if len(after) else before
    ratio = float(np.median(done.close_usd[strand.rows[near]] / strand.close_usd[near]))
    return 1.0 if strand.raw and abs(ratio - 1) < 5e-3 else ratio


def unexplained_moves(
    security_id: str, strand: Strand, other: Strand, sessions: Sequence[date], quality: Quality
) -> None:
    """Add to raw closes the splits and spin-offs that only another vendor knew of.

    Two vendors of one company move alike to the cent, so a lone day on which they do not is an action that one of
    them took into its prices: a split where the factor is a ratio of small numbers (and `doubtful_ratio` has nothing
    against it), else something spun off, worth the factor.
    """
    common, mine, theirs = np.intersect1d(strand.rows, other.rows, return_indices=True)
    next_to = np.flatnonzero((np.diff(mine) == 1) & (np.diff(theirs) == 1)) + 1
    if len(next_to) < _FEWEST_COMMON:
        return
    apart = _grown(other, theirs, next_to) - _grown(strand, mine, next_to)
    level = np.log(other.close_usd[theirs] / strand.close_usd[mine])
    odd = np.array([k for k in next_to[np.abs(apart) > _SPEAKS] if _stays(level, int(k))], dtype=np.int64)
    if np.mean(np.abs(apart) < _ALIKE) < _SAME_COMPANY or len(odd) > _MOST_ACTIONS:
        return
    for k in odd:
        row, factor = int(common[k]), float(np.exp(apart[next_to == k][0]))
        if row in strand.split:
            continue
        closes = float(strand.close_usd[mine[k] - 1]), float(strand.close_usd[mine[k]])
        ratio = next((r for r in _RATIOS if abs(factor / float(r) - 1) < _CLOSE_TO), None)
        if ratio is not None and not doubtful_ratio(
            _split(security_id, ratio, sessions[row]), before_usd=closes[0], after_usd=closes[1]
        ):
            strand.split[row] = ratio
            quality.note("splits added that no row holds", f"{security_id} {sessions[row]} {strand.origin} {ratio}")
        elif factor > 1:
            strand.spun[mine[k]] += factor - 1
            quality.note("spin-offs that another vendor's prices show", f"{security_id} {sessions[row]} {factor:.3f}")


def _stays(level: FloatArray, k: int) -> bool:
    """Whether one vendor's level against the other's is another one from a day on: a slip comes back within days."""
    before, after = level[max(k - _MEETING_DAYS, 0) : k], level[k : k + _MEETING_DAYS]
    moved = float(np.median(after) - np.median(before))
    return bool(
        abs(moved - (level[k] - level[k - 1])) < _ALIKE and abs(level[k - 1] - float(np.median(before))) < _ALIKE
    )


def _grown(strand: Strand, at: NDArray[np.int64], k: NDArray[np.int64]) -> FloatArray:
    """Logarithm of what a share became over single days, splits and spin-offs included, dividends not."""
    rows = strand.rows[at[k]]
    new = np.array([float(strand.split.get(int(r), 1)) for r in rows])
    now, before = strand.close_usd[at[k]], strand.close_usd[at[k] - 1]
    return np.asarray(np.log(now * (new + strand.spun[at[k]]) / before), dtype=np.float64)


def _split(security_id: str, ratio: Fraction, on: date) -> Split | ReverseSplit:
    kind = Split if ratio > 1 else ReverseSplit
    return kind(
        event_id="seen in prices",
        on=on,
        source="prices",
        security_id=security_id,
        tax_treatment=TaxTreatment.SPLIT,
        new_per_old=ratio,
    )
