"""Who is in the index on each session, as arrays; the whole index or its largest names.

Problem: a list of members of today is a list of survivors. Decision: the folder's seed list and dated changes, which
take effect before the open of their day; all names are kept under permanent ids. For a smaller universe, the names
with the largest dollar volume as known at the start, and in the place of each that leaves the largest one that is not
in yet, as known on the day it is announced. Limits: what is announced when is an assumption (`notice_sessions`): the
provider announces about five trading days before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_data.history_folder.members import Membership

__all__ = ["Members", "largest_only", "members_by_session"]


@dataclass(frozen=True)
class Members:
    """Membership by session.

    Attributes
    ----------
    inside : ndarray of bool, shape (t, n)
        Members of the session, for names that have prices.
    tickers : tuple of (int, dict of str to str)
        From which position on, ticker by id.
    listed : ndarray of int, shape (t,)
        Members of the session, those without any prices too.
    """

    inside: NDArray[np.bool_]
    tickers: tuple[tuple[int, dict[str, str]], ...]
    listed: NDArray[np.int64]


def change_days(membership: Membership, sessions: Sequence[date]) -> list[int]:
    """Positions of the sessions on which membership changes, the first session included."""
    days = np.array(sessions, dtype="datetime64[D]")
    dated = np.array(membership.change_days, dtype="datetime64[D]")
    rows = np.searchsorted(days, dated[(dated > days[0]) & (dated <= days[-1])])
    return sorted({0, *rows.tolist()})


def members_by_session(membership: Membership, sessions: Sequence[date], ids: Sequence[str]) -> Members:
    """Membership of all sessions."""
    column = {i: j for j, i in enumerate(ids)}
    inside = np.zeros((len(sessions), len(ids)), dtype=np.bool_)
    listed = np.zeros(len(sessions), dtype=np.int64)
    tickers = []
    for row in change_days(membership, sessions):
        now = membership.on(sessions[row])
        inside[row:] = False
        inside[row:, [column[i] for i in now if i in column]] = True
        listed[row:] = len(now)
        tickers.append((row, now))
    return Members(inside, tuple(tickers), listed)


def ever_members(membership: Membership, sessions: Sequence[date]) -> frozenset[str]:
    """Ids of all that were members on some session."""
    return frozenset(i for row in change_days(membership, sessions) for i in membership.on(sessions[row]))


def largest_only(
    members: Members, usual_volume: FloatArray, priced: NDArray[np.bool_], names: int, start: int, notice: int
) -> Members:
    """The names of largest usual dollar volume at the start, replaced one for one as they leave.

    Parameters
    ----------
    members : Members
        The whole index.
    usual_volume : ndarray of shape (t, n)
        Dollar volume of a usual day, known at each close; NaN where not known.
    priced : ndarray of bool, shape (t, n)
        Whether the name has a price.
    names : int
        How many.
    start : int
        Position of the first session that counts; before it, the same names where they were members.
    notice : int
        Sessions between announcement and effect.
    """
    t = len(members.inside)

    def ranked(known: int, row: int, taken: set[int]) -> list[int]:
        may = members.inside[row] & priced[known] & np.isfinite(usual_volume[known])
        order = np.argsort(-np.where(may, usual_volume[known], -np.inf), kind="stable")
        return [int(j) for j in order[: int(may.sum())] if int(j) not in taken]

    chosen = set(ranked(start, start, set())[:names])
    kept = np.zeros_like(members.inside)
    for row in range(start, t):
        if row > start and (members.inside[row] == members.inside[row - 1]).all() and len(chosen) == names:
            kept[row] = kept[row - 1]
            continue
        chosen = {j for j in chosen if members.inside[row, j]}
        known = max(row - notice, start)
        chosen |= set(ranked(known, row, chosen)[: names - len(chosen)])
        kept[row, sorted(chosen)] = True
    kept[:start] = kept[start] & members.inside[:start]
    return Members(kept, members.tickers, np.where(np.arange(t) >= start, names, kept.sum(axis=1)))
