"""Which past orders a cost model learns from, as controls: those of the open source, or a user's files.

Limits: paths are typed, relative to the folder in which the kernel runs; a mapping of columns is a TOML file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.registry import TRADE_HISTORY_READERS, available
from di_advisor.runs.past_orders import OrderFiles
from di_advisor.ui.pages.fields import choice, grid, typed_text

__all__ = ["OrdersForm"]

_SOURCE, _FILES = "Of the open source", "My files"
_PATHS: Final = {
    "orders": ("Orders file", "orders.csv, or a table that was checked (Parquet)"),
    "fills": ("Fills file (optional)", "fills.csv, where they are not beside the orders"),
    "daily": ("Daily conditions (optional)", "daily.csv: spread, volatility, volume"),
    "quotes": ("Quotes (optional)", "quotes.csv or .parquet, for the price at arrival"),
    "minutes": ("Minute averages (optional)", "minutes.csv or .parquet"),
    "mapping": ("Mapping of columns (optional)", "mapping.toml: whose file calls what how"),
}


class OrdersForm:
    """Controls for past orders.

    Attributes
    ----------
    kind : Dropdown
        Whose orders.
    box : VBox
        All controls.
    """

    def __init__(self) -> None:
        self.kind = choice("Past orders", [_SOURCE, _FILES], "What the model learns from")
        self._paths = {name: typed_text(label, example) for name, (label, example) in _PATHS.items()}
        readers = sorted(available(TRADE_HISTORY_READERS))
        self._reader = choice("Reader of orders", readers, "How the orders file is laid out")
        self._reader.value = "csv" if "csv" in readers else readers[0]
        self._zone = typed_text("Time zone of times without one", "America/New_York")
        first, *others = self._paths.values()
        self._files = grid(first, self._reader, *others, self._zone)
        self.box = widgets.VBox([grid(self.kind), self._files])
        self.box.add_class("di-page")
        self.kind.observe(lambda _: self._chosen(), names="value")
        self._chosen()

    def files(self) -> OrderFiles | None:
        """The files that are named; None for the orders of the open source.

        Raises
        ------
        InputError
            If no file of orders is named.
        """
        if self.kind.value == _SOURCE:
            return None
        given: dict[str, Any] = {
            name: Path(box.value.strip()).expanduser() for name, box in self._paths.items() if box.value.strip()
        }
        if "orders" not in given:
            raise InputError("No file of orders is named.", hint="Name one, or take those of the open source.")
        return OrderFiles(**given, reader=self._reader.value, zone=self._zone.value.strip())

    def _chosen(self) -> None:
        self._files.layout.display = "" if self.kind.value == _FILES else "none"
