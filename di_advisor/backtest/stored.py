"""A replay as a file and back: text with a checksum, compressed, equal to the last digit.

Problem: results of hours must survive the process and be read by another version's reader or refused. Decision: one
JSON document a replay with the columns of its rows, floats as their shortest exact text, and the journal in the
ledger's own text; the document's SHA-256 stands in front. Same content, same bytes. Limits: a document is read whole.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, Final, TypeVar

from di_advisor.backtest.asked import Facts
from di_advisor.backtest.record import DayRow, RebalanceRow, RefusedWithdrawal, Replayed
from di_advisor.domain.event_text import event_from_text, event_text
from di_advisor.errors import DamagedStoreError, NewerSchemaError

__all__ = ["asked_in", "from_bytes", "to_bytes"]

_SCHEMA: Final = 3
# Version 1 had no fingerprints of holdings, no events beside the journal and no refusals; they are then empty.
# Version 2 had no alignment and no locked losses; they are then None.
_LISTS: Final = ("fired", "reasons")
_Row = TypeVar("_Row", DayRow, RebalanceRow, RefusedWithdrawal)


def to_bytes(replayed: Replayed, asked: Facts | None = None) -> bytes:
    """A replay as the content of a file.

    Parameters
    ----------
    replayed : Replayed
        The replay.
    asked : Facts, optional
        What it was asked, for `asked_in`.
    """
    document = {
        "schema_version": _SCHEMA,
        "label": replayed.label,
        "past": replayed.past,
        "policy": replayed.policy,
        "liquidation_tax_start_usd": replayed.liquidation_tax_start_usd,
        "liquidation_tax_end_usd": replayed.liquidation_tax_end_usd,
        "days": _columns(replayed.days, DayRow),
        "rebalances": _columns(replayed.rebalances, RebalanceRow),
        "events": [event_text(event) for event in replayed.events],
        "seen": [event_text(event) for event in replayed.seen],
        "refused": _columns(replayed.refused, RefusedWithdrawal),
        "wash_sales": replayed.wash_sales,
        "identical": replayed.identical,
        **({} if asked is None else {"asked": asked}),
    }
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
    return gzip.compress(hashlib.sha256(text).hexdigest().encode() + b"\n" + text, mtime=0)


def from_bytes(content: bytes) -> Replayed:
    """A replay of the content of a file.

    Raises
    ------
    DamagedStoreError
        If the content is not what was written.
    NewerSchemaError
        If a newer version wrote it.
    """
    document = _document(content)
    version = document["schema_version"]
    if version > _SCHEMA:
        raise NewerSchemaError(
            f"The replay is of version {version}, and this program reads {_SCHEMA}.",
            hint="Update di_advisor, or replay again.",
        )
    return Replayed(
        label=document["label"],
        past=document["past"],
        policy=document["policy"],
        days=_rows(document["days"], DayRow),
        rebalances=_rows(document["rebalances"], RebalanceRow),
        events=tuple(event_from_text(each) for each in document["events"]),
        liquidation_tax_start_usd=document["liquidation_tax_start_usd"],
        liquidation_tax_end_usd=document["liquidation_tax_end_usd"],
        seen=tuple(event_from_text(each) for each in document.get("seen", ())),
        refused=_rows(document.get("refused", {}), RefusedWithdrawal),
        wash_sales=document.get("wash_sales", True),
        identical=tuple((group, tuple(members)) for group, members in document.get("identical", ())),
    )


def asked_in(content: bytes) -> Facts | None:
    """What the replay in a file was asked; None where an earlier version wrote it, which did not keep that.

    Raises
    ------
    DamagedStoreError
        If the content is not what was written.
    """
    return _document(content).get("asked")


def _document(content: bytes) -> dict[str, Any]:
    try:
        digest, _, text = gzip.decompress(content).partition(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(str(error)) from error
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise _damaged("its checksum is another one")
    document: dict[str, Any] = json.loads(text)
    return document


def _columns(rows: Sequence[_Row], kind: type[Any]) -> dict[str, list[Any]]:
    return {f.name: [_plain(getattr(row, f.name)) for row in rows] for f in fields(kind)}


def _plain(value: Any) -> Any:  # noqa: ANN401  (a cell of a row)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _rows(columns: Mapping[str, Sequence[Any]], kind: type[_Row]) -> tuple[_Row, ...]:
    names = list(columns)
    read = {name: [_cell(name, each) for each in values] for name, values in columns.items()}
    return tuple(kind(**dict(zip(names, row, strict=True))) for row in zip(*read.values(), strict=True))


def _cell(name: str, value: Any) -> Any:  # noqa: ANN401  (a cell of a row)
    if name == "day":
        return date.fromisoformat(value)
    return tuple(value) if name in _LISTS else value


def _damaged(why: str) -> DamagedStoreError:
    return DamagedStoreError(f"The stored replay cannot be read: {why}.", hint="Remove the file, and replay again.")
