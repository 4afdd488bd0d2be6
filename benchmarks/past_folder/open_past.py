"""Open a folder of files as a past; what was built is kept beside the user's other caches, as Parquet.

Problem: reading and repairing ten years takes seconds of processor time, and a comparison opens the past in every
worker. Decision: the panel (closes, volumes, payouts, returns, splits) is written once into a folder whose name holds
the files' sizes and dates and a digest of this package, outside the repository; index, weights and events are made
from it each time. Limits: a file that changes without changing size or date is not noticed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.past_folder.conditions import conditions_of
from benchmarks.past_folder.deeds import deeds_of
from benchmarks.past_folder.listed import listed_mergers, listed_spin_offs
from benchmarks.past_folder.membership import ever_members, largest_only, members_by_session
from benchmarks.past_folder.names import Names, further_renames
from benchmarks.past_folder.panel import Panel, build_panel
from benchmarks.past_folder.past import NOTICE_SESSIONS, FolderPast
from benchmarks.past_folder.quality import Quality
from benchmarks.past_folder.stored import read_panel, write_panel
from benchmarks.past_folder.strands import FILES
from benchmarks.past_folder.weights import WeightKind, sizes
from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_advisor.policy.sessions import sessions_after, sessions_between
from di_data.history_folder.layout import EVENTS, MEMBERS, MERGERS, PRICES, SPIN_OFFS, Layout
from di_data.history_folder.members import Companies, Membership
from di_data.history_folder.weights import read_sheets

__all__ = ["cache_folder", "exchange_sessions", "open_past"]

LAST_DAY = date(2022, 12, 30)
_REAL_ESTATE = "Real Estate"


def exchange_sessions(first: date, last: date) -> tuple[date, ...]:
    """Sessions of the exchange from one day to another, both included."""
    begin = sessions_after(first, 0)
    begin = begin if begin >= first else sessions_after(first, 1)
    return tuple(sessions_after(begin, k) for k in range(sessions_between(begin, last) + 1))


def first_price_day(root: Path) -> date:
    """First day of any price file of a folder.

    Raises
    ------
    InputError
        If the folder has none of the files.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    there = [root / file for file in FILES.values() if (root / file).is_file()]
    if not there:
        raise InputError(f"{root} has no price file.", hint=f"It needs one of: {', '.join(FILES.values())}.")
    days: list[date | None] = [pc.min(pq.read_table(path, columns=["date"])["date"]).as_py() for path in there]
    return min(d for d in days if d is not None)


def open_past(
    root: Path,
    *,
    start: date | None = None,
    end: date = LAST_DAY,
    names: int | None = None,
    weights: WeightKind = WeightKind.VOLUME,
    notice: int = NOTICE_SESSIONS,
    cache: bool = True,
) -> FolderPast:
    """Open a folder of the documented form.

    Parameters
    ----------
    root : Path
        Holds ``prices``, ``index`` and ``corporate_actions``.
    start, end : date
        First and last day that may be replayed; earlier rows are read for history. All days when left out.
    names : int, optional
        Only the largest names by dollar volume, as known at the start.
    weights : WeightKind
        How the index is weighted (`benchmarks.past_folder.weights`).
    notice : int
        Sessions between announcement and effect of an index change.
    cache : bool
        Whether to keep the panel in the user's cache folder (DI_ADVISOR_CACHE names another one).

    Raises
    ------
    InputError
        If a file or column is missing, or there is no session between the days.
    """
    layout = Layout(root)
    aliases = Names.of_tables(layout.table(MEMBERS), layout.table(EVENTS), further_renames())
    assert isinstance(aliases, Names)
    begin = first_price_day(root)
    start = start or begin
    sessions = exchange_sessions(min(begin, start), end)
    membership = Membership(layout, aliases)
    spin_table = layout.table(SPIN_OFFS)
    spin_offs = listed_spin_offs(spin_table.assign(**{c: spin_table[c] for c in ("parent", "spinco")}), aliases)
    mergers = listed_mergers(layout.table(MERGERS), aliases)
    wanted = ever_members(membership, sessions)
    wanted |= {s.child_id for s in spin_offs if s.parent_id in wanted}
    panel, quality = _panel(root, layout, aliases, sessions, frozenset(wanted), cache=cache)
    members = members_by_session(membership, sessions, panel.ids)
    conditions = conditions_of(panel.volume_usd, panel.total_return)
    first = int(np.searchsorted(np.array(sessions, dtype="datetime64[D]"), np.datetime64(start, "D")))
    if first >= len(sessions):
        raise InputError(f"There is no session from {start} to {end}.", hint="Give a start before the end.")
    priced = np.isfinite(panel.close_usd)
    if names is not None:
        members = largest_only(members, conditions.usual_volume_usd, priced, names, first, notice)
    sheets = read_sheets(layout, aliases)
    companies = Companies(layout, aliases, sheets, {}, named_on=layout.last_days(PRICES)[""])
    securities = {i: companies.security(i, i.partition(":")[2], sessions[-1]) for i in panel.ids}
    reits = frozenset(i for i, s in securities.items() if s.sector == _REAL_ESTATE)
    deeds = deeds_of(panel, spin_offs, mergers, reits, quality)
    size = sizes(
        members.inside,
        conditions.usual_volume_usd,
        _grown(panel),
        weights,
        notice=notice,
        resets=_quarters(sessions),
        sheet=_sheet(sheets, panel, sessions) if weights is WeightKind.CAP else None,
    )
    which = "all members" if names is None else f"{names} members, the largest as known on {sessions[first]}"
    label = f"S&P 500 members from {root.resolve().name}/, {which}, weights by {weights.value}"
    return FolderPast(
        label, sessions[first:], panel, conditions, members, deeds, size, securities, weights, quality, notice
    )


def _panel(
    root: Path, layout: Layout, names: Names, sessions: tuple[date, ...], wanted: frozenset[str], *, cache: bool
) -> tuple[Panel, Quality]:
    folder = cache_folder(root, (str(sessions[0]), str(sessions[-1])))
    if cache:
        found = read_panel(folder, sessions)
        if found is not None:
            return found
    quality = Quality()
    panel = build_panel(root, layout, names, sessions, wanted, quality)
    if cache:
        write_panel(folder, panel, quality)
    return panel, quality


def cache_folder(root: Path, further: Iterable[str] = ()) -> Path:
    """Where the panel of a folder is kept: outside the repository, one for each state of files and code."""
    digest = hashlib.sha256()
    for file in (*FILES.values(), MEMBERS, EVENTS, SPIN_OFFS, MERGERS):
        path = root / file
        if path.is_file():
            digest.update(f"{file} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    digest.update(" ".join(further).encode())
    chosen = os.environ.get("DI_ADVISOR_CACHE")
    if chosen:
        top = Path(chosen)
    else:
        import platformdirs

        top = Path(platformdirs.user_cache_dir("di_advisor", appauthor=False))
    return top / "past" / digest.hexdigest()[:16]


def _grown(panel: Panel) -> FloatArray:
    """What a dollar of each name has become by price alone since the first session; level where nothing meets."""
    close = panel.close_usd
    with np.errstate(invalid="ignore", divide="ignore"):
        price_return = panel.total_return - np.where(panel.dividend_usd > 0, panel.dividend_usd, 0.0) / _before(close)
        price_return -= panel.spun * close / _before(close)
    steps = np.log1p(np.where(np.isfinite(price_return), np.maximum(price_return, -0.99), 0.0))
    return np.asarray(np.exp(np.cumsum(steps, axis=0)))


def _before(close: FloatArray) -> FloatArray:
    at = np.maximum.accumulate(np.where(np.isfinite(close), np.arange(len(close))[:, None], 0), axis=0)
    last = np.take_along_axis(close, at, axis=0)
    return np.vstack([np.full((1, close.shape[1]), np.nan), last[:-1]])


def _quarters(sessions: tuple[date, ...]) -> NDArray[np.int64]:
    """Positions of the sessions that follow the third Friday of March, June, September and December."""
    days = np.array(sessions, dtype="datetime64[D]")
    firsts = np.unique(days.astype("datetime64[M]"))
    firsts = firsts[(firsts.astype(int) % 12 + 1) % 3 == 0].astype("datetime64[D]")
    weekday = (firsts.astype(int) + 3) % 7
    fridays = firsts + (4 - weekday) % 7 + 14
    return np.asarray(np.searchsorted(days, fridays, side="right"), dtype=np.int64)


def _sheet(
    sheets: dict[date, pd.DataFrame], panel: Panel, sessions: tuple[date, ...]
) -> tuple[int, dict[int, float]] | None:
    column = {i: j for j, i in enumerate(panel.ids)}
    for day in sorted(sheets):
        if day in sessions:
            weight = sheets[day]["weight"]
            return sessions.index(day), {column[i]: float(w) for i, w in weight.items() if i in column}
    return None
