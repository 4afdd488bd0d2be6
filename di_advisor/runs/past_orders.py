"""Past orders for a cost model, from files or from the facts of a source, with what was left out and why.

Problem: a command, a notebook and the app must see the same orders for the same files. Decision: one opener; orders
of a file pass the readers' checks, and those that overlap another of their account and name are left out; a Parquet
file with the columns of `TradeHistory` has passed them already. Limits: orders that come with a source (the sample, a
kernel's own frame) are taken as they are: their accounts are kinds of accounts, so that overlaps mean nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from di_advisor.domain.history_quality import HistoryQuality
from di_advisor.domain.order_overlaps import purge_overlaps
from di_advisor.domain.shortfall import shortfall
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_advisor.registry import cost_trainer, trade_history_reader
from di_advisor.report.wording import count_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NONE_LEFT",
    "SAMPLE_ORDERS",
    "OrderFiles",
    "PastOrders",
    "orders_of_files",
    "orders_of_frame",
    "refuse_none",
]

SAMPLE_ORDERS: Final = Path("sample")
"""Names the embedded sample's orders instead of a file."""

NONE_LEFT: Final = "No order is left."
"""What stands where the cost of the orders would."""

_CSV: Final = "csv"
_CHECKED: Final = ".parquet"


@dataclass(frozen=True)
class OrderFiles:
    """Files of past orders.

    Attributes
    ----------
    orders : Path
        Orders, or orders with their fills; a Parquet file holds checked orders; `SAMPLE_ORDERS` names the sample's.
    reader : str
        Name of the reader, as in ``di_advisor.trade_history_readers``.
    fills, daily, quotes, minutes : Path or None
        Fills, and tables of the market: daily conditions, quotes, minute averages.
    zone : str
        Of times that carry none, such as America/New_York.
    mapping : Path or None
        TOML of columns, sides, order types and zone, for the reader csv.
    """

    orders: Path
    reader: str = _CSV
    fills: Path | None = None
    daily: Path | None = None
    quotes: Path | None = None
    minutes: Path | None = None
    zone: str = ""
    mapping: Path | None = None


@dataclass(frozen=True)
class PastOrders:
    """Orders that a cost model may learn from.

    Attributes
    ----------
    history : TradeHistory
        The orders.
    quality : HistoryQuality or None
        What was dropped and noted when a file was read; None where the orders were checked before.
    overlaps : str
        What became of orders that overlap, in one sentence; empty where they are not looked for.
    read : TradeHistory
        The orders before overlaps were left out.
    later : str
        What became of orders that arrived after a day, in one sentence; empty where none did.
    """

    history: TradeHistory
    quality: HistoryQuality | None
    overlaps: str
    read: TradeHistory
    later: str = ""

    def until(self, day: date) -> PastOrders:
        """Without the orders that arrived after a day: who trains on it does not know them yet.

        Parameters
        ----------
        day : date
            The last whose orders stay, UTC.

        Raises
        ------
        InputError
            If none is left.
        """
        after = self.history.day > np.datetime64(day)
        if not after.any():
            return self
        few = f"{int(after.sum()):,} of {count_of(len(after), 'order')} arrived after {day}"
        if after.all():
            raise InputError(
                f"{few}, the day of training: none is left to learn from.",
                hint="Open prices of a later day, or bring earlier orders.",
                day=day,
            )
        return replace(self, history=self.history.take(~after), later=f"{few} and are left out: then unknown.")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was read, left out, and what the orders cost."""
        told = [
            self.quality.sentence if self.quality is not None else f"{len(self.read):,} orders, checked before.",
            self.overlaps,
            self.later,
            shortfall(self.history).sentence if len(self.history) else NONE_LEFT,
        ]
        return tuple(each for each in told if each)


def orders_of_files(files: OrderFiles) -> PastOrders:
    """Orders of files.

    Raises
    ------
    InputError
        If a file cannot be read, naming line and column, or the reader takes no mapping.
    PluginError
        If there is no such reader.
    """
    if files.orders == SAMPLE_ORDERS:
        history = cost_trainer().history(SAMPLE_ORDERS)
        return PastOrders(history, None, "", history)
    if files.orders.suffix == _CHECKED:
        return _purged(cost_trainer().history(files.orders), None)
    settings: dict[str, Any] = {"zone": files.zone}
    if files.mapping is not None:
        if files.reader != _CSV:
            raise InputError(f"The reader {files.reader} takes no mapping.", hint="Leave out the mapping.")
        settings["mapping"] = files.mapping
    reader = trade_history_reader(files.reader, **settings)
    market = None  # without tables, a figure that an order lacks is named, and not its security
    if any((files.daily, files.quotes, files.minutes)):
        market = reader.conditions(files.daily, quotes=files.quotes, minutes=files.minutes)
    found = reader.trade_history(files.orders, fills=files.fills, conditions=market)
    return _purged(found.history, found.quality)


def refuse_none(found: PastOrders) -> None:
    """Refuse orders of which none is left.

    Raises
    ------
    InputError
        Saying how many were read, and how many overlaps left.
    """
    if len(found.history):
        return
    read = len(found.read)
    raise InputError(
        "No order is left: nothing is known of what they cost."
        if not read
        else f"No order is left of {read:,}: each overlaps another of its account and name.",
        hint="What was left out stands above, with its reason; correct the file, or bring more orders.",
    )


def orders_of_frame(orders: pd.DataFrame | None) -> PastOrders:
    """Orders that came with a source, taken as they are.

    Raises
    ------
    InputError
        If there are none, or the frame has other columns.
    """
    if orders is None:
        raise InputError("The open source brings no past orders.", hint="Name a file of orders.")
    history = cost_trainer().history(orders)
    return PastOrders(history, None, "", history)


def _purged(history: TradeHistory, quality: HistoryQuality | None) -> PastOrders:
    purged = purge_overlaps(history)
    return PastOrders(purged.history, quality, purged.sentence, history)
