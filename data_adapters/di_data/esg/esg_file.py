"""Bring your own ESG file: CSV, workbook or Parquet and a mapping give the same observations as any service.

Problem: the scores that clients pay for come as files, and offline there is nothing else. Decision: the mapping
says what the columns are (`di_data.esg.esg_mapping`); every figure is checked against its stated scale, blanks
are not disclosed, rows that repeat count once, rows that contradict each other give an error in place of a
value, and scores that look like fractions of their scale are refused. Limits: what the file says is taken as
known on its stated day; without one, on the day of the file itself, and the note says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.observations import Observation, Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_advisor.units import fraction_from_percent
from di_data.delimited import decoded_text, read_records
from di_data.esg.esg_mapping import PRESETS, EsgMapping, FlagColumn, ScoreColumn, preset, read_mapping
from di_data.esg.parquet_table import parquet_rows
from di_data.esg.values import Value, refuse_fractions
from di_data.frame.adapter import Adapter, RateLimit, SourceFacts
from di_data.frame.exchange import Content, Received, Request
from di_data.frame.guards import content_error, refuse_other_columns, refuse_other_content
from di_data.frame.workbooks import day_of_cell, sheets_of, text_of_cell
from di_data.notation import FileNotation

__all__ = ["FRACTION", "PERCENT", "EsgFile", "table_of"]

PERCENT, FRACTION = "%", "fraction"
"""Units of shares: as the file has them, both are kept as fractions with the unit "%"."""

_BLANK: Final = frozenset({"", "-", "--", "n/a", "na", "nan", "null", "none", "not rated", "nr", "#n/a"})
_SHOWN: Final = 3
_RISK_BANDS: Final = ((40.0, "severe"), (30.0, "high"), (20.0, "medium"), (10.0, "low"), (0.0, "negligible"))
"""Sustainalytics' bands of its risk rating, from the score: the label in files disagrees with it at times."""


class EsgFile(Adapter[Observation]):
    """Observations of a user's file.

    Parameters
    ----------
    mapping : EsgMapping, optional
        What the columns mean. Without one, what comes with the file counts: ``mapping``, the text of a mapping
        file, or ``preset``, a preset's name; and without these the one preset whose columns all stand there.
    """

    facts: ClassVar[SourceFacts] = SourceFacts(
        name="esg_file",
        title="your own file of ESG scores, with a mapping",
        provider="own file",
        hosts=(),
        licence="as the mapping states",
        documentation="data_adapters/README.md",
        limits=(RateLimit(1, timedelta(seconds=1)),),
        accepts=Content.CSV,
        options=("preset", "mapping"),
    )

    def __init__(self, mapping: EsgMapping | None = None) -> None:
        self._mapping = mapping

    def plan(self, query: SourceQuery) -> Sequence[Request]:
        """Nothing is fetched.

        Raises
        ------
        InputError
            Always: a file is parsed, not pulled.
        """
        del query
        raise InputError("esg_file reads a file of yours.", hint="Use data parse esg_file FILE, with a mapping.")

    def parse(self, body: bytes, received: Received) -> Sequence[Observation]:
        """Observations of a CSV file, a workbook or a Parquet file."""
        stated = self._mapping or _stated(received)
        header, rows = table_of(body, received, stated)
        mapping = stated or _preset_of(header, received)
        refuse_other_columns(header, mapping.required, received, known=mapping.known)
        twice = sorted({column for column in mapping.known if header.count(column) > 1})
        if twice:
            raise content_error(
                received, f"the column {', '.join(twice)} stands there more than once.", hint="Keep one."
            )
        if not rows:
            raise content_error(received, "there are no rows below the header.")
        return _File(mapping, received).observations(header, rows)


_Rows = list[tuple[str, list[Any]]]
"""Rows with how a person finds them again."""


def table_of(body: bytes, received: Received, mapping: EsgMapping | None) -> tuple[list[str], _Rows]:
    """Header and filled rows of a CSV file, a workbook or a Parquet file.

    Raises
    ------
    SourceContentError
        If it is none of them, or has no rows.
    """
    if received.request.expects is Content.PARQUET or body.startswith(b"PAR1"):
        return parquet_rows(body, received)
    if received.request.expects is Content.XLSX or body.startswith(b"PK"):
        wanted = mapping.sheet if mapping else ""
        sheets = sheets_of(body, received, (wanted,) if wanted else ())
        sheet = next((rows for rows in sheets.values() if rows), None)
        if sheet is None:
            raise content_error(
                received, f"there is no sheet {wanted!r} with rows." if wanted else "no sheet has rows."
            )
        filled = [(f"row {n}", row) for n, row in enumerate(sheet[1:], start=2) if any(text_of_cell(c) for c in row)]
        return [text_of_cell(cell) for cell in sheet[0]], filled
    refuse_other_content(body, received)
    try:
        header, records = read_records(decoded_text(body, received.source), received.source)
        return header, [(f"line {line}", list(cells)) for line, cells in records if any(c.strip() for c in cells)]
    except InputError as e:
        raise SourceContentError(e.what, hint=e.hint, source=received.provider, address=received.source) from None


def _stated(received: Received) -> EsgMapping | None:
    """Return the mapping that came with the file, or None."""
    written, named = received.context.get("mapping", ""), received.context.get("preset", "")
    if written:
        return read_mapping(written, "the mapping")
    return preset(named) if named else None


def _preset_of(header: Sequence[str], received: Received) -> EsgMapping:
    fitting = [name for name, mapping in PRESETS.items() if set(mapping.required) <= set(header)]
    if len(fitting) != 1:
        raise content_error(
            received,
            f"the columns fit {'no preset' if not fitting else 'several presets: ' + ', '.join(fitting)}; "
            f"they are {', '.join(map(repr, header[:10]))}.",
            hint=f"Write a mapping (TOML, see data_adapters/README.md), or name a preset: {', '.join(PRESETS)}.",
        )
    return PRESETS[fitting[0]]


class _File:
    def __init__(self, mapping: EsgMapping, received: Received) -> None:
        self._mapping, self._received = mapping, received
        self._notation = FileNotation(mapping.decimal_mark)
        self._provenance = replace(received.provenance, provider=mapping.provider, licence=mapping.licence)
        self._wrong: list[str] = []

    def observations(self, header: Sequence[str], rows: _Rows) -> list[Observation]:
        """One a subject and measure; raises all that is wrong together."""
        found: dict[tuple[Identifier, str, date], Observation] = {}
        for label, cells in rows:
            row = dict(zip(header, cells, strict=False))
            for made in self._of_row(label, row):
                key = (made.subject, made.metric, made.known_on)
                found[key] = _reconciled(found.get(key), made)
        if self._wrong:
            more = f"; {len(self._wrong)} cells are wrong" if len(self._wrong) > _SHOWN else ""
            raise content_error(
                self._received,
                f"{'; '.join(self._wrong[:_SHOWN])}{more}; nothing was imported.",
                hint="Correct the file, or the scale in the mapping; nothing is clipped.",
                cells=len(self._wrong),
            )
        for score in self._mapping.scores:
            if score.scale is not None and not score.letters:
                figures = [o.value for o in found.values() if o.metric == score.metric and isinstance(o.value, float)]
                refuse_fractions(figures, self._received, scale=score.scale, where=score.column)
        return list(found.values())

    def _of_row(self, label: str, row: dict[str, Any]) -> list[Observation]:
        mapping, made = self._mapping, []
        try:
            subject = Identifier(mapping.id_type, text_of_cell(row.get(mapping.id_column)))
            aliases = tuple(
                Identifier(scheme, text)
                for column, scheme in mapping.aliases.items()
                if (text := text_of_cell(row.get(column))).casefold() not in _BLANK
            )
            known, note = self._known(row)
        except InputError as e:
            self._wrong.append(f"{label}: {e.what}")
            return []
        columns: tuple[ScoreColumn | FlagColumn, ...] = (*mapping.scores, *mapping.flags)
        for column in columns:
            if column.column not in row:
                continue
            try:
                value, told = self._value(column, row[column.column])
            except InputError as e:
                self._wrong.append(f"{label}, {column.column}: {e.what}")
                continue
            made.append(
                Observation(
                    subject=subject,
                    metric=column.metric,
                    value=value,
                    unit=_unit_of(column),
                    reading=column.reading if isinstance(column, ScoreColumn) else Reading.FLAG,
                    status=Status.NOT_DISCLOSED if value is None else Status.ESTIMATED,
                    known_on=known,
                    provenance=self._provenance,
                    scale=_scale_of(column),
                    aliases=aliases,
                    note="; ".join(part for part in (told, note) if part),
                )
            )
        return made

    def _known(self, row: dict[str, Any]) -> tuple[date, str]:
        mapping = self._mapping
        if mapping.as_of is not None:
            return mapping.as_of, ""
        fetched = self._received.fetched_at.date()
        if not mapping.as_of_column:
            return fetched, "known on the day of the file, which states none"
        formats = (mapping.as_of_format,) if mapping.as_of_format else ()
        day = day_of_cell(row.get(mapping.as_of_column), *formats)
        if day is None:
            raise InputError(f"{mapping.as_of_column} is blank.", hint="State the day, or one for the whole file.")
        return day, ""

    def _value(self, column: ScoreColumn | FlagColumn, cell: object) -> tuple[Value, str]:
        text = "" if isinstance(cell, float) and cell != cell else text_of_cell(cell)  # noqa: PLR0124  # NaN
        if text.casefold() in _BLANK:
            return None, ""
        if isinstance(column, FlagColumn):
            key = text.casefold()
            if key not in column.true | column.false:
                raise InputError(f"{text!r} is neither true nor false.", hint="Add it to the mapping's true or false.")
            return key in column.true, ""
        if column.letters:
            if text not in column.letters:
                raise InputError(f"{text!r} is none of {', '.join(column.letters)}.", hint="Check the ladder.")
            return float(column.letters.index(text)), text
        value = float(cell) if isinstance(cell, int | float) else float(self._notation.amount(text))
        if column.scale is not None and not column.scale[0] <= value <= column.scale[1]:
            raise InputError(
                f"{value:g} is outside the scale {column.scale[0]:g} to {column.scale[1]:g}.", hint="Check the scale."
            )
        if column.unit == PERCENT:
            return fraction_from_percent(value), ""
        return value, _band(column, value)


def _unit_of(column: ScoreColumn | FlagColumn) -> str:
    if isinstance(column, FlagColumn):
        return ""
    return PERCENT if column.unit == FRACTION else column.unit


def _scale_of(column: ScoreColumn | FlagColumn) -> tuple[float, float] | None:
    """The scale of the values as they are kept: of percent, that of fractions."""
    if isinstance(column, FlagColumn) or column.scale is None:
        return None
    least, greatest = column.scale
    if column.unit == PERCENT:
        return fraction_from_percent(least), fraction_from_percent(greatest)
    return least, greatest


def _band(column: ScoreColumn, value: float) -> str:
    if column.metric != "esg_risk_score" or column.reading is not Reading.LOWER_IS_BETTER:
        return ""
    return f"band {next((name for floor, name in _RISK_BANDS if value >= floor), 'negligible')}"


def _reconciled(standing: Observation | None, made: Observation) -> Observation:
    """Of two rows about the same: one, where they agree; an error in place of a value, where they do not."""
    if standing is None or standing.value == made.value:
        return standing or made
    told = [str(each.value) if each.value is not None else each.note or "nothing" for each in (standing, made)]
    return replace(standing, value=None, status=Status.ERROR, note=f"rows contradict each other: {' and '.join(told)}")
