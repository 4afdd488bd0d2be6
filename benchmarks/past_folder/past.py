"""`FolderPast`: a folder of real files as a replay's past, each answer from what was known at its close.

Problem: the replay asks for a market, a target, returns and events of one session after another, quickly. Decision:
everything stands ready in arrays; an answer is a slice of them. The universe of a session holds the names that print
(or printed within ten sessions) and that are, were or are announced to be members, or were spun off from one. A name
that nothing confirms at its raw level is priced at its adjusted level and listed in the report: returns, weights and
dollar amounts are right, the number of shares is not. Limits: sectors are those of the latest list that names the
company, also in the past (classification, unlike prices, is taken with later knowledge).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.past_folder.conditions import STYLES, Conditions, month_ends, styles_on
from benchmarks.past_folder.deeds import STALE_SESSIONS, Deeds, price
from benchmarks.past_folder.membership import Members
from benchmarks.past_folder.panel import Panel
from benchmarks.past_folder.quality import Quality
from benchmarks.past_folder.weights import WeightKind
from di_advisor.backtest.past import Payout
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.events import SecurityEvent
from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_data.history_folder.folder import half_spread_bps

__all__ = ["NOTICE_SESSIONS", "FolderPast"]

NOTICE_SESSIONS = 5
"""Sessions between the announcement of an index change and its effect: the provider's usual notice, an assumption."""

_CLOSE_UTC_HOUR = 21
_HISTORY_YEARS = 4
_NO_VOLATILITY = 0.35
_USD_OF_CAPITALISATION_PER_USD_A_DAY = 150.0
"""Only the proportions of sizes are used; the level makes them look like capitalisations."""


@dataclass(repr=False)
class FolderPast:
    """A past made from files.

    Attributes
    ----------
    label : str
        Where it comes from, and how the index is weighted.
    sessions : tuple of date
        Trading days that may be replayed.
    panel, conditions, members, deeds
        What stands ready; rows are those of ``panel.sessions``.
    size : ndarray of shape (t, n)
        Index size of members and announced members at each close, 0 for others.
    facts : dict of str to Security
        Name, sector and group of substantially identical securities, by id.
    kind : WeightKind
        How the index is weighted.
    quality : Quality
        What was repaired, dropped or guessed.
    notice : int
        Sessions between announcement and effect.
    """

    label: str
    sessions: tuple[date, ...]
    panel: Panel
    conditions: Conditions
    members: Members
    deeds: Deeds
    size: FloatArray
    facts: dict[str, Security]
    kind: WeightKind
    quality: Quality
    notice: int = NOTICE_SESSIONS
    _universes: dict[bytes, Universe] = field(default_factory=dict, repr=False)
    _styles: dict[int, FloatArray] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"FolderPast({self.label}: {self.sessions[0]} to {self.sessions[-1]}, {len(self.panel.ids)} names)"

    @property
    def securities(self) -> tuple[Security, ...]:
        """All names that the past ever shows."""
        return tuple(self.facts.values())

    @cached_property
    def _row_of(self) -> dict[date, int]:
        return {day: k for k, day in enumerate(self.panel.sessions)}

    def _row(self, day: date) -> int:
        if day not in self._row_of:
            raise InputError(
                f"{day} is not a session of this past, which holds {self.sessions[0]} to {self.sessions[-1]}.",
                hint="Choose one of FolderPast.sessions.",
                day=day,
            )
        return self._row_of[day]

    @cached_property
    def _carried(self) -> FloatArray:
        """Closes, each carried over at most ten sessions without one, until the name is gone."""
        close = self.panel.close_usd
        at = np.where(np.isfinite(close), np.arange(len(close))[:, None], -(10**6))
        at = np.maximum.accumulate(at, axis=0)
        fresh = np.arange(len(close))[:, None] - at <= STALE_SESSIONS
        carried = np.where(fresh, np.take_along_axis(close, np.maximum(at, 0), axis=0), np.nan)
        for j, row in self.deeds.gone.items():
            carried[row:, j] = np.nan
        return carried

    @cached_property
    def _covered_from(self) -> NDArray[np.int64]:
        """First session on whose close a name belongs to the universe; beyond the last one for others."""
        inside = self.members.inside
        first = np.where(inside.any(axis=0), np.argmax(inside, axis=0) - self.notice, len(inside))
        for j, row in self.deeds.child_from.items():
            first[j] = min(first[j], row)
        return np.asarray(first, dtype=np.int64)

    @cached_property
    def _dates(self) -> NDArray[np.datetime64]:
        return np.array(self.panel.sessions, dtype="datetime64[D]")

    @cached_property
    def _paid(self) -> FloatArray:
        """Dividends over the close before, shape (t, n)."""
        before = np.vstack([np.full((1, len(self.panel.ids)), np.nan), self._carried[:-1]])
        return np.where(self.panel.dividend_usd > 0, self.panel.dividend_usd / before, 0.0)

    def _names(self, row: int) -> NDArray[np.int64]:
        return np.flatnonzero((self._covered_from <= row) & np.isfinite(self._carried[row]))

    def _universe(self, row: int, names: NDArray[np.int64]) -> Universe:
        since, tickers = next(x for x in reversed(self.members.tickers) if x[0] <= row)
        key = since.to_bytes(4, "big") + names.tobytes()
        if key not in self._universes:
            made = []
            for j in names:
                s = self.facts[self.panel.ids[j]]
                ticker = tickers.get(s.security_id, s.ticker)
                made.append(s if ticker == s.ticker else _named(s, ticker))
            self._universes[key] = Universe(tuple(made))
        return self._universes[key]

    def market(self, day: date) -> Market:
        """Names that print, at their closes."""
        row = self._row(day)
        names = self._names(row)
        closes = self._carried[row, names]
        adv = _filled(self.conditions.adv_usd[row, names], 1e6)
        known = self._known_styles(row)
        size = np.where(self.size[row, names] > 0, self.size[row, names], adv)
        return Market(
            as_of=day,
            known_at=datetime(day.year, day.month, day.day, _CLOSE_UTC_HOUR, tzinfo=UTC),
            universe=self._universe(row, names),
            price_usd=tuple(price(c) for c in closes),
            half_spread_bps=half_spread_bps(closes, adv),
            adv_usd=adv,
            volatility_per_year=_filled(self.conditions.volatility_per_year[row, names], _NO_VOLATILITY),
            characteristics={} if known is None else {c: known[names, k] for k, c in enumerate(STYLES)},
            market_cap_usd=size * _USD_OF_CAPITALISATION_PER_USD_A_DAY,
        )

    def _weights(self, row: int, known: int) -> dict[str, float]:
        """Weights of the members of one session by their sizes at the close of another."""
        inside = self.members.inside[row] & (self.size[known] > 0) & np.isfinite(self._carried[known])
        names = np.flatnonzero(inside)
        weight = self.size[known, names] / self.size[known, names].sum()
        return {self.panel.ids[j]: float(w) for j, w in zip(names, weight, strict=True)}

    def target(self, day: date) -> Target:
        """The index at the close, and the changes that were announced by then, at today's sizes."""
        row = self._row(day)
        inside = self.members.inside
        path = [IndexWeights(day, self._weights(row, row))]
        coming = range(row + 1, min(row + self.notice, len(inside) - 1) + 1)
        changes = [ahead for ahead in coming if (inside[ahead] != inside[ahead - 1]).any()]
        path += [IndexWeights(self.panel.sessions[ahead], self._weights(ahead, row)) for ahead in changes]
        return Target((TargetComponent(self.label, 1.0, tuple(path)),))

    def returns(self, day: date) -> ReturnHistory:
        """Total returns of the names that are known by the day, over four years."""
        row = self._row(day)
        names = np.flatnonzero(self._covered_from <= row)
        rows = slice(max(row + 1 - _HISTORY_YEARS * TRADING_DAYS_PER_YEAR, 0), row + 1)
        values = self.panel.total_return[rows][:, names]
        return ReturnHistory(self._dates[rows], tuple(self.panel.ids[j] for j in names), values, np.isfinite(values))

    def _known_styles(self, row: int) -> FloatArray | None:
        """Characteristics of the last month's end, shape (n, c); None before the first."""
        ends = self._month_ends
        k = int(np.searchsorted(ends, row, side="right")) - 1
        return None if k < 0 else self._styles_at(int(ends[k]))

    @cached_property
    def _month_ends(self) -> NDArray[np.int64]:
        return month_ends(self._dates)

    def _styles_at(self, row: int) -> FloatArray:
        if row not in self._styles:
            p = self.panel
            self._styles[row] = styles_on(row, self.size[row], p.total_return, p.volume_usd, self._paid)
        return self._styles[row]

    def exposures(self, day: date) -> ExposureHistory | None:
        """Liquidity and yield at the ends of the months so far; the rest a risk model reads off returns itself."""
        row = self._row(day)
        ends = [int(r) for r in self._month_ends if row - _HISTORY_YEARS * TRADING_DAYS_PER_YEAR <= r <= row]
        if not ends:
            return None
        kept = ("liquidity", "yield")
        values = np.stack([self._styles_at(r)[:, [STYLES.index(c) for c in kept]] for r in ends])
        names = np.flatnonzero(self._covered_from <= row)
        return ExposureHistory(self._dates[ends], tuple(self.panel.ids[j] for j in names), kept, values[:, names])

    def opening(self, day: date) -> tuple[SecurityEvent, ...]:
        """Corporate actions that take effect before the open."""
        return tuple(self.deeds.opening.get(self._row(day), ()))

    def payouts(self, day: date) -> tuple[Payout, ...]:
        """Dividends whose ex-date it is."""
        return tuple(self.deeds.payouts.get(self._row(day), ()))

    def _index(self, day: date) -> tuple[float, float]:
        row = self._row(day)
        if row == 0:
            return 0.0, 0.0
        held = np.flatnonzero(self.members.inside[row] & (self.size[row - 1] > 0) & np.isfinite(self._carried[row - 1]))
        weight = self.size[row - 1, held] / self.size[row - 1, held].sum()
        total = np.nan_to_num(self.panel.total_return[row, held])
        for k, j in enumerate(held):
            total[k] = self.deeds.exit_return.get((row, int(j)), total[k])
        return float(weight @ total), float(weight @ self._paid[row, held])

    def index_return(self, day: date) -> float:
        """Return of the members of the day, weighted at the close before."""
        return self._index(day)[0]

    def index_yield(self, day: date) -> float:
        """Dividends of the members of the day over the closes before, weighted likewise."""
        return self._index(day)[1]

    def esg(self, day: date) -> EsgTable | None:  # noqa: ARG002 the folder has no dated figures
        """None: no file has ESG figures with their dates."""
        return None

    def coverage(self) -> list[tuple[date, int, int]]:
        """First session of each quarter: members by the list, members with a price."""
        rows = [
            k
            for k, d in enumerate(self.panel.sessions)
            if k == 0 or _quarter(d) != _quarter(self.panel.sessions[k - 1])
        ]
        return [
            (
                self.panel.sessions[k],
                int(self.members.listed[k]),
                int((self.members.inside[k] & np.isfinite(self._carried[k])).sum()),
            )
            for k in rows
        ]


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _named(security: Security, ticker: str) -> Security:
    from dataclasses import replace

    return replace(security, ticker=ticker)


def _filled(values: FloatArray, otherwise: float) -> FloatArray:
    """Values with their median where they are not known."""
    known = np.isfinite(values) & (values > 0)
    return np.where(known, values, float(np.median(values[known])) if known.any() else otherwise)
