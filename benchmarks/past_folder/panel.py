"""The panel: every company's closes, payouts and total returns over all sessions, as arrays.

Problem: a replay wants slices, not files. Decision: everything that is known of a name stands in one column; total
returns are (close x new shares + spun off + dividend) / close before - 1, from one vendor's figures each; after a hole
of more than seven calendar days there is none. Limits: values in USD, closes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.past_folder.joining import Joined, join, unexplained_moves
from benchmarks.past_folder.listed import ListedSpinOff, by_parent, listed_spin_offs
from benchmarks.past_folder.main_file import (
    MainStrand,
    add_missing_factor,
    level_of,
    main_strands,
    set_dividend_level,
    set_level,
)
from benchmarks.past_folder.names import Names
from benchmarks.past_folder.older import spin_offs_of_older_files
from benchmarks.past_folder.quality import Quality
from benchmarks.past_folder.references import References, references_of
from benchmarks.past_folder.strands import (
    Strand,
    read_frames,
    strands_of_adjusted,
    strands_of_leavers,
    strands_of_raw,
)
from di_advisor.domain.market import FloatArray
from di_data.history_folder.layout import PRICES, SPIN_OFFS, Layout

__all__ = ["Panel", "build_panel"]

_LONGEST_HOLE_DAYS = 7
_AS_LISTED = 0.02
_BELIEF = ("yahoo", "wiki", "av", "leavers", "adjusted")


@dataclass(frozen=True)
class Panel:
    """All names over all sessions.

    Attributes
    ----------
    sessions : tuple of date
        t sessions of the exchange.
    ids : tuple of str
        n permanent ids.
    close_usd, volume_usd, dividend_usd, spun, total_return : ndarray of shape (t, n)
        Closes, dollars traded, dividend for a share held the day before, worth of what was spun off over the close of
        the day, simple total return; NaN where there is none (0 for payouts).
    splits : dict of (int, int) to Fraction
        New shares for one old by position of session and name.
    raw : ndarray of bool, shape (n,)
        Whether closes are at the level that printed.
    """

    sessions: tuple[date, ...]
    ids: tuple[str, ...]
    close_usd: FloatArray
    volume_usd: FloatArray
    dividend_usd: FloatArray
    spun: FloatArray
    total_return: FloatArray
    splits: dict[tuple[int, int], Fraction]
    raw: NDArray[np.bool_]


def build_panel(
    root: Path, layout: Layout, names: Names, sessions: tuple[date, ...], wanted: frozenset[str], quality: Quality
) -> Panel:
    """Read the price files of a folder, repair them and join them, for the ids that are wanted."""
    frames = read_frames(root, sessions, quality)
    spin_offs = listed_spin_offs(layout.table(SPIN_OFFS), names)
    strands = _strands(frames, names, wanted)
    main: dict[str, MainStrand] = {}
    if "yahoo" in frames:
        named_on = layout.last_days(PRICES)[""]
        kept = [t for t in frames["yahoo"]["ticker"].unique() if names.security_id(t, named_on) in wanted]
        frame = frames["yahoo"][frames["yahoo"]["ticker"].isin(kept)]
        main = main_strands(frame, names, spin_offs, sessions, named_on, quality)
        references = references_of(layout, names, strands, spin_offs, sessions)
        _set_levels(main, references, spin_offs, strands.get("wiki", {}), sessions, quality)
    joined: dict[str, Joined] = {}
    for security_id in sorted({*main, *(i for kind in strands.values() for i in kind)}):
        mine = [main[security_id].strand] if security_id in main else []
        others = [s for kind in _BELIEF[1:] for s in strands.get(kind, {}).get(security_id, [])]
        for strand in (s for s in others if s.raw):
            for other in [*mine, *(s for s in others if s is not strand and s.origin != "adjusted")]:
                unexplained_moves(security_id, strand, other, sessions, quality)
        joined[security_id] = join(security_id, [*mine, *others], len(sessions), quality)
    for (parent, day), given in by_parent(spin_offs).items():
        _listed(joined, parent, day, given, sessions, quality)
    spin_offs_of_older_files(joined, names, sessions, quality)
    return _panel(joined, sessions)


def _strands(
    frames: dict[str, pd.DataFrame], names: Names, wanted: frozenset[str]
) -> dict[str, dict[str, list[Strand]]]:
    pairs: list[tuple[str, str, Strand]] = []
    for kind in ("wiki", "av"):
        if kind in frames:
            pairs += [(kind, i, s) for i, s in strands_of_raw(frames[kind], names, kind)]
    if "leavers" in frames:
        pairs += [("leavers", i, s) for i, s in strands_of_leavers(frames["leavers"], names)]
    if "adjusted" in frames:
        pairs += [("adjusted", i, s) for i, s in strands_of_adjusted(frames["adjusted"], names)]
    found: dict[str, dict[str, list[Strand]]] = {}
    for kind, security_id, strand in pairs:
        if security_id in wanted:
            found.setdefault(kind, {}).setdefault(security_id, []).append(strand)
    for strands_of_id in found.get("leavers", {}).values():
        strands_of_id.sort(key=lambda s: -len(s.rows))
    return found


def _set_levels(
    main: dict[str, MainStrand],
    references: References,
    spin_offs: tuple[ListedSpinOff, ...],
    older: dict[str, list[Strand]],
    sessions: tuple[date, ...],
    quality: Quality,
) -> None:
    """Bring the main file's strands to the level that printed, and mend what other files show to be wrong."""
    at = {day: k for k, day in enumerate(sessions)}
    for security_id, strand in main.items():  # sheets are scaled by the names that are known already
        references.settle(security_id, strand)
    for security_id, strand in main.items():
        level = level_of(strand.strand, references.of(security_id))
        if level is None:
            quality.note("names whose level nothing confirms", security_id)
            strand.strand.raw = False
            continue
        set_level(strand, level)
        for s in spin_offs:
            if s.parent_id == security_id and s.ex_date in at:
                add_missing_factor(security_id, strand, s, at[s.ex_date], quality)
        for other in older.get(security_id, []):
            set_dividend_level(security_id, strand, other, quality)


def _listed(
    joined: dict[str, Joined],
    parent: str,
    day: date,
    given: list[ListedSpinOff],
    sessions: tuple[date, ...],
    quality: Quality,
) -> None:
    """Write listed spin-offs over what factors said of the day, where the closes fell as the list says."""
    row = sessions.index(day) if day in sessions else 0
    if parent not in joined or row == 0:
        return
    history, first = joined[parent], given[0]
    fell = history.close_usd[row] / history.close_usd[row - 1]
    if not abs(fell / (first.parent_close_usd / first.parent_before_usd) - 1) < _AS_LISTED:
        quality.note("listed spin-offs that are in the prices already", f"{parent} {day}")
        return
    history.spun[row] = sum(float(s.child_per_old) * s.child_close_usd for s in given) / first.parent_close_usd
    if first.parent_per_old != 1:
        history.split[row] = first.parent_per_old


def _panel(joined: dict[str, Joined], sessions: tuple[date, ...]) -> Panel:
    ids = tuple(sorted(i for i, j in joined.items() if np.isfinite(j.close_usd).any()))
    stack = {
        name: np.column_stack([getattr(joined[i], name) for i in ids])
        for name in ("close_usd", "volume_usd", "dividend_usd", "spun", "meets")
    }
    close = stack["close_usd"]
    splits = {(row, j): ratio for j, i in enumerate(ids) for row, ratio in joined[i].split.items()}
    new = np.ones(close.shape)
    for (row, j), ratio in splits.items():
        new[row, j] = float(ratio)
    ordinal = np.array([d.toordinal() for d in sessions], dtype=np.float64)[:, None]
    before, seen = _carried(close), _carried(np.where(np.isfinite(close), ordinal, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        total = (close * (new + stack["spun"]) + stack["dividend_usd"]) / before - 1
        fresh = (ordinal - seen <= _LONGEST_HOLE_DAYS) & stack["meets"]
    return Panel(
        sessions,
        ids,
        close,
        stack["volume_usd"],
        stack["dividend_usd"],
        stack["spun"],
        np.where(fresh, total, np.nan),
        splits,
        np.array([joined[i].raw for i in ids], dtype=np.bool_),
    )


def _carried(values: FloatArray) -> FloatArray:
    """The last figure before each row, shape as given; NaN where there is none."""
    at = np.where(np.isfinite(values), np.arange(len(values))[:, None], -1)
    at = np.maximum.accumulate(at, axis=0)
    last = np.where(at >= 0, np.take_along_axis(values, np.maximum(at, 0), axis=0), np.nan)
    return np.vstack([np.full((1, values.shape[1]), np.nan), last[:-1]])
