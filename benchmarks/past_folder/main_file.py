"""The main price file undone: raw closes from closes that every later split and spin-off has divided.

Problem: the file divides earlier prices by splits and spin-offs alike, some that no list holds, and its dividends with
them, except where the vendor forgot. Decision: F, the product of the listed later factors, and one K a name from raw
closes of other files; factors that the list of spin-offs proves missing are added; dividends that another vendor shows
to be undivided are left as they are; a dividend beside a spin-off factor on one day is that spin-off again and dropped.
**K is later knowledge, and only a level**: returns, dollar volumes and dividend yields do not hold it (tested). Limits:
a name that no other file confirms keeps K = 1 and is listed as unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.past_folder.listed import ListedSpinOff, by_parent
from benchmarks.past_folder.names import Names
from benchmarks.past_folder.quality import Quality
from benchmarks.past_folder.strands import Strand
from di_advisor.domain.market import FloatArray
from di_data.corporate_actions.ratios import plain_ratio

__all__ = ["MainStrand", "add_missing_factor", "level_of", "main_strands", "set_dividend_level", "set_level"]

_DISAGREES = 5e-3
_IS_ONE = 1e-3
_SPREAD = 1e-2
_TAIL = 0.1
_FEWEST_DIVIDENDS = 3
_DOUBLE_COUNTED = 0.05
"""A dividend of more of the close than this, on the day of a spin-off, is that spin-off."""


@dataclass
class MainStrand:
    """A strand of the main file and its factors.

    Attributes
    ----------
    strand : Strand
        Closes times F; dividends likewise.
    factors : list of (int, float)
        Position of the ex-date and factor, spin-offs and splits.
    """

    strand: Strand
    factors: list[tuple[int, float]]

    def undo(self, row: int, factor: float) -> None:
        """Take back one more factor that earlier prices were divided by."""
        s = self.strand
        before = s.rows < row
        s.close_usd[before] *= factor
        s.dividend_usd[before] *= factor
        self.factors.append((row, factor))


def main_strands(
    frame: pd.DataFrame,
    names: Names,
    spin_offs: Sequence[ListedSpinOff],
    sessions: Sequence[date],
    named_on: date,
    quality: Quality,
) -> dict[str, MainStrand]:
    """Strands of the main file, by id, at the level of its last day times F."""
    listed = by_parent(spin_offs)
    found = {}
    for ticker, rows in frame.groupby("ticker", sort=False):
        row = rows["row"].to_numpy(dtype=np.int64)
        close = rows["close"].to_numpy(dtype=np.float64)
        given = rows["dividend"].to_numpy(dtype=np.float64)
        strand = Strand(
            row,
            close.copy(),
            close * rows["volume"].to_numpy(dtype=np.float64),
            np.where(np.isfinite(given), given, 0.0),
            np.zeros(len(row)),
            origin="yahoo",
        )
        security_id = names.security_id(str(ticker), named_on)
        main = MainStrand(strand, [])
        written = rows["split"].to_numpy()
        for k in np.flatnonzero((written > 0) & (written != 1)):
            _read_factor(main, int(k), str(np.float32(written[k])), listed.get((security_id, sessions[row[k]])))
            if row[k] not in strand.split and (security_id, sessions[row[k]]) not in listed:
                quality.note("spin-offs known only as a factor", f"{ticker} {sessions[row[k]]} {written[k]:g}")
                if strand.dividend_usd[k] > _DOUBLE_COUNTED * close[k]:
                    quality.note("dividends that are a spin-off again, dropped", f"{ticker} {sessions[row[k]]}")
                    strand.dividend_usd[k] = 0.0
        found[security_id] = main
    return found


def _read_factor(main: MainStrand, k: int, written: str, listed: list[ListedSpinOff] | None) -> None:
    """One factor of the file: a split changes lots, a spin-off never does."""
    s, factor = main.strand, float(written)
    row = int(s.rows[k])
    ratio = plain_ratio(written)
    if listed:
        if listed[0].parent_per_old != 1:
            s.split[row] = listed[0].parent_per_old
    elif ratio is not None:
        s.split[row] = ratio
    elif factor < 1:
        s.split[row] = Fraction(written)
    else:
        # What came with a share is worth what the factor says of the close: no file knows more.
        s.spun[k] = factor - 1.0
    main.undo(row, factor)


def level_of(undivided: Strand, references: Sequence[tuple[str, NDArray[np.int64], FloatArray]]) -> float | None:
    """K from the first source of raw closes that shares days with the strand and is of one mind; None if none is.

    Parameters
    ----------
    undivided : Strand
        Closes times F.
    references : sequence of (str, ndarray, ndarray)
        Source, positions of sessions, raw closes.
    """
    for _, rows, close in references:
        _, mine, theirs = np.intersect1d(undivided.rows, rows, return_indices=True)
        ratio = close[theirs] / undivided.close_usd[mine]
        ratio = ratio[np.isfinite(ratio)]
        if not len(ratio):
            continue
        low, middle, high = np.quantile(ratio, [_TAIL, 0.5, 1 - _TAIL])
        if high / low - 1 < _SPREAD:
            return 1.0 if abs(middle - 1) < _IS_ONE else float(middle)
    return None


def set_level(main: MainStrand, level: float) -> None:
    """Multiply closes and dividends by K."""
    main.strand.close_usd *= level
    main.strand.dividend_usd *= level


def add_missing_factor(security_id: str, main: MainStrand, spin_off: ListedSpinOff, row: int, quality: Quality) -> None:
    """Add the factor of a listed spin-off where the close before is not the one that printed."""
    if any(at == row for at, _ in main.factors):
        return
    k = int(np.searchsorted(main.strand.rows, row))
    if not 0 < k < len(main.strand.rows):
        return
    printed = spin_off.parent_before_usd / main.strand.close_usd[k - 1]
    if abs(printed - 1) > _DISAGREES:
        main.undo(row, printed)
        quality.note("factors added that no row holds", f"{security_id} {spin_off.ex_date} {printed:.4f}")


def set_dividend_level(security_id: str, main: MainStrand, other: Strand, quality: Quality) -> None:
    """Leave dividends as they are where another vendor shows that a factor did not divide them."""
    s = main.strand
    mine, theirs = (dict(zip(x.rows.tolist(), x.dividend_usd.tolist(), strict=True)) for x in (s, other))
    ratios = [mine[r] / theirs[r] for r in mine.keys() & theirs.keys() if mine[r] > 0 and theirs[r] > 0]
    if len(ratios) < _FEWEST_DIVIDENDS:
        return
    off = float(np.median(ratios))
    if abs(off - 1) < _DISAGREES:
        return
    for row, factor in main.factors:
        if abs(off / factor - 1) < _DISAGREES:
            s.dividend_usd[s.rows < row] /= factor
            quality.note("dividends that a factor had not divided", f"{security_id} {factor:g}")
            return
    quality.note("dividends that differ between vendors", f"{security_id} by {off:.3f}")
