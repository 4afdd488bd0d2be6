"""Where the facts are: the sample, a user's files, or values of the kernel, as controls.

Problem: a person names files, a day and a broker without code, and a slip must not cost what is open.
Decision: the form gives a `Source` only when it is asked to, with errors that name the field; opening it is
the page's. Limits: paths are typed, relative to the folder in which the kernel runs.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import ipywidgets as widgets

from di_advisor.domain.toml_text import read_toml
from di_advisor.errors import InputError
from di_advisor.registry import PORTFOLIO_READERS, available
from di_advisor.runs.spec import FileSource, FleetSource, KernelSource, SampleSource, Source
from di_advisor.ui.pages.fields import choice, grid, typed_number, typed_text

__all__ = ["SourceForm"]

_SAMPLE, _FILES, _KERNEL = "Simulated sample", "My files", "Values of this notebook"
_FLEET: Final = "Account of a fleet"
_PATHS: Final = {
    "lots": ("Lots file", "lots.csv, or the broker's export"),
    "prices": ("Prices file", "prices.csv: security_id, ticker, price_usd, sector, ..."),
    "index": ("Index weights file", "index.csv: security_id, weight"),
    "returns": ("Daily returns file (optional)", "returns.csv (else assumed)"),
    "fills": ("Recent trades file (optional)", "fills.csv of the last 30 days"),
    "esg": ("ESG measures file (optional)", "esg.csv, .xlsx or .parquet; name its columns below"),
    "orders": ("Past orders file (optional)", "orders.csv, for cost models"),
}
_NEEDED: Final = ("lots", "prices", "index")


class SourceForm:
    """Controls for a source.

    Parameters
    ----------
    changed : callable
        Told that another kind of source was chosen, so that the page shows what belongs to it.

    Attributes
    ----------
    kind : Dropdown
        Which kind of source.
    files : VBox
        Controls for files; shown with that kind only.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.kind = choice("Source", [_SAMPLE, _FILES], "Where lots, prices and the index come from")
        self._seed = typed_number("Seed of the sample (a whole number)", SampleSource().seed, 1)
        self._paths = {name: typed_text(label, example) for name, (label, example) in _PATHS.items()}
        self._as_of = widgets.DatePicker(
            description="As-of date (tax date)", style={"description_width": "auto"}, tooltip="Day of the trades"
        )
        self._cash = typed_text("Cash ($)", "0.00", "Cash that can be spent")
        self._cash.value = "0"
        self._cash_account = typed_text("Account of the cash", "if the lots are of several accounts")
        readers = sorted(available(PORTFOLIO_READERS))
        self._reader = choice("Reader of lots (broker)", readers, "How the lots file is laid out")
        self._reader.value = "csv" if "csv" in readers else readers[0]
        self._notation = typed_text(
            "Notation (optional)", 'decimal_mark = ","; delimiter = ";"', "Settings of the reader, separated by ;"
        )
        first = (self._paths[n] for n in _NEEDED)
        rest = (self._paths[n] for n in _PATHS if n not in _NEEDED)
        self.files = grid(*first, self._as_of, self._cash, self._reader, *rest, self._cash_account, self._notation)
        self.sample = grid(self._seed)
        self._changed = changed
        self._shown: Source | None = None
        self._fleet: FleetSource | None = None
        self.kind.observe(lambda _: self._chosen(), names="value")
        self._chosen()

    @property
    def has_files(self) -> bool:
        """Whether files of one's own are chosen."""
        return bool(self.kind.value == _FILES)

    @property
    def esg_path(self) -> str:
        """The ESG file that is typed; empty where none is."""
        return self._paths["esg"].value.strip() if self.has_files else ""

    def show(self, source: Source) -> None:
        """Show a source; only when it is another one, so that what was typed and not opened stays."""
        if source == self._shown:
            return
        self._shown = source
        match source:
            case SampleSource():
                self._seed.value = source.seed
                self.kind.value = _SAMPLE
            case FileSource():
                self._fill(source)
                self.kind.value = _FILES
            case KernelSource():
                self._choose_also(_KERNEL)
            case FleetSource():
                self._fleet = source
                self._choose_also(_FLEET)

    def _choose_also(self, kind: str) -> None:
        """Choose a kind that is offered only once the app was given such a source."""
        if kind not in self.kind.options:
            self.kind.options = [*self.kind.options, kind]
        self.kind.value = kind

    def source(self) -> Source:
        """What the controls say.

        Raises
        ------
        InputError
            Naming the field that is missing or cannot be read.
        """
        if self.kind.value == _KERNEL:
            return KernelSource()
        if self.kind.value == _FLEET and self._fleet is not None:
            return self._fleet
        if self.kind.value == _SAMPLE:
            if not (self._seed.value >= 0 and float(self._seed.value).is_integer()):
                raise InputError(f"The seed is {self._seed.value:g}.", hint="Give a whole number, at least 0.")
            return SampleSource(int(self._seed.value))
        missing = [_PATHS[n][0] for n in _NEEDED if not self._paths[n].value.strip()]
        missing += ["As-of date"] if self._as_of.value is None else []
        if missing:
            raise InputError(f"Not given: {', '.join(missing)}.", hint="Only what is marked optional may stay empty.")
        paths: dict[str, Any] = {
            n: Path(box.value.strip()).expanduser() for n, box in self._paths.items() if box.value.strip()
        }
        return FileSource(
            **paths,
            as_of=self._as_of.value,
            cash_usd=self._dollars(),
            reader=self._reader.value,
            notation=self._settings(),
            cash_account=self._cash_account.value.strip(),
        )

    def _dollars(self) -> Decimal:
        text = self._cash.value.strip().removeprefix("$").replace(",", "")
        try:
            return Decimal(text or "0")
        except InvalidOperation as error:
            raise InputError(f"Cash is {text!r}.", hint="Give dollars and cents, such as 12500.00.") from error

    def _settings(self) -> dict[str, str]:
        given = read_toml("\n".join(self._notation.value.split("; ")), "Notation")
        settings: dict[str, str] = {}
        for key, value in given.items():  # "prices.decimal_mark" is a table of TOML, and a setting of one file
            of_file = isinstance(value, dict)
            settings |= {f"{key}.{k}": str(v) for k, v in value.items()} if of_file else {str(key): str(value)}
        return settings

    def _fill(self, source: FileSource) -> None:
        for name, box in self._paths.items():
            box.value = str(source.files.get(name, ""))
        self._as_of.value = source.as_of
        self._cash.value = str(source.cash_usd)
        self._cash_account.value = source.cash_account
        if source.reader in self._reader.options:
            self._reader.value = source.reader
        self._notation.value = "; ".join(f'{k} = "{v}"' for k, v in source.notation.items())

    def _chosen(self) -> None:
        self.files.layout.display = "" if self.kind.value == _FILES else "none"
        self.sample.layout.display = "" if self.kind.value == _SAMPLE else "none"
        self._changed()
