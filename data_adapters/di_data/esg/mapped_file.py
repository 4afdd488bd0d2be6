"""A user's ESG file by columns that a person has named: port `EsgFileReader` over the adapter `esg_file`.

Problem: a page, a command and a notebook choose a file, say what its columns mean, and must be told what came of it
before anything rests on it. Decision: `EsgColumns` become the adapter's mapping, the adapter's guards and parser read
the file, subjects are resolved against the market's own list of names, and what was known by the day becomes measures;
what was not recognised and what is not used is counted, with reasons. Limits: the market's list knows ids, tickers and
names; files of ISINs need a second column with one of these, or a market that lists them.
"""

from __future__ import annotations

import warnings
from datetime import date
from pathlib import Path
from typing import Final

from di_advisor.domain.esg_columns import ColumnKind, EsgColumn, EsgColumns, HeadColumn, ReadEsg
from di_advisor.domain.esg_table import Direction
from di_advisor.domain.master_identities import observations_by_security
from di_advisor.domain.observations import Reading
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, InputWarning, why_unreadable
from di_data.esg.esg_file import EsgFile, table_of
from di_data.esg.esg_mapping import EsgMapping, FlagColumn, ScoreColumn
from di_data.esg.table import GOOD_FLAGS, table_of_measures
from di_data.frame.exchange import Content, Received
from di_data.frame.guards import refuse_other_content
from di_data.frame.workbooks import text_of_cell

__all__ = ["MappedEsgFile"]

_KINDS: Final = {".csv": Content.CSV, ".xlsx": Content.XLSX, ".parquet": Content.PARQUET}
_EXAMPLES: Final = 3
_READINGS: Final = {
    Direction.HIGHER_IS_BETTER: Reading.HIGHER_IS_BETTER,
    Direction.LOWER_IS_BETTER: Reading.LOWER_IS_BETTER,
}


class MappedEsgFile:
    """Reads CSV, workbooks and Parquet by columns that are named."""

    def head(self, path: Path) -> tuple[HeadColumn, ...]:
        """Columns as they stand in the file, with some of their texts.

        Raises
        ------
        InputError, SourceContentError
            If it cannot be read.
        """
        body, received = _received(path)
        header, rows = table_of(body, received, None)
        cells = [[text_of_cell(c) for c in row] for _, row in rows]
        return tuple(
            HeadColumn(name, tuple(dict.fromkeys(filled))[:_EXAMPLES], len(filled))
            for at, name in enumerate(header)
            for filled in [[row[at] for row in cells if row[at]]]
        )

    def read(self, path: Path, columns: EsgColumns, universe: Universe, *, as_of: date) -> ReadEsg:
        """Measures that were known by a day, and what came of the rest.

        Raises
        ------
        InputError, SourceContentError
            If the file cannot be read, a column is missing, a cell is no figure or outside its scale.
        """
        mapping = _mapping_of(columns)
        body, received = _received(path)
        with warnings.catch_warnings(record=True) as odd:
            warnings.simplefilter("always", InputWarning)
            observations = EsgFile(mapping).parse(body, received)
        found = observations_by_security(SecurityMaster.of_universe(universe), observations, on=as_of)
        good = {c.measure for c in columns.columns if c.direction is Direction.HIGHER_IS_BETTER}
        flags = {c.measure for c in columns.columns if c.kind is ColumnKind.FLAG}
        made = table_of_measures(found.observations, day=as_of, good_flags=(GOOD_FLAGS - flags) | (good & flags))
        return ReadEsg(
            table=made.table,
            subjects=len(found.resolutions.by_subject),
            recognised={k: n for k, n in found.resolutions.counts.items() if k != "unresolved"},
            unresolved=found.resolutions.unresolved,
            left_out=made.left_out,
            warnings=tuple(str(each.message) for each in odd),
        )


def _received(path: Path) -> tuple[bytes, Received]:
    try:
        body = path.read_bytes()
    except OSError as e:
        raise InputError(f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the name of the file.") from e
    expects = _KINDS.get(path.suffix.casefold(), Content.CSV)
    facts = EsgFile.facts
    received = Received.of_file(path, body, expects, provider=facts.provider, licence=facts.licence)
    refuse_other_content(body, received)
    return body, received


def _mapping_of(columns: EsgColumns) -> EsgMapping:
    return EsgMapping(
        provider=columns.provider,
        licence=columns.licence,
        id_column=columns.id_column,
        id_type=columns.id_kind,
        scores=tuple(_score_of(c) for c in columns.columns if c.kind is not ColumnKind.FLAG),
        flags=tuple(FlagColumn(c.column, c.measure) for c in columns.columns if c.kind is ColumnKind.FLAG),
        aliases={columns.also_column: columns.also_kind} if columns.also_column else {},
        as_of_column=columns.known_column,
        as_of=columns.known_on,
        sheet=columns.sheet,
        decimal_mark=columns.decimal_mark,
    )


def _score_of(column: EsgColumn) -> ScoreColumn:
    scale = None
    if column.least is not None and column.greatest is not None:
        scale = (column.least, column.greatest)
    if column.letters:
        scale = (0.0, len(column.letters) - 1.0)
    unit = column.unit if column.kind is ColumnKind.FIGURE else "points"
    return ScoreColumn(column.column, column.measure, _READINGS[column.direction], scale, column.letters, unit=unit)
