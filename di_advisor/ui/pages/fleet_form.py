"""Which fleet: its folder, where its accounts come from, and how a run of it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import ipywidgets as widgets

from di_advisor.errors import InputError
from di_advisor.runs.of_fleet import FleetRequest
from di_advisor.runs.spec import FileSource, FleetSource, Source
from di_advisor.ui.pages.fields import choice, grid, typed_number, typed_text

__all__ = ["FleetForm"]

_GENERATED, _FILE = "Generated", "Parquet file"
_BUILT_IN, _MINE = "Built-in market", "Market of my files"
_MOST: Final = 10_000_000


class FleetForm:
    """Controls that name a run.

    Attributes
    ----------
    folder : Text
        Where its results are, or go.
    box, numbers : Box
        Where the accounts come from, and what a new run needs beside.
    """

    def __init__(self) -> None:
        self.folder = typed_text("Folder of the run", "tonight", "What the run was told as into")
        self._origin = choice(
            "Its accounts",
            [_GENERATED, _FILE],
            "Where its accounts are found again when one opens; generated ones are of the built-in market",
        )
        self._market = choice(
            "Its market", [_BUILT_IN, _MINE], "Prices, index and history of the run: built in, or of the app's source"
        )
        self._file = typed_text("File of accounts", "accounts.parquet", "As di_advisor.fleet.write_accounts wrote it")
        self._count = typed_number("How many are generated", 40, 10, "A whole number; a new run solves so many")
        self._seed = typed_number("Seed of the accounts", 1, 1, "A whole number; the run's own")
        self._rounds = typed_number("Joint rounds", 1, 1, "How often all are solved again at their own joint size")
        self._origin.observe(lambda _: self._arrange(), names="value")
        self.box = grid(self.folder, self._origin, self._file, self._market, self._count, self._seed)
        self.numbers = grid(self._rounds)
        self._arrange()

    @property
    def path(self) -> Path:
        """The folder.

        Raises
        ------
        InputError
            If none is named.
        """
        text = self.folder.value.strip()
        if not text:
            raise InputError("No folder is named.", hint="Give the folder that the run was told as into.")
        return Path(text).expanduser()

    def request(self, source: Source, *, at_least: int = 0) -> FleetRequest:
        """The run that the controls name; of generated accounts so many at least.

        Parameters
        ----------
        source : Source
            The app's: where the market of one's own files is taken from.
        at_least : int
            How many accounts there are known to be.

        Raises
        ------
        InputError
            Naming the field that cannot be used.
        """
        seed, rounds = _whole(self._seed), _whole(self._rounds)
        if self._origin.value == _FILE:
            text = self._file.value.strip()
            if not text:
                raise InputError("No file of accounts is named.", hint="Give the Parquet file of the run's accounts.")
            market = _market_of(source) if self._market.value == _MINE else None
            return FleetRequest(self.path, Path(text).expanduser(), seed=seed, joint_rounds=rounds, market=market)
        count = max(_whole(self._count), at_least)
        return FleetRequest(self.path, None, count, seed, rounds)

    def _arrange(self) -> None:
        is_file = self._origin.value == _FILE
        for box in (self._file, self._market):
            box.layout.display = "" if is_file else "none"
        for box in (self._count, self._seed):
            box.layout.display = "none" if is_file else ""


def _market_of(source: Source) -> FileSource:
    market = source.market if isinstance(source, FleetSource) else source
    if not isinstance(market, FileSource):
        raise InputError("The app's source is not files.", hint="Open the market's files on the page Account first.")
    return market


def _whole(box: widgets.FloatText) -> int:
    if not (0 <= box.value <= _MOST and float(box.value).is_integer()):
        raise InputError(f"{box.description}: {box.value:g}.", hint="Give a whole number, at least 0.")
    return int(box.value)
