"""Records of any source as flat tables: for the terminal, for a spreadsheet, for a data frame.

Problem: sources give bars, observations, sheets, identities; who asked wants to see and keep them without
knowing each type. Decision: one row a record (sheets one a holding, tables of factors one a day, statements
one a lot), one column a field, and where it comes from beside each row; what is not known is blank and never
0. Records of several kinds make several tables. Limits: what a record nests deeper is written as text.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from di_advisor.domain.broker_statements import BrokerStatement
from di_advisor.domain.factor_returns import FactorReturnTable
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.index_holdings import HoldingsSheet
from di_advisor.domain.observations import Provenance
from di_advisor.domain.spreadsheet_cells import text_cell
from di_advisor.report.wording import printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RecordTable", "record_tables"]

Scalar = float | int | bool | str | date | datetime | None

_CELL_CHARACTERS: Final = 28
_WIDTH: Final = 99
_MILLION: Final = 1e6
_WHERE: Final = ("provider", "source", "licence", "fetched_at", "raw_sha256")


@dataclass(frozen=True)
class RecordTable:
    """Rows of one kind of record.

    Attributes
    ----------
    kind : str
        Name of the records' type.
    columns : tuple of str
        Fields, in the order of the type; where they come from last.
    rows : tuple of Mapping of str to value
        None where nothing is known.
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Scalar], ...]

    def to_csv(self) -> str:
        """CSV text with a header; text that a spreadsheet would take for a formula is marked as text."""
        written = io.StringIO(newline="")
        rows = csv.writer(written)
        rows.writerow([text_cell(c) for c in self.columns])
        for row in self.rows:
            rows.writerow([_csv_cell(row.get(c)) for c in self.columns])
        return written.getvalue()

    def to_frame(self) -> pd.DataFrame:
        """Data frame; a column whose values are of several kinds is text."""
        import pandas as pd

        return pd.DataFrame({c: pd.Series(_one_kind([r.get(c) for r in self.rows])) for c in self.columns})

    def to_text(self, most_rows: int = 20, width: int = _WIDTH) -> str:
        """The first rows in aligned columns no wider than `width`; what all rows share is said once.

        Where they come from is left out where it is one place: whoever shows them says it.
        """
        shown = self.rows[:most_rows]
        same = {c: self.rows[0].get(c) for c in self.columns if self._is_same(c)}
        hidden = {*_WHERE} & {*same} | ({*same} if len(self.rows) > 1 else set())
        cells = {c: [_shown(row.get(c)) for row in shown] for c in self.columns if c not in hidden}
        widths = {c: max([len(c), *map(len, column)]) for c, column in cells.items()}
        fitting: list[str] = []
        for column in cells:
            if sum(widths[c] + 2 for c in [*fitting, column]) <= width:
                fitting.append(column)
        left_out = [c for c in cells if c not in fitting]
        right = {c for c in fitting if all(isinstance(r.get(c), int | float | None) for r in shown)}

        def line(texts: Mapping[str, str]) -> str:
            return (
                "  "
                + "  ".join(
                    texts[c].rjust(widths[c]) if c in right else texts[c].ljust(widths[c]) for c in fitting
                ).rstrip()
            )

        lines = [f"{self.kind}: {len(self.rows):,} rows", line({c: c for c in fitting})]
        lines += [line({c: cells[c][n] for c in fitting}) for n in range(len(shown))]
        if len(self.rows) > len(shown):
            lines.append(f"  ... and {len(self.rows) - len(shown):,} more")
        lines += [
            f"  in all rows: {c} {_shown(v, 72)}" for c, v in same.items() if c in hidden - {*_WHERE} and v is not None
        ]
        if left_out:
            lines.append(f"  not shown: {', '.join(left_out)}")
        return "\n".join(lines)

    def _is_same(self, column: str) -> bool:
        first = self.rows[0].get(column)
        return all(row.get(column) == first for row in self.rows)


def record_tables(records: Iterable[object]) -> tuple[RecordTable, ...]:
    """Tables of records, one a kind, in the order in which kinds first come.

    Parameters
    ----------
    records : iterable
        Frozen dataclasses, as sources give them.
    """
    rows: dict[str, list[dict[str, Scalar]]] = {}
    columns: dict[str, dict[str, None]] = {}
    for record in records:
        for kind, row in _rows_of(record):
            rows.setdefault(kind, []).append(row)
            columns.setdefault(kind, {}).update(dict.fromkeys(row))
    return tuple(
        RecordTable(
            kind, (*(c for c in columns[kind] if c not in _WHERE), *(c for c in _WHERE if c in columns[kind])), tuple(r)
        )
        for kind, r in rows.items()
    )


def _rows_of(record: object) -> Iterator[tuple[str, dict[str, Scalar]]]:
    match record:
        case HoldingsSheet():
            head: dict[str, Scalar] = {"fund": record.fund, "as_of": record.as_of}
            for holding in record.holdings:
                yield type(holding).__name__, {**head, **_flat(holding), **_where(record.provenance)}
        case FactorReturnTable():
            for day, values in zip(record.dates, record.values, strict=True):
                figures = dict(zip(record.factors, map(_scalar, values), strict=True))
                head = {"table": record.name, "date": day.astype("datetime64[D]").astype(object)}
                yield "FactorReturns", {**head, **figures, **_where(record.provenance)}
        case BrokerStatement():
            where = _where(record.provenance) if record.provenance else {"source": record.source}
            for account in record.portfolio.accounts:
                cash = sum((item.amount_usd for item in account.cash), Decimal(0))
                head = {"account_id": account.account_id, "as_of": record.as_of, "cash_usd": f"{cash:f}"}
                yield "Account", {**head, **where}
                for lot in account.lots:
                    yield "Lot", {"account_id": account.account_id, **_flat(lot), **where}
            for event in record.events:
                yield type(event).__name__, {**_flat(event), **where}
            for left_out in record.left_out:
                yield "LeftOut", {**_flat(left_out), **where}
        case _:
            yield type(record).__name__, _flat(record)


def _flat(record: object) -> dict[str, Scalar]:
    if not is_dataclass(record) or isinstance(record, type):
        return {"value": _scalar(record)}
    row: dict[str, Scalar] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, Provenance):
            row |= _where(value)
        else:
            row[each.name] = _scalar(value)
    return row


def _where(provenance: Provenance) -> dict[str, Scalar]:
    return {name: getattr(provenance, name) for name in _WHERE}


def _scalar(value: Any) -> Scalar:  # noqa: ANN401  # records hold anything
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, float) and math.isnan(value):
        return None
    if value is None or isinstance(value, bool | int | float | date):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    several = isinstance(value, tuple | list | set | frozenset)
    return ("; ".join(map(_text, value)) if several else _text(value)) or None


def _text(value: Any) -> str:  # noqa: ANN401  # records hold anything
    if isinstance(value, tuple):
        return " ".join(_text(each) for each in value)
    if is_dataclass(value) and not isinstance(value, Identifier | type):
        return " ".join(_text(getattr(value, each.name)) for each in fields(value))
    return "" if value is None else str(value)


def _csv_cell(value: Scalar) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case int() | float():
            return repr(value)
        case _:
            return text_cell(value)


def _shown(value: Scalar, most: int = _CELL_CHARACTERS) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < _MILLION else f"{value:,.0f}"
    text = "-" if value is None else printable(_csv_cell(value) if not isinstance(value, str) else value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _one_kind(column: Sequence[Scalar]) -> list[Any]:
    kinds = {type(each) for each in column if each is not None}
    if len(kinds) <= 1 or kinds == {int, float}:
        return list(column)
    return [None if each is None else _csv_cell(each).removeprefix("'") for each in column]
