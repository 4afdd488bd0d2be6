"""A run as text beside the notebook, and back: readable, versioned, checked.

Problem: what was asked must survive the kernel, travel to a colleague, and be read by a person. Decision:
TOML with the tables of a client's file (wishes, taxpayer, own terms) and those of the run (source, account,
models, decisions); paths are written relative to the file where they lie below it; what the last answer
rested on (hashes, versions) is written too and compared when the file is opened. Limits: values of a kernel
are named only; results are not saved here, they stand in the notebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from di_advisor.domain.esg_columns import EsgColumns
from di_advisor.domain.kept_trades import KeptTrade
from di_advisor.domain.portfolio import Side
from di_advisor.domain.record_data import plain_of, record_of
from di_advisor.domain.toml_text import read_toml, toml_of
from di_advisor.errors import InputError, NewerSchemaError
from di_advisor.formulate.client_file import ClientFile, client_from_toml, client_toml
from di_advisor.runs.decisions import Decisions
from di_advisor.runs.spec import (
    STARTING_TAX,
    FileSource,
    FleetSource,
    KernelSource,
    Models,
    RunSpec,
    SampleSource,
    Source,
)
from di_advisor.runs.watching import Watching

__all__ = ["SCHEMA_VERSION", "SavedRun", "changed_inputs", "run_from_toml", "run_toml"]

SCHEMA_VERSION: Final = 1
_HEAD, _SOURCE, _MODELS, _DECISIONS, _FOUND, _VERSIONS = "run", "source", "models", "decisions", "inputs", "versions"
_WATCHING = "watching"
_OURS: Final = frozenset({_WATCHING, _HEAD, _SOURCE, _MODELS, _DECISIONS, _FOUND, _VERSIONS})
_KINDS: Final[Mapping[str, type]] = {
    "sample": SampleSource,
    "files": FileSource,
    "kernel": KernelSource,
    "fleet": FleetSource,
}
_PATHS: Final = ("lots", "prices", "index", "returns", "fills", "esg", "orders")


@dataclass(frozen=True)
class SavedRun:
    """What a file of a run says.

    Attributes
    ----------
    spec : RunSpec
        What was asked.
    fingerprint, versions : Mapping of str to str
        What the last answer rested on; empty where there was none.
    """

    spec: RunSpec
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Head:
    schema_version: int
    account: str


@dataclass(frozen=True, slots=True)
class _Files:
    """A `FileSource` in texts."""

    lots: str
    prices: str
    index: str
    as_of: date
    cash_usd: Decimal = Decimal(0)
    returns: str = ""
    fills: str = ""
    esg: str = ""
    orders: str = ""
    reader: str = "csv"
    notation: Mapping[str, str] = field(default_factory=dict)
    cash_account: str = ""
    esg_columns: EsgColumns | None = None


@dataclass(frozen=True, slots=True)
class _OfFleet:
    """A `FleetSource` in texts."""

    folder: str
    label: str
    accounts: str = ""
    count: int = 0
    seed: int = 1
    market: _Files | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """`Decisions` in texts."""

    rejected: Mapping[str, Side] = field(default_factory=dict)
    locked: Mapping[str, KeptTrade] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()


def run_toml(saved: SavedRun, folder: Path | None = None) -> str:
    """A run as text.

    Parameters
    ----------
    saved : SavedRun
        What to write.
    folder : Path, optional
        Where the file will lie: paths below it are written relative to it.
    """
    spec = saved.spec
    client = client_toml(ClientFile(spec.mandate, spec.tax, spec.own))
    tables: dict[str, dict[str, Any]] = {
        _HEAD: {"schema_version": SCHEMA_VERSION, "account": spec.account},
        _SOURCE: _source_table(spec.source, folder),
        _MODELS: {f.name: getattr(spec.models, f.name) for f in fields(Models)},
    }
    decided = spec.decisions
    if decided != Decisions():
        tables[_DECISIONS] = {
            "rejected": {k: side.value for k, side in decided.rejected.items()},
            "locked": {k: plain_of(kept) for k, kept in decided.locked.items()},
            "accepted": sorted(decided.accepted),
        }
    if spec.watching != Watching():
        tables[_WATCHING] = plain_of(spec.watching)
    if saved.fingerprint:
        tables[_FOUND] = dict(saved.fingerprint)
    if saved.versions:
        tables[_VERSIONS] = dict(saved.versions)
    return f"{toml_of(tables)}\n{client}"


def run_from_toml(text: str, source: str = "the saved run", folder: Path | None = None) -> SavedRun:
    """The run of a text; nothing is opened and nothing imported.

    Parameters
    ----------
    text : str
        As `run_toml` writes.
    source : str
        Where it comes from, for errors.
    folder : Path, optional
        Where the file lies: relative paths start there.

    Raises
    ------
    InputError
        Naming the file, the key, and what is allowed.
    NewerSchemaError
        If a newer version wrote it.
    """
    given = read_toml(text, source)
    version = given.get(_HEAD, {}).get("schema_version") if isinstance(given.get(_HEAD), Mapping) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"{source} has schema version {version}; this di_advisor reads up to {SCHEMA_VERSION}.",
            hint="Update di_advisor. The file was left untouched.",
            found=version,
            known=SCHEMA_VERSION,
        )
    head = record_of(_Head, given.get(_HEAD, {}), source, _HEAD)
    client = client_from_toml(toml_of({k: v for k, v in given.items() if k not in _OURS}), source)
    decided = record_of(_Decided, given.get(_DECISIONS, {}), source, _DECISIONS)
    spec = RunSpec(
        source=_source_of(given.get(_SOURCE), source, folder),
        account=head.account,
        mandate=client.mandate,
        tax=client.taxpayer or STARTING_TAX,
        models=record_of(Models, given.get(_MODELS, {}), source, _MODELS),
        decisions=Decisions(decided.rejected, decided.locked, decided.accepted),
        own=client.own,
        watching=record_of(Watching, given.get(_WATCHING, {}), source, _WATCHING),
    )
    return SavedRun(spec, _texts(given, _FOUND, source), _texts(given, _VERSIONS, source))


def changed_inputs(saved: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Roles of inputs whose bytes are not those that a saved answer rested on."""
    return tuple(sorted(role for role in saved if now.get(role) != saved[role]))


def _source_table(source: Source, folder: Path | None) -> dict[str, Any]:
    kind = next(name for name, each in _KINDS.items() if type(source) is each)
    table: dict[str, Any] = {"kind": kind}
    for each in fields(source):
        value = getattr(source, each.name)
        if isinstance(value, Path):
            value = str(_relative(value, folder))
        if isinstance(value, FileSource):  # the market of a fleet
            value = {k: v for k, v in _source_table(value, folder).items() if k != "kind"}
        if value is not None and value != {}:
            table[each.name] = _text_or_table(value)
    return table


def _text_or_table(value: Any) -> Any:  # noqa: ANN401 any value of a source
    if isinstance(value, Decimal):
        return str(value)
    return plain_of(value) if isinstance(value, EsgColumns) else value


def _relative(path: Path, folder: Path | None) -> Path:
    if folder is None or not path.is_absolute() or not path.is_relative_to(folder):
        return path
    return path.relative_to(folder)


def _source_of(given: Any, source: str, folder: Path | None) -> Source:  # noqa: ANN401 anything may come in
    kind = given.get("kind") if isinstance(given, Mapping) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InputError(
            f"{source}: {_SOURCE}.kind is {'missing' if kind is None else repr(kind)}.",
            hint=f"Give one of: {', '.join(_KINDS)}.",
            file=source,
            key=f"{_SOURCE}.kind",
            allowed=tuple(_KINDS),
        )
    rest = {key: value for key, value in given.items() if key != "kind"}
    if kind == "sample":
        return record_of(SampleSource, rest, source, _SOURCE)
    if kind == "kernel":
        return record_of(KernelSource, rest, source, _SOURCE)
    if kind == "fleet":
        of = record_of(_OfFleet, rest, source, _SOURCE)
        file = _placed(of.accounts, folder) if of.accounts else None
        market = None if of.market is None else _files_of(of.market, folder)
        return FleetSource(_placed(of.folder, folder), of.label, file, of.count, of.seed, market)
    return _files_of(record_of(_Files, rest, source, _SOURCE), folder)


def _files_of(texts: _Files, folder: Path | None) -> FileSource:
    paths: dict[str, Any] = {name: _placed(getattr(texts, name), folder) for name in _PATHS if getattr(texts, name)}
    others = {f.name: getattr(texts, f.name) for f in fields(_Files) if f.name not in _PATHS}
    return FileSource(**paths, **others)


def _placed(text: str, folder: Path | None) -> Path:
    path = Path(text)
    return path if folder is None or path.is_absolute() else folder / path


def _texts(given: Mapping[str, Any], table: str, source: str) -> dict[str, str]:
    found = given.get(table, {})
    if not isinstance(found, Mapping) or not all(isinstance(v, str) for v in found.values()):
        raise InputError(f"{source}: [{table}] holds something else than texts.", hint="Remove the table.", key=table)
    return dict(found)
