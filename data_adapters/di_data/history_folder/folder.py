"""`HistoryFolder`: markets, returns and targets of any day, from a folder of dated files.

Problem: the advisor wants a dated market, a history and a target; a folder holds prices that later
splits have divided, lists of changes, and sheets. Decision: read everything once, serve any trading
day, each figure from what was known at its close; what cannot be known (a raw level, a price after a
delisting) is unpriced, never guessed. **The half-spread is an assumption**: no file has quotes, and
daily high and low do not show spreads, so it comes from dollar volume and the tick (`half_spread_bps`).
Limits: US equities in one currency; no dividends; daily closes only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from di_advisor.domain.market import FloatArray, Market, ReturnHistory
from di_advisor.domain.universe import Security, Universe
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT, TRADING_DAYS_PER_YEAR
from di_data.history_folder.actions import CorporateActions, corporate_actions
from di_data.history_folder.identities import Renames
from di_data.history_folder.layout import ACTIONS, EVENTS, MEMBERS, MERGERS, PRICES, SPIN_OFFS, Layout
from di_data.history_folder.members import Companies, Membership
from di_data.history_folder.panel import PricePanel, read_panel
from di_data.history_folder.weights import DatedTarget, ShareCounts, dated_target, read_sheets, sample_counts

__all__ = ["HistoryFolder", "half_spread_bps"]

_ADV_DAYS = 21
_VOLATILITY_DAYS = TRADING_DAYS_PER_YEAR
_FEWEST_RETURNS = 21
_CENT = Decimal("0.01")
_HALF_TICK_USD = 0.005
_AFTER_CLOSE_UTC_HOUR = 22


def half_spread_bps(price_usd: FloatArray, adv_usd: FloatArray) -> FloatArray:
    """Half-spreads assumed from price and liquidity, in bps, shape (n,).

    The larger of half a tick of one cent and ``1.5 bps x (ADV / 100 million USD)^-0.4``, at most 25 bps.
    An assumption with the usual orders of magnitude (well under a basis point for the largest US
    companies, a few for the smallest of the index); replace it by quotes where there are any.

    Parameters
    ----------
    price_usd, adv_usd : ndarray of shape (n,)
        NaN prices leave the tick out.
    """
    tick = np.nan_to_num(_HALF_TICK_USD / price_usd * BPS_PER_UNIT)
    liquidity = 1.5 * (adv_usd / 1e8) ** -0.4
    return np.asarray(np.minimum(np.maximum(tick, liquidity), 25.0), dtype=np.float64)


class HistoryFolder:
    """A folder of dated files, read once.

    Parameters
    ----------
    root : Path
        Holds ``prices``, ``index`` and ``corporate_actions`` (`layout` has the names and columns).
    since, until : date
        First and last day read. Raw levels are confirmed by references inside these days only, so
        begin early enough to contain the raw sample.
    identical : Mapping of str to iterable of str, optional
        Further groups of substantially identical securities, ids by group; share classes with the
        same CIK form groups by themselves.
    renames : iterable of (date, str, str), optional
        Further changes of ticker: the first day of the new one, old, new.

    Raises
    ------
    InputError
        If a file or column is missing, or there is no price between the two days.
    """

    def __init__(
        self,
        root: Path,
        *,
        since: date,
        until: date,
        identical: Mapping[str, Iterable[str]] | None = None,
        renames: Iterable[tuple[date, str, str]] = (),
    ) -> None:
        layout = Layout(Path(root))
        self.renames = Renames.of_tables(layout.table(MEMBERS), layout.table(EVENTS), renames)
        named_on = layout.last_days(PRICES)[""]
        self.actions: CorporateActions = corporate_actions(
            layout.table(ACTIONS), layout.table(SPIN_OFFS), layout.table(MERGERS), self.renames, named_on=named_on
        )
        sheets = read_sheets(layout, self.renames)
        self.panel: PricePanel = read_panel(layout, self.actions, self.renames, sheets, since=since, until=until)
        self.membership = Membership(layout, self.renames)
        self._companies = Companies(layout, self.renames, sheets, identical or {}, named_on=named_on)
        self._counts = sample_counts(layout, self.renames, since, until)
        for day, sheet in sheets.items():
            self._counts[day] = ShareCounts(sheet["shares"], "share counts of a fund's holdings")
        self._last_ticker = {i: i.partition(":")[2] for i in self.panel.returns.security_ids}

    @property
    def days(self) -> tuple[date, ...]:
        """Trading days, ascending."""
        return tuple(d.date() for d in self.panel.raw_close_usd.index)

    def raw_close_usd(self, day: date) -> dict[str, Decimal]:
        """Raw closes of a trading day by id, in cents; names without a known level or a print are not in it."""
        row = self._row(day)
        closes = self.panel.raw_close_usd.iloc[row].dropna()
        return {str(k): max(Decimal(repr(float(v))).quantize(_CENT), _CENT) for k, v in closes.items()}

    def market(self, day: date, *, also: Iterable[str] = ()) -> Market:
        """The market at the close of a trading day.

        Parameters
        ----------
        day : date
            A trading day.
        also : iterable of str
            Ids to hold besides the index members of that day: what an account owns. Those without a
            price are unpriced.

        Raises
        ------
        InputError
            If the day is not a trading day of the folder.
        """
        row = self._row(day)
        members = self.membership.on(day)
        ids = sorted({*members, *also})
        closes = self.raw_close_usd(day)
        prices = tuple(closes.get(i) for i in ids)
        adv = self._adv_usd(row).reindex(ids).to_numpy(dtype=np.float64)
        known = np.isfinite(adv) & (adv > 0)
        # Unpriced names cannot be traded; a figure has to stand there, and nothing reads it.
        adv = np.where(known, adv, np.median(adv[known]) if known.any() else 1.0)
        volatility = self._volatility(row).reindex(ids).to_numpy(dtype=np.float64)
        known = np.isfinite(volatility)
        volatility = np.where(known, volatility, np.median(volatility[known]) if known.any() else 0.3)
        raw = np.array([np.nan if p is None else float(p) for p in prices])
        return Market(
            as_of=day,
            known_at=datetime(day.year, day.month, day.day, _AFTER_CLOSE_UTC_HOUR, tzinfo=UTC),
            universe=Universe(tuple(self._security(i, members, day) for i in ids)),
            price_usd=prices,
            half_spread_bps=half_spread_bps(raw, adv),
            adv_usd=adv,
            volatility_per_year=volatility,
        )

    def returns(self, day: date) -> ReturnHistory:
        """Total returns of all names up to the close of a day."""
        return self.panel.returns.until(day)

    def target(self, day: date, *, counted_on: date | None = None) -> DatedTarget:
        """Index weights of a trading day; see `di_data.history_folder.weights` for how.

        Parameters
        ----------
        day : date
            A trading day.
        counted_on : date, optional
            The sheet whose share counts to take; the latest that is not after the day when left out.

        Raises
        ------
        IncompleteDataError
            If there are no share counts on or before the day.
        """
        row = self._row(day)
        figures = pd.DataFrame({"raw_close_usd": self.panel.raw_close_usd.iloc[row], "adv_usd": self._adv_usd(row)})
        return dated_target(day, self.membership.on(day), self._counts, self.actions, figures, counted_on=counted_on)

    def _row(self, day: date) -> int:
        index = self.panel.raw_close_usd.index
        if pd.Timestamp(day) not in index:
            raise InputError(
                f"{day} is not a trading day of this folder, which holds {index[0].date()} to {index[-1].date()}.",
                hint="Choose one of HistoryFolder.days.",
            )
        return int(index.get_indexer(pd.DatetimeIndex([pd.Timestamp(day)]))[0])

    def _adv_usd(self, row: int) -> pd.Series:
        return self.panel.dollar_volume_usd.iloc[max(row + 1 - _ADV_DAYS, 0) : row + 1].mean()

    def _volatility(self, row: int) -> pd.Series:
        history = self.panel.returns
        rows = slice(max(row + 1 - _VOLATILITY_DAYS, 0), row + 1)
        seen = history.observed[rows]
        count = seen.sum(axis=0)
        squares = (history.total_return[rows] ** 2).sum(axis=0) / np.maximum(count, 1)
        values = np.where(count >= _FEWEST_RETURNS, np.sqrt(squares * TRADING_DAYS_PER_YEAR), np.nan)
        return pd.Series(values, index=list(history.security_ids))

    def _security(self, security_id: str, members: Mapping[str, str], day: date) -> Security:
        ticker = members.get(security_id) or self._last_ticker.get(security_id, security_id.partition(":")[2])
        return self._companies.security(security_id, ticker, day)
