"""Trade history: parent orders in columns, with what was known before each and what came of it.

A parent order is one decision (account, name, side, time). Rates are in bps, positive cost hurts. What
a cost model may learn from is known at arrival; what happened afterwards (`average_price_usd`,
`filled_shares`, `end_utc`) only makes the target and the reports. Commissions and fees are kept apart:
they are known in advance and never part of what is learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.order_types import OrderType, order_type_of
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ArrivalPrice", "TradeHistory", "order_types"]


class ArrivalPrice(StrEnum):
    """Where an order's arrival price comes from, best first: the worse, the noisier the measured cost."""

    MID_AT_ARRIVAL = "mid at arrival"
    MID_AT_FIRST_FILL = "mid at first fill"
    MINUTE_VWAP = "average of the minute before"
    OPEN = "open"
    PREVIOUS_CLOSE = "previous close"


_TEXTS = ("order_id", "account_id", "security_id", "arrival_price_source", "venue", "algo", "order_type", "broker")
_LABEL = "simulated"
_NOT_SIMULATED = {"false", "0", "0.0", "no", ""}
_TIMES = ("decision_utc", "arrival_utc", "end_utc")
_NEEDED = ("ordered_shares", "filled_shares", "average_price_usd", "arrival_price_usd", "half_spread_bps")
_POSITIVE = (*_NEEDED, "volatility_daily_bps", "adv_usd")


@dataclass(frozen=True, eq=False)
class TradeHistory:
    """m parent orders; NaN, NaT and the empty text where a figure is not known.

    Attributes
    ----------
    order_id, account_id, security_id : ndarray of str, shape (m,)
        Keys; order ids are unique.
    side : ndarray of int, shape (m,)
        +1 buys, -1 sells.
    decision_utc, arrival_utc, end_utc : ndarray of datetime64[ns], shape (m,)
        When it was decided (may be NaT), when it came to the market, and when its last fill was done.
    ordered_shares, filled_shares : ndarray of shape (m,)
        As asked for, and done.
    decision_price_usd, arrival_price_usd, average_price_usd, close_price_usd : ndarray of shape (m,)
        Middle at the decision, at arrival, average of the fills, and the day's close; the first and last may be NaN.
    arrival_price_source : ndarray of str, shape (m,)
        One `ArrivalPrice` each.
    half_spread_bps : ndarray of shape (m,)
        Half of the quoted spread before the trade.
    volatility_daily_bps : ndarray of shape (m,)
        Standard deviation of a day's return, from the days before.
    adv_usd : ndarray of shape (m,)
        Average daily dollar volume of the days before.
    volume_span : ndarray of shape (m,)
        **Planned** span as a fraction of the day's volume; NaN where no plan is known.
    time_of_day : ndarray of shape (m,)
        Arrival as a fraction of the trading day.
    venue, algo, broker : ndarray of str, shape (m,)
        How and where it was worked.
    order_type : ndarray of str, shape (m,)
        One `OrderType` each.
    commission_usd, fees_usd : ndarray of shape (m,)
        Known in advance, never learnt.
    market_return : ndarray of shape (m,)
        Of the market between arrival and end, for the adjusted report only; NaN where not known.
    simulated : bool
        Whether the orders are invented: every model trained on them says so.
    provenance : str
        Where they come from.
    """

    order_id: NDArray[np.str_]
    account_id: NDArray[np.str_]
    security_id: NDArray[np.str_]
    side: NDArray[np.int64]
    decision_utc: NDArray[np.datetime64]
    arrival_utc: NDArray[np.datetime64]
    end_utc: NDArray[np.datetime64]
    ordered_shares: FloatArray
    filled_shares: FloatArray
    decision_price_usd: FloatArray
    arrival_price_usd: FloatArray
    average_price_usd: FloatArray
    close_price_usd: FloatArray
    arrival_price_source: NDArray[np.str_]
    half_spread_bps: FloatArray
    volatility_daily_bps: FloatArray
    adv_usd: FloatArray
    volume_span: FloatArray
    time_of_day: FloatArray
    venue: NDArray[np.str_]
    algo: NDArray[np.str_]
    order_type: NDArray[np.str_]
    broker: NDArray[np.str_]
    commission_usd: FloatArray
    fees_usd: FloatArray
    market_return: FloatArray
    simulated: bool = False
    provenance: str = ""

    def __post_init__(self) -> None:
        m = len(self.order_id)
        for name in self.columns():
            values = np.asarray(getattr(self, name))
            if values.shape != (m,):
                raise InputError(
                    f"The column {name} of the trade history has shape {values.shape}, not ({m},).",
                    hint="Every column has one entry an order.",
                    field=name,
                )
        if not np.isin(self.side, (-1, 1)).all():
            raise InputError("A side is neither +1 (buy) nor -1 (sell).", hint="Map the sides first.", field="side")
        strange = sorted(set(np.unique(self.order_type).tolist()) - {"", *OrderType})
        if strange:
            raise _no_order_type(strange)
        repeated = m - len(set(self.order_id.tolist()))
        if repeated:
            raise InputError(
                f"{repeated} order ids occur more than once.",
                hint="Merge the fills of an order into one row first.",
                field="order_id",
            )
        for name in _POSITIVE:
            values = getattr(self, name)
            enough = values >= 0 if name == "half_spread_bps" else values > 0  # a locked quote has no spread
            bad = np.flatnonzero(~(np.isfinite(values) & enough))
            if len(bad):
                raise InputError(
                    f"{name} of order {self.order_id[bad[0]]} is {values[bad[0]]} ({len(bad)} such orders).",
                    hint="Drop orders without it, with a reason, when the history is read.",
                    field=name,
                    orders=[str(each) for each in self.order_id[bad[:5]]],
                )

    def __len__(self) -> int:
        return len(self.order_id)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(f.name for f in fields(cls) if f.name not in ("simulated", "provenance"))

    @property
    def cost_bps(self) -> FloatArray:
        """Execution cost against the arrival price, bps: what a model is trained on."""
        return np.asarray(self.side * (self.average_price_usd / self.arrival_price_usd - 1.0) * BPS_PER_UNIT)

    @property
    def value_usd(self) -> FloatArray:
        """Dollars of the order as asked for, at the arrival price."""
        return np.asarray(self.ordered_shares * self.arrival_price_usd)

    @property
    def size_of_adv(self) -> FloatArray:
        """Dollars of the order over the average daily volume."""
        return np.asarray(self.value_usd / self.adv_usd)

    @property
    def day(self) -> NDArray[np.datetime64]:
        """Day of arrival, UTC: the unit that validation splits by."""
        return self.arrival_utc.astype("datetime64[D]")

    def take(self, rows: NDArray[Any]) -> TradeHistory:
        """Some of the orders, by positions or mask."""
        chosen = {name: getattr(self, name)[rows] for name in self.columns()}
        return TradeHistory(**chosen, simulated=self.simulated, provenance=self.provenance)

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any], *, simulated: bool = False, provenance: str = "") -> TradeHistory:
        """From arrays or series by name; columns that are not given are unknown throughout.

        Order types may stand in the words of FIX and of usual systems (`order_type_of`).

        Raises
        ------
        InputError
            If a needed column is missing, an unknown one is given, a figure is not one, or an order type is not known.
        """
        known = set(cls.columns())
        unknown = sorted(set(columns) - known)
        missing = [c for c in ("order_id", "security_id", "side", "arrival_utc", *_POSITIVE) if c not in columns]
        if unknown or missing:
            raise InputError(
                f"The trade history lacks {', '.join(missing) or 'nothing'}; "
                f"not known: {', '.join(unknown) or 'none'}.",
                hint=f"Its columns are: {', '.join(cls.columns())}.",
                missing=missing,
                unknown=unknown,
            )
        m = len(columns["order_id"])
        made: dict[str, Any] = {}
        for name in cls.columns():
            given = columns.get(name)
            if name in _TEXTS:
                default = ArrivalPrice.MID_AT_ARRIVAL.value if name == "arrival_price_source" else ""
                made[name] = np.full(m, default) if given is None else np.asarray(given, dtype=np.str_)
                if name == "order_type":
                    made[name] = order_types(made[name])
            elif name in _TIMES:
                made[name] = (
                    np.full(m, np.datetime64("NaT"), dtype="datetime64[ns]")
                    if given is None
                    else np.asarray(given, dtype="datetime64[ns]")
                )
            elif name == "side":
                made[name] = np.asarray(given, dtype=np.int64)
            else:
                empty = 0.0 if name in ("commission_usd", "fees_usd") else np.nan
                made[name] = np.full(m, empty) if given is None else np.asarray(given, dtype=np.float64)
        return cls(**made, simulated=simulated, provenance=provenance)

    def to_frame(self) -> pd.DataFrame:
        """The columns as a pandas frame, one row an order; invented orders say so in a column ``simulated``."""
        import pandas as pd

        frame = pd.DataFrame({name: getattr(self, name) for name in self.columns()})
        return frame.assign(simulated=True) if self.simulated else frame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, provenance: str = "") -> TradeHistory:
        """From a table as `to_frame` makes it: simulated where its column ``simulated`` says so of any order.

        Raises
        ------
        InputError
            As `from_columns`.
        """
        columns = {str(name): frame[name].to_numpy() for name in frame.columns}
        for name in columns.keys() & {*_TEXTS, _LABEL}:  # a blank cell of a CSV is read as NaN
            columns[name] = np.where(frame[name].isna(), "", frame[name].astype(str))
        told = {
            str(each).strip().casefold()
            for each in np.unique(columns.pop(_LABEL, np.zeros(0, dtype=np.str_)).astype(np.str_))
        }
        return cls.from_columns(columns, simulated=bool(told - _NOT_SIMULATED), provenance=provenance)


def order_types(words: NDArray[np.str_]) -> NDArray[np.str_]:
    """The `OrderType` of each word, empty ones kept.

    Raises
    ------
    InputError
        If a word is not known.
    """
    if not len(words):
        return words
    known, inverse = np.unique(words, return_inverse=True)
    meant = {str(word): order_type_of(str(word)) if word else "" for word in known.tolist()}
    strange = [word for word, kind in meant.items() if kind is None]
    if strange:
        raise _no_order_type(strange)
    return np.array([str(kind) for kind in meant.values()])[inverse.ravel()]


def _no_order_type(words: list[str]) -> InputError:
    return InputError(
        f"{words[0]!r} is no order type ({len(words)} such words).",
        hint=f"Leave it empty where it is not known, or write one of: {', '.join(OrderType)}.",
        field="order_type",
        words=words,
    )
