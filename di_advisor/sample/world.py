"""The sample world as a reader sees it: domain types, made on demand from stored parts.

Nothing is read before it is asked for, and what is a day's view (`SampleWorld.market`) holds nothing
that was not known at that day's close. Limits: one index, one currency, no restated figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import ExposureHistory, FloatArray, Market, PriceBars, ReturnHistory
from di_advisor.domain.portfolio import Account, CashItem, Fill, Portfolio, Side
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError
from di_advisor.sample.calendar import LAST_DAY
from di_advisor.sample.regimes import REGIMES, STYLES, regime_of_day
from di_advisor.sample.source import PartSource
from di_advisor.units import CENTS_PER_USD

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INDEX_NAME", "SIMULATED", "SampleWorld"]

INDEX_NAME = "Simulated 500"
"""Name of the sample's index."""

SIMULATED = "simulated: invented companies, generated prices, no real data"
"""Label of everything in the sample."""

# Volatility of names too new to have one, until a sector's median can be taken.
_NO_HISTORY_VOLATILITY = 0.35
_CLOSE_UTC = time(21, 0)


@dataclass(frozen=True)
class SampleWorld:
    """A simulated market with an index, a desk's past orders, ESG figures and three accounts.

    Attributes
    ----------
    seed : int
        What it was made from.
    source : PartSource
        Where its parts come from.
    label : str
        Says that all of it is simulated.
    as_of : date
        Last simulated trading day.
    """

    seed: int
    source: PartSource = field(repr=False, compare=False)
    label: str = SIMULATED
    as_of: date = LAST_DAY
    _universes: dict[int, Universe] = field(default_factory=dict, init=False, repr=False, compare=False)
    _last_cut: tuple[Universe, NDArray[np.int64], Universe] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """Trading days, datetime64[D] of shape (t,)."""
        return np.asarray(self.source.arrays("days")["days"], dtype="datetime64[D]")

    @cached_property
    def regimes(self) -> tuple[str, ...]:
        """Kind of market on each of the t days: calm, normal, crisis or bear."""
        return tuple(REGIMES[k].name for k in regime_of_day(self.days))

    @cached_property
    def universe(self) -> Universe:
        """All n securities that the world ever shows, with their tickers of the last day."""
        return self._universe_on(self.as_of)

    @cached_property
    def ticker_changes(self) -> tuple[tuple[str, date, str], ...]:
        """Security id, first day and new ticker of each change, by date."""
        changes = self.source.records("securities")["ticker_changes"]
        return tuple((str(i), date.fromisoformat(day), str(ticker)) for i, day, ticker in changes)

    def _universe_on(self, day: date) -> Universe:
        """All securities with their tickers of a day; one object from one change of a ticker to the next."""
        changed = sum(since <= day for _, since, _ in self.ticker_changes)
        if changed not in self._universes:
            columns = self.source.records("securities")["securities"]
            names = list(columns)
            rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            latest = {i: ticker for i, _, ticker in self.ticker_changes[:changed]}
            rows = [row | {"ticker": latest.get(row["security_id"], row["ticker"])} for row in rows]
            self._universes[changed] = Universe(tuple(Security(**row) for row in rows))
        return self._universes[changed]

    def _covered(self, whole: Universe, keep: NDArray[np.int64]) -> Universe:
        """Some names of a universe; the same object while it is asked for the same ones."""
        last = self._last_cut
        if last is None or last[0] is not whole or not np.array_equal(last[1], keep):
            last = (whole, keep, Universe(tuple(whole.securities[i] for i in keep.tolist())))
            object.__setattr__(self, "_last_cut", last)
        return last[2]

    @cached_property
    def bars(self) -> PriceBars:
        """Raw daily bars of all names, as they printed: splits and spin-offs are visible as jumps."""
        stored = self.source.arrays("bars")
        close = stored["close_cents"]
        traded = close > 0

        def usd(name: str) -> FloatArray:
            return np.where(traded, stored[name] / CENTS_PER_USD, np.nan)

        return PriceBars(
            dates=self.days,
            security_ids=self.universe.security_ids,
            open_usd=usd("open_cents"),
            high_usd=usd("high_cents"),
            low_usd=usd("low_cents"),
            close_usd=usd("close_cents"),
            volume_shares=np.where(traded, stored["volume_shares"], np.nan),
            observed=traded,
        )

    @cached_property
    def returns(self) -> ReturnHistory:
        """Daily total returns of all names: dividends and spun-off shares included, splits without effect."""
        stored = self.source.arrays("returns")
        return ReturnHistory(self.days, self.universe.security_ids, stored["total_return"], stored["observed"])

    @cached_property
    def exposures(self) -> ExposureHistory:
        """Characteristics of all names at each month's last close, from what was known then."""
        stored = self.source.arrays("exposures")
        return ExposureHistory(
            stored["dates"].astype("datetime64[D]"), self.universe.security_ids, STYLES, stored["values"]
        )

    @cached_property
    def half_spread_bps(self) -> FloatArray:
        """Half of the quoted spread, daily, bps, shape (t, n); NaN where a name did not trade."""
        return np.asarray(self.source.arrays("conditions")["half_spread_bps"], dtype=np.float64)

    def _position(self, day: date) -> int:
        at = int(np.searchsorted(self.days, np.datetime64(day, "D")))
        if at >= len(self.days) or self.days[at] != np.datetime64(day, "D"):
            raise InputError(
                f"{day} is not a trading day of the sample, which runs from {self.days[0]} to {self.days[-1]}.",
                hint="Pick one of SampleWorld.days.",
                day=day,
            )
        return at

    @cached_property
    def _conditions(self) -> dict[str, Any]:
        return self.source.arrays("conditions")

    def market(self, as_of: date | None = None) -> Market:
        """The market at the close of a day, from what was known then.

        The universe holds the names that traded and that were covered: present and former members
        of the index, announced ones, and companies that came out of a member or are buying one.
        Characteristics are those of the last month's end.

        Parameters
        ----------
        as_of : date, optional
            A trading day; the last one when left out.

        Raises
        ------
        InputError
            If it is not a trading day of the sample.
        """
        day = self.as_of if as_of is None else as_of
        at = self._position(day)
        cents = self.source.arrays("bars")["close_cents"][at]
        keep = np.flatnonzero((cents > 0) & (self.source.arrays("days")["covered_from"] <= at))
        universe = self._covered(self._universe_on(day), keep)
        volatility = _filled(self._conditions["volatility_per_year"][at, keep].astype(np.float64), universe)
        month = int(np.searchsorted(self.exposures.dates, np.datetime64(day, "D"), side="right")) - 1
        return Market(
            as_of=day,
            known_at=datetime.combine(day, _CLOSE_UTC, tzinfo=UTC),
            universe=universe,
            price_usd=tuple(Decimal(int(c)) / CENTS_PER_USD for c in cents[keep]),
            half_spread_bps=self._conditions["half_spread_bps"][at, keep].astype(np.float64),
            adv_usd=self._conditions["adv_usd"][at, keep].astype(np.float64),
            volatility_per_year=volatility,
            characteristics={c: self.exposures.values[month, keep, k].copy() for k, c in enumerate(STYLES)},
            market_cap_usd=self._conditions["market_cap_usd"][at, keep].astype(np.float64),
        )

    @cached_property
    def _index(self) -> dict[str, Any]:
        return self.source.arrays("index")

    def _target(self, keep: NDArray[np.bool_]) -> Target:
        ids = self.universe.security_ids
        path = []
        for effective, weights in zip(self._index["effective"][keep], self._index["weights"][keep], strict=True):
            held = np.flatnonzero(weights)
            path.append(IndexWeights(effective.astype(object), {ids[i]: float(weights[i]) for i in held}))
        return Target((TargetComponent(INDEX_NAME, 1.0, tuple(path)),))

    @cached_property
    def target(self) -> Target:
        """The index with all its changes, the announced ones that follow the last day included."""
        return self._target(np.ones(len(self._index["effective"]), dtype=np.bool_))

    def target_known_on(self, day: date) -> Target:
        """The index as it was known at the close of a day: later announcements are left out."""
        return self._target(self._index["announced"] <= np.datetime64(day, "D"))

    @cached_property
    def portfolios(self) -> Mapping[str, Portfolio]:
        """Three taxpayers with one account each: young, seasoned, concentrated."""
        stored = self.source.records("accounts")["accounts"]
        return FrozenMap({name: _portfolio(name, record, self.as_of) for name, record in stored.items()})

    def _frame(self, name: str) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame({k: list(v) if v.dtype.kind == "U" else v for k, v in self.source.columns(name).items()})
        frame.attrs["label"] = self.label
        return frame

    @cached_property
    def events(self) -> pd.DataFrame:
        """Corporate actions and index changes; columns as in `di_advisor.sample.events`."""
        return self._frame("events")

    @cached_property
    def esg_history(self) -> pd.DataFrame:
        """All yearly figures of the three providers; columns as in `di_advisor.sample.esg`."""
        return self._frame("esg")

    def esg_known_on(self, day: date) -> pd.DataFrame:
        """Each provider's latest figures of each security that were known on a day."""
        known = self.esg_history[self.esg_history["known_at"] <= np.datetime64(day, "D")]
        return known.drop_duplicates(["provider", "security_id"], keep="last").reset_index(drop=True)

    @cached_property
    def esg(self) -> pd.DataFrame:
        """Each provider's latest figures, one row a provider and security."""
        return self.esg_known_on(self.as_of)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The desk's past orders with their true cost; columns as in `di_advisor.sample.orders`."""
        return self._frame("orders")

    @property
    def tax(self) -> TaxProfile:
        """A taxpayer at the top federal rates, with net investment income tax, in a state without income tax."""
        return TaxProfile(
            rates=ConstantRates(short_term=0.408, long_term=0.238),
            tax_year=self.as_of.year,
            ordinary_income_usd=Decimal(650_000),
        )


def _filled(values: FloatArray, universe: Universe) -> FloatArray:
    """Values with the sector's median where they are not known."""
    filled = values.copy()
    for s in range(len(universe.sectors)):
        inside = universe.sector_of == s
        known = values[inside & np.isfinite(values)]
        middle = float(np.median(known)) if len(known) else _NO_HISTORY_VOLATILITY
        filled[inside & ~np.isfinite(values)] = middle
    return filled


def _portfolio(name: str, record: dict[str, Any], as_of: date) -> Portfolio:
    lots = tuple(
        TaxLot(
            lot_id=lot_id,
            account_id=name,
            security_id=security_id,
            shares=Decimal(shares),
            basis_total_usd=Decimal(basis),
            acquired=date.fromisoformat(acquired),
            held_since=date.fromisoformat(held_since),
        )
        for lot_id, security_id, shares, basis, acquired, held_since in record["lots"]
    )
    fills = tuple(
        Fill(
            security_id=security_id,
            side=Side.BUY if gain is None else Side.SELL,
            shares=Decimal(shares),
            on=date.fromisoformat(on),
            gain_usd=None if gain is None else Decimal(gain),
            lot_id=lot_id,
        )
        for security_id, shares, on, gain, lot_id in record["fills"]
    )
    cash = (CashItem(Decimal(record["cash_usd"]), as_of),)
    return Portfolio(f"simulated taxpayer of the {name} account", (Account(name, lots, cash, fills),))
