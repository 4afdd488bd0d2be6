"""What was asked, in one frozen value: where the facts are, whose account, which wishes, which models.

Problem: a panel's state that lives in widgets cannot be saved, compared, or repeated from code. Decision:
controls change a `RunSpec` and nothing else, a run takes a `RunSpec` and nothing else, and what a run
found out about its inputs (hashes, versions) stands beside its result. Limits: values that only live in a
kernel (`KernelSource`) are named, not stored; a saved spec of theirs opens only where they are given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from di_advisor.domain.esg_columns import EsgColumns
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.formulate.client_file import OwnNames
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.runs.decisions import Decisions
from di_advisor.runs.watching import Watching

__all__ = [
    "STARTING_MANDATE",
    "STARTING_TAX",
    "FileSource",
    "FleetSource",
    "KernelSource",
    "Models",
    "RunSpec",
    "SampleSource",
    "Source",
    "split_notation",
]

STARTING_MANDATE = Mandate(tracking_error_max=0.01, sector_band=Band.within(0.02), min_trade_usd=Decimal(500))
STARTING_TAX = TaxProfile(ConstantRates(short_term=0.408, long_term=0.238))


@dataclass(frozen=True, slots=True)
class SampleSource:
    """The embedded, simulated world of a seed; its accounts are young, seasoned and concentrated."""

    seed: int = 7


@dataclass(frozen=True)
class FileSource:
    """A user's files.

    Attributes
    ----------
    lots, prices, index : Path
        Needed; columns as `di-advisor columns` lists them.
    as_of : date
        Tax date of the trades.
    cash_usd : Decimal
        Cash that can be spent, of the only account or of `cash_account`.
    returns, fills, esg, orders : Path or None
        Daily total returns, recent trades, ESG measures, past orders.
    reader : str
        Name of the reader of lots, as in ``di_advisor.portfolio_readers``.
    notation : Mapping of str to str
        Settings of the reader: encoding, delimiter, decimal_mark, date_format; for one file by its role, as
        ``prices.decimal_mark``.
    esg_columns : EsgColumns or None
        What the columns of `esg` mean; None where its headers are measures, or it has a column ``provider``.
    cash_account : str
        Account id that the cash belongs to, where the lots are of several accounts; it then stands first.
    """

    lots: Path
    prices: Path
    index: Path
    as_of: date
    cash_usd: Decimal = Decimal(0)
    returns: Path | None = None
    fills: Path | None = None
    esg: Path | None = None
    orders: Path | None = None
    reader: str = "csv"
    notation: Mapping[str, str] = field(default_factory=dict)
    cash_account: str = ""
    esg_columns: EsgColumns | None = None

    def __post_init__(self) -> None:
        for name in ("lots", "prices", "index", "returns", "fills", "esg", "orders"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else Path(value))
        object.__setattr__(self, "notation", FrozenMap(dict(self.notation)))
        if self.esg_columns is not None and self.esg is None:
            raise InputError("Columns of an ESG file are named, and no file.", hint="Give the file.", field="esg")

    @property
    def files(self) -> Mapping[str, Path]:
        """What is given, by role."""
        named = {n: getattr(self, n) for n in ("lots", "prices", "index", "returns", "fills", "esg", "orders")}
        return {name: path for name, path in named.items() if path is not None}


def split_notation(notation: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Settings for all files, and those of single files by role (``prices.decimal_mark``).

    Returns
    -------
    common : dict of str to str
        Settings of every file.
    single : dict of str to dict
        Settings by role, then by name.
    """
    common: dict[str, str] = {}
    single: dict[str, dict[str, str]] = {}
    for key, value in notation.items():
        role, dot, name = key.partition(".")
        if dot:
            single.setdefault(role, {})[name] = value
        else:
            common[key] = value
    return common, single


@dataclass(frozen=True, slots=True)
class KernelSource:
    """Values of the running kernel, given to `di_advisor.app(portfolios, ...)`; only their name is kept."""

    name: str = "values of the kernel"


@dataclass(frozen=True)
class FleetSource:
    """One account of a fleet's run, at the prices of the run's last pass.

    Attributes
    ----------
    folder : Path
        What the run was told as ``into``.
    label : str
        The account.
    accounts : Path or None
        Parquet file of the accounts; None for generated ones.
    count, seed : int
        Of the generated accounts.
    market : FileSource or None
        Files whose prices, index and history the run rests on; None for the built-in market.

    Raises
    ------
    InputError
        If there is no label, neither a file nor a number of accounts, or generated ones over another market.
    """

    folder: Path
    label: str
    accounts: Path | None = None
    count: int = 0
    seed: int = 1
    market: FileSource | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        object.__setattr__(self, "accounts", None if self.accounts is None else Path(self.accounts))
        if self.accounts is None and self.market is not None:
            raise InputError(
                "Generated accounts are of the built-in market.", hint="Give a file of accounts.", field="accounts"
            )
        if not self.label:
            raise InputError("No account of the fleet is named.", hint="Choose one of its list.", field="label")
        if self.accounts is None and self.count < 1:
            raise InputError(
                f"The fleet has {self.count} generated accounts and no file of accounts.",
                hint="Give the file, or how many were generated.",
                field="count",
            )


Source = SampleSource | FileSource | KernelSource | FleetSource


@dataclass(frozen=True, slots=True)
class Models:
    """Which models estimate, by their registered names; a trained cost model by its id in the registry folder.

    Attributes
    ----------
    risk, cost : str
        Names.
    harvest : str
        What values selling a lot now against later: "program" or "learned"; empty for none.
    review_days : int
        How often the account is looked at; the harvest model's step.

    Raises
    ------
    InputError
        If it is looked at less than a day apart.
    """

    risk: str = "factor"
    cost: str = "prior"
    harvest: str = ""
    review_days: int = 7

    def __post_init__(self) -> None:
        if self.review_days < 1:
            raise InputError(
                f"The account is reviewed every {self.review_days} days.", hint="Give at least 1.", field="review_days"
            )


@dataclass(frozen=True)
class RunSpec:
    """Everything that one proposal was asked with.

    Attributes
    ----------
    source : SampleSource, FileSource, KernelSource or FleetSource
        Where the facts are.
    account : str
        Label of the account, as `di_advisor.runs.facts.Facts.accounts` gives it.
    mandate : Mandate
        Wishes, without decisions.
    tax : TaxProfile, ReturnInputs or FilerTax
        The taxpayer.
    models : Models
        What estimates risk, cost and the value of harvesting.
    decisions : Decisions
        Trades rejected, locked, accepted.
    own : OwnNames
        Own terms and rules, "module:qualname" of what can be imported.
    watching : Watching
        When the account is to be looked at; it changes no proposal.

    Raises
    ------
    InputError
        If there is no account.
    """

    source: Source
    account: str
    mandate: Mandate = STARTING_MANDATE
    tax: Taxpayer = STARTING_TAX
    models: Models = Models()
    decisions: Decisions = field(default_factory=Decisions)
    own: OwnNames = field(default_factory=OwnNames)
    watching: Watching = field(default_factory=Watching)

    def __post_init__(self) -> None:
        if not self.account:
            raise InputError("The run names no account.", hint="Give the label of an account.", field="account")

    @property
    def wishes(self) -> Mandate:
        """The mandate with the decisions in it: what is solved."""
        return self.decisions.applied(self.mandate)

    @property
    def solved(self) -> RunSpec:
        """The spec without what changes no answer: which trades were accepted, and when it is looked at."""
        return replace(self, decisions=replace(self.decisions, accepted=frozenset()), watching=Watching())

    @property
    def without_locks(self) -> RunSpec:
        """The spec without its locked trades."""
        return replace(self, decisions=replace(self.decisions, locked={}))

    def with_changes(self, **changes: Any) -> RunSpec:
        """A copy with some parts changed."""
        return replace(self, **changes)

    def with_wishes(self, **changes: Any) -> RunSpec:
        """A copy with some fields of the mandate changed."""
        return replace(self, mandate=self.mandate.with_changes(**changes))
