"""The embedded sample as a past: its index, corporate actions and dividends, one session at a time.

Problem: the sample's index rows hold weights of the closes before their effective day, and are announced days
earlier; read as they stand they tell prices of the future. Decision: members are those that were announced, and
their weights are those members' at the prices of the day asked for: a row's weights times the growth of each name's
price since the row was weighed (before it: divided by the growth to come, which leaves float shares at today's
price). Basis fractions of spin-offs and cash for fractions use closes of the ex-date, known at that session's close,
before any trade of it. Limits: dividends are paid on their ex-date, as the sample has no other day; shares issued in
a merger enter the weights when the index is weighed anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.backtest.markets import Narrowing
from di_advisor.backtest.past import Payout
from di_advisor.backtest.sample_actions import actions_of
from di_advisor.domain.events import SecurityEvent
from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security
from di_advisor.errors import InputError
from di_advisor.sample.world import INDEX_NAME, SampleWorld
from di_advisor.units import CENTS_PER_USD

if TYPE_CHECKING:
    from di_advisor.domain.esg_table import EsgTable

__all__ = ["SamplePast", "sample_past"]


@lru_cache(maxsize=2)
def sample_past(seed: int = 7, names: int | None = None) -> SamplePast:
    """The past of a seed's world, kept in this process."""
    from di_advisor.sample import load

    return SamplePast(load(seed), names=names)


class SamplePast:
    """The sample world as a `Past`.

    Parameters
    ----------
    world : SampleWorld
        The world.
    names : int, optional
        Only the largest members of each set of index weights, rescaled: a smaller index of the same world.
    also : iterable of str
        Further security ids of the market, such as those that an account starts with.

    Raises
    ------
    InputError
        If fewer than two names are asked for.
    """

    def __init__(self, world: SampleWorld, *, names: int | None = None, also: Iterable[str] = ()) -> None:
        if names is not None and names < 2:
            raise InputError(f"An index of {names} names.", hint="Ask for two or more.")
        self.world = world
        self.label = world.label if names is None else f"{world.label}; the largest {names} names"
        self.sessions: tuple[date, ...] = tuple(world.days.astype(object).tolist())
        self.securities: tuple[Security, ...] = world.universe.securities
        self._at = {day: i for i, day in enumerate(self.sessions)}
        self._ids = world.universe.security_ids
        self._row = {security_id: i for i, security_id in enumerate(self._ids)}
        self._table: dict[str, list[Any]] = {c: world.events[c].tolist() for c in world.events.columns}
        self._cents: NDArray[np.int64] = world.source.arrays("bars")["close_cents"]
        self._growth = self._split_adjusted()
        index = world.source.arrays("index")
        self._weights = _largest(np.asarray(index["weights"], dtype=np.float64), names)
        self._effective = self._positions(index["effective"])
        self._effective_days: list[date] = index["effective"].astype("datetime64[D]").astype(object).tolist()
        self._announced = self._positions(index["announced"])
        self._opening = actions_of(self._table, self._close)
        self._paid: dict[date, list[tuple[int, float]]] = defaultdict(list)
        self._payouts: dict[date, list[Payout]] = defaultdict(list)
        self._read_dividends()
        self._relevant = None if names is None else self._relevant_from(also)
        self._narrowing = Narrowing()
        self._before: dict[int, IndexWeights] = {}
        self._esg: tuple[int, EsgTable | None] = (-1, None)

    # --- what a replay asks -------------------------------------------------------------------------------------

    def market(self, day: date) -> Market:
        """Names that traded and, in a smaller index, matter by then."""
        market = self.world.market(day)
        if self._relevant is None:
            return market
        at = self._position(day)
        keep = np.array([self._relevant[self._row[i]] <= at for i in market.universe.security_ids], dtype=np.bool_)
        return self._narrowing.narrowed(market, keep)

    def target(self, day: date) -> Target:
        """Weights at the close of the day, those before the last change, and what is announced."""
        at = self._position(day)
        now = self._in_force(at)
        path = [] if now == 0 else [self._weights_before(now)]
        path.append(IndexWeights(self._effective_days[now], self._as_map(self._drifted(now, at))))
        ahead = np.flatnonzero((self._announced <= at) & (self._effective > at)).tolist()
        path += [IndexWeights(self._effective_days[k], self._as_map(self._drifted(k, at))) for k in ahead]
        return Target((TargetComponent(INDEX_NAME, 1.0, tuple(path)),))

    def returns(self, day: date) -> ReturnHistory:
        """Total returns up to the day."""
        history = self.world.returns
        keep, names = self._position(day) + 1, self._columns(day)
        ids = tuple(self._ids[i] for i in names.tolist())
        return ReturnHistory(
            history.dates[:keep], ids, history.total_return[:keep, names], history.observed[:keep, names]
        )

    def exposures(self, day: date) -> ExposureHistory:
        """Characteristics of the month ends up to the day."""
        known = self.world.exposures
        keep = int(np.searchsorted(known.dates, np.datetime64(day, "D"), side="right"))
        names = self._columns(day)
        ids = tuple(self._ids[i] for i in names.tolist())
        return ExposureHistory(known.dates[:keep], ids, known.names, known.values[:keep][:, names])

    def opening(self, day: date) -> tuple[SecurityEvent, ...]:
        """Corporate actions effective on the day."""
        return self._opening.get(day, ())

    def payouts(self, day: date) -> tuple[Payout, ...]:
        """Dividends whose ex-date is the day."""
        return tuple(self._payouts.get(day, ()))

    def index_return(self, day: date) -> float:
        """Weights at the close before, by the set in force on the day, times the names' total returns."""
        at = self._position(day)
        if at == 0:
            return 0.0
        return float(self._drifted(self._in_force(at), at - 1) @ self.world.returns.total_return[at])

    def index_yield(self, day: date) -> float:
        """The part of it that is dividends."""
        at = self._position(day)
        if at == 0 or day not in self._paid:
            return 0.0
        weight = self._drifted(self._in_force(at), at - 1)
        held = [(weight[i], paid, self._close(at - 1, i)) for i, paid in self._paid[day]]
        return float(sum(w * paid / float(close) for w, paid, close in held if close is not None))

    def esg(self, day: date) -> EsgTable | None:
        """Figures of the three providers that were known by the day."""
        from di_advisor.domain.esg_table import EsgTable

        frame = self.world.esg_known_on(day)
        newest = int(frame["known_at"].max().value) if len(frame) else -1
        if newest < 0:
            return None
        if self._esg[0] != newest:
            self._esg = (newest, EsgTable.from_frame(frame))
        return self._esg[1]

    # --- the index ----------------------------------------------------------------------------------------------

    def _in_force(self, at: int) -> int:
        """The set of weights in force at a position."""
        begun = np.flatnonzero(self._effective <= at)
        return int(begun[-1]) if len(begun) else 0

    def _drifted(self, k: int, at: int) -> FloatArray:
        """A set of weights at the closes of a position, shape (n,); names without a close weigh nothing."""
        weighed = int(np.clip(self._effective[k] - 1, 0, len(self.sessions) - 1))
        before = self._growth[weighed]
        grown = np.divide(self._growth[at], before, out=np.zeros_like(before), where=before > 0)
        weight = np.where(self._cents[at] > 0, self._weights[k] * grown, 0.0)
        return np.asarray(weight / weight.sum(), dtype=np.float64)

    def _weights_before(self, k: int) -> IndexWeights:
        """The set before, as it stood at the close before the set k took effect."""
        if k not in self._before:
            last = int(np.clip(self._effective[k] - 1, 0, len(self.sessions) - 1))
            self._before[k] = IndexWeights(self._effective_days[k - 1], self._as_map(self._drifted(k - 1, last)))
        return self._before[k]

    def _as_map(self, weight: FloatArray) -> Mapping[str, float]:
        rows = np.flatnonzero(weight).tolist()
        return {self._ids[i]: w for i, w in zip(rows, weight[rows].tolist(), strict=True)}

    # --- what is laid out once ------------------------------------------------------------------------------------

    def _position(self, day: date) -> int:
        if day not in self._at:
            raise InputError(
                f"{day} is not a session of the sample, which runs from {self.sessions[0]} to {self.sessions[-1]}.",
                hint="Pick one of its sessions.",
                day=day,
            )
        return self._at[day]

    def _positions(self, days: NDArray[Any]) -> NDArray[np.int64]:
        return np.searchsorted(self.world.days, days.astype("datetime64[D]")).astype(np.int64)

    def _close(self, at: int, row: int | str) -> Decimal | None:
        cents = int(self._cents[at, self._row[row] if isinstance(row, str) else row])
        return Decimal(cents) / CENTS_PER_USD if cents > 0 else None

    def _split_adjusted(self) -> FloatArray:
        """Closes in shares of the first session, carried on where a name did not trade, shape (t, n)."""
        ratio = np.ones(self._cents.shape)
        of = self._table
        for kind, day, name, new in zip(of["kind"], of["effective"], of["security_id"], of["ratio"], strict=True):
            at = self._at.get(day.date())
            if kind == "split" and at is not None and name in self._row:
                ratio[at, self._row[name]] = new
        adjusted = np.where(self._cents > 0, self._cents * np.cumprod(ratio, axis=0), 0.0)
        for at in range(1, len(adjusted)):
            adjusted[at] = np.where(adjusted[at] > 0, adjusted[at], adjusted[at - 1])
        return adjusted

    def _read_dividends(self) -> None:
        of = self._table
        for kind, ex, name, paid in zip(of["kind"], of["effective"], of["security_id"], of["cash_usd"], strict=True):
            day = ex.date()
            if kind == "dividend" and name in self._row and paid > 0 and day in self._at:
                self._paid[day].append((self._row[name], float(paid)))
                amount = Decimal(repr(float(paid))).quantize(Decimal("0.000001")).normalize()
                self._payouts[day].append(Payout(name, day, day, amount))

    def _relevant_from(self, also: Iterable[str]) -> NDArray[np.int64]:
        """First position from which each name matters: announced as a member, or received for one."""
        never = len(self.sessions)
        first = np.full(len(self._ids), never, dtype=np.int64)
        first[[self._row[name] for name in also]] = 0
        for k, announced in enumerate(self._announced.tolist()):
            members = np.flatnonzero(self._weights[k])
            first[members] = np.minimum(first[members], announced if k else 0)
        of = self._table
        received = ("spin_off", "stock_merger")
        for kind, day, name, other in zip(
            of["kind"], of["effective"], of["security_id"], of["other_security_id"], strict=True
        ):
            at = self._at.get(day.date())
            if kind in received and at is not None and first[self._row[name]] <= at and other in self._row:
                first[self._row[other]] = min(int(first[self._row[other]]), at)
        return first

    def _columns(self, day: date) -> NDArray[np.int64]:
        if self._relevant is None:
            return np.arange(len(self._ids))
        return np.flatnonzero(self._relevant <= self._position(day))


def _largest(weights: FloatArray, names: int | None) -> FloatArray:
    """The largest names of each row, rescaled."""
    if names is None or names >= weights.shape[1]:
        return weights
    order = np.argsort(-weights, axis=1, kind="stable")
    kept = np.zeros_like(weights)
    rows = np.arange(len(weights))[:, None]
    kept[rows, order[:, :names]] = weights[rows, order[:, :names]]
    return np.asarray(kept / kept.sum(axis=1, keepdims=True), dtype=np.float64)
