"""Rows of a table on their way in: every error is collected, with the names of row and column.

Problem: the same lots arrive as a data frame or as a file, and a user with forty wrong rows wants
to hear of forty. Decision: frames and files become `Row` values, whose cells are read one by one
(`di_advisor.domain.cells`), and `Findings` collects what is wrong until the whole table was looked
at; then it raises once and nothing was imported. Limits: a table is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

from di_advisor.errors import InputError, RowsError

__all__ = ["Column", "Findings", "Row", "require_columns", "some_of"]

_MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Column:
    """A documented column of a table.

    Attributes
    ----------
    name : str
        Its header, unit included.
    meaning : str
        One sentence.
    required : bool
        Whether a table without it is refused.
    """

    name: str
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    label : str
        How a person finds it again: "line 4" of a file, "row 3" of a frame (its index label).
    cells : Mapping of str to object
        Cells by column name; an absent column is a blank cell.
    """

    label: str
    cells: Mapping[str, object]

    def __getitem__(self, column: str) -> object:
        return self.cells.get(column)


@dataclass
class Findings:
    """Collects errors of rows, and raises them together.

    Attributes
    ----------
    source : str
        Name of the file or frame, for every sentence.
    errors : list of InputError
        What was found so far.
    """

    source: str
    errors: list[InputError] = field(default_factory=list)

    @contextmanager
    def at(self, row: Row, column: str) -> Iterator[None]:
        """Collect an `InputError` of the block as one of this row and column, and go on."""
        try:
            yield
        except InputError as e:
            self.wrong(row.label, column, e.what, e.hint)

    def wrong(self, row: str, column: str, what: str, hint: str) -> None:
        """Note an error of a row (its label) and column; either may be empty."""
        place = ", ".join(p for p in (row, column) if p)
        sentence = f"{place}: {what}" if place else what
        self.errors.append(InputError(sentence, hint=hint, source=self.source, row=row, field=column))

    def raise_any(self) -> None:
        """Raise all that was found.

        Raises
        ------
        RowsError
            If anything was found.
        """
        if self.errors:
            raise RowsError.collected(self.source, self.errors)


def require_columns(present: Sequence[str], columns: Sequence[Column], source: str) -> tuple[str, ...]:
    """Check a table's headers against its documented columns.

    Returns
    -------
    tuple of str
        Headers that no column documents, in their order.

    Raises
    ------
    InputError
        If a header stands twice, a required column is missing, or an undocumented header is so close
        to an absent column that it must be a slip.
    """
    twice = sorted({c for c in present if list(present).count(c) > 1})
    if twice:
        raise InputError(
            f"{source}: the column {', '.join(twice)} stands there more than once.", hint="Keep one.", source=source
        )
    names = [c.name for c in columns]
    unknown = tuple(c for c in present if c not in names)
    absent = [c.name for c in columns if c.name not in present]
    missing = [c.name for c in columns if c.required and c.name in absent]
    meant = {c: match[0] for c in unknown if (match := get_close_matches(c.casefold(), absent, n=1, cutoff=0.8))}
    slips = " ".join(f"Did you mean {right} by {wrong}?" for wrong, right in meant.items())
    if missing:
        has = ", ".join(present) or "no columns at all"
        raise InputError(
            f"{source}: {_columns(missing)} missing.",
            hint=f"It has: {has}. {slips}".strip(),
            source=source,
            missing=missing,
        )
    if meant:
        raise InputError(
            f"{source}: {_columns(list(meant))} not known.",
            hint=f"{slips} Rename it, or drop it if it is something else.",
            source=source,
        )
    return unknown


def _columns(named: Sequence[str]) -> str:
    return f"the column {named[0]} is" if len(named) == 1 else f"the columns {', '.join(named)} are"


def some_of(named: Sequence[str]) -> str:
    """The first five of some names, and how many more there are."""
    more = f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""
    return ", ".join(named[:_MAX_NAMED]) + more
