"""Index weights from a user's own file, CSV or xlsx, described by a mapping.

Problem: index providers send sheets of a shape of their own, under licences of their own. Decision: a
mapping in TOML names the columns, the index, the day and whether weights are percent or fractions; the
rows become the same sheet as those of fund providers, with the same checks. Limits: one table with its
header in the first line (the first row of the first sheet of a workbook); long positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import ClassVar, Final

from di_advisor.domain.cells import is_blank
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.index_holdings import HoldingKind, HoldingsSheet, IndexHolding
from di_advisor.domain.rows import Findings, Row, some_of
from di_advisor.errors import InputError
from di_advisor.units import fraction_from_percent
from di_data.delimited import decoded_text, read_records
from di_data.frame.exchange import Received
from di_data.frame.rows import as_content_error, refuse
from di_data.frame.workbooks import sheets_of
from di_data.market.file_mapping import HoldingsMapping
from di_data.market.holding_rows import checked_sheet, identifiers_of, require_whole
from di_data.market.own_files import OwnFiles, own_file_facts

__all__ = ["IndexFile"]

_SCHEMES: Final = {s.value: s for s in IdentifierScheme}
_IDENTIFIERS: Final = ("ticker", "isin", "cusip", "sedol", "figi", "security_id")


class IndexFile(OwnFiles[HoldingsSheet, HoldingsMapping]):
    """A sheet of weights of a file.

    Parameters
    ----------
    mapping : HoldingsMapping, optional
        What the file holds. Without one, what comes with it counts (``mapping``, the text of a mapping file),
        and without that, columns ``ticker``, ``weight`` (fractions) and ``as_of``.
    """

    facts: ClassVar = own_file_facts(
        "index_file", "index weights from a file", "as agreed with the index provider", "index", "mapping"
    )

    def __init__(self, mapping: HoldingsMapping | None = None) -> None:
        unstated = {"index": "", "weights": "fraction", "columns": {"as_of": "as_of"}}
        super().__init__(mapping or HoldingsMapping.model_validate(unstated), stated=mapping is not None)

    def parse(self, body: bytes, received: Received) -> Sequence[HoldingsSheet]:
        """The sheet.

        Raises
        ------
        SourceContentError
            If a column is missing, a cell cannot be read (all are named together), rows are of several days,
            or the weights do not add up.
        """
        if sent := self._sent_mapping(received):
            return IndexFile(sent[0]).parse(body, sent[1])
        header, rows = self._rows(body, received)
        self._require_columns(self.mapping.columns, header, received)
        findings, days, holdings = Findings(received.source), set[date](), list[IndexHolding]()
        with as_content_error(received):
            for row in rows:
                with findings.at(row, ""):
                    holdings.append(self._holding(row))
                    days.add(self._day(row))
            findings.raise_any()
        if len(days) > 1:
            shown = some_of([str(d) for d in sorted(days)])
            refuse(received, f"its rows are of several days: {shown}.", "Give one day's weights.")
        require_whole([h.weight for h in holdings], received)
        index = self.mapping.index or received.context.get("index") or received.source
        return (checked_sheet(index, days.pop(), holdings, received),)

    def _rows(self, body: bytes, received: Received) -> tuple[Sequence[str], Iterable[Row]]:
        if body[:4] == b"PK\x03\x04":
            return _workbook_rows(body, received)
        with as_content_error(received):
            text = decoded_text(body, received.source, self.mapping.encoding)
            header, records = read_records(text, received.source, delimiter=self.mapping.delimiter)
            return header, [Row(f"line {n}", dict(zip(header, cells, strict=True))) for n, cells in records]

    def _holding(self, row: Row) -> IndexHolding:
        columns = self.mapping.columns
        weight = self._figure(row, columns.weight)
        if weight is None:
            raise InputError(f"{columns.weight} is blank.", hint="A name without a weight is left out.", field="weight")
        named = columns.model_dump()
        ids = [(_SCHEMES[scheme], row[named[scheme]]) for scheme in _IDENTIFIERS if named[scheme]]
        identifiers = identifiers_of(ids)
        name = str(row[columns.name] or "").strip() if columns.name else ""
        return IndexHolding(
            identifiers=identifiers,
            name=name or (identifiers[0].value if identifiers else row.label),
            weight=fraction_from_percent(weight) if self.mapping.weights == "percent" else weight,
            kind=self._kind(row),
            shares=self._figure(row, columns.shares),
            market_value_usd=self._figure(row, columns.market_value_usd),
            sector=str(row[columns.sector] or "").strip("- ") if columns.sector else "",
        )

    def _kind(self, row: Row) -> HoldingKind:
        column = self.mapping.columns.kind
        if not column:
            return HoldingKind.EQUITY
        word = str(row[column] or "").strip()
        if word not in self.mapping.kinds:
            raise InputError(
                f"{column} is {word!r}, which the mapping does not know.",
                hint="Say what it means in the table kinds: equity, cash, derivative or other.",
                field=column,
            )
        return self.mapping.kinds[word]

    def _day(self, row: Row) -> date:
        column = self.mapping.columns.as_of
        if not column:
            if self.mapping.as_of is None:
                raise InputError("nothing says of which day the weights are.", hint="State as_of in the mapping.")
            return self.mapping.as_of
        written = row[column]
        if isinstance(written, datetime):
            return written.date()
        return written if isinstance(written, date) else self.mapping.notation.day(written)

    def _figure(self, row: Row, column: str) -> float | None:
        written = row[column] if column else None
        if is_blank(written):
            return None
        if isinstance(written, int | float) and not isinstance(written, bool):
            return float(written)
        return float(self.mapping.notation.amount(written))


def _workbook_rows(body: bytes, received: Received) -> tuple[Sequence[str], Iterable[Row]]:
    rows = next(iter(sheets_of(body, received).values()), [])
    if not rows:
        refuse(received, "the workbook is empty.", "Check that it is the right file.")
    header = [str(c).strip() for c in rows[0]]
    filled = (r for r in rows[1:] if any(not is_blank(c) for c in r))
    return header, [Row(f"row {n}", dict(zip(header, r, strict=False))) for n, r in enumerate(filled, start=2)]
