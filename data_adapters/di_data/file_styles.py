"""How one file is written: what is stated for it, and what its own cells prove.

Problem: lots come from a broker, weights from an index provider and prices from a desk; one delimiter and one
order of day and month for all of them is wrong for some. Decision: every file has its own style. What is stated
holds (for all files, or for one by its role); else the delimiter is read off the header, and the order of day and
month off a day above 12 somewhere in the file, which is said aloud. What the file does not prove (3/4/2024, or
12,345 between semicolons) is an error, never a guess. Limits: years have four digits; a decimal comma and an
encoding other than UTF-8 are always stated.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace

from di_advisor.errors import InputError, InputWarning
from di_data.notation import NUMBERED_DAY, FileNotation

__all__ = ["FileStyle", "recognised_dates", "recognised_delimiter", "style_of"]

_DELIMITERS = (",", ";", "\t", "|")
_MONTHS = 12
_LENGTHS = range(len("1/1/2024"), len("31/12/2024") + 1)
_ORDERS = {"month": ("%m", "%d"), "day": ("%d", "%m")}


@dataclass(frozen=True, slots=True)
class FileStyle:
    """What is stated of a file; what is empty is recognised, or is the common case.

    Attributes
    ----------
    encoding : str or None
        None for UTF-8, or what a byte-order mark says.
    delimiter : str
        Between cells; empty to read it off the header.
    decimal_mark : str
        "." or ","; empty for a point.
    date_format : str
        As in `datetime.strptime`; empty for ISO dates and for what the file proves.
    """

    encoding: str | None = None
    delimiter: str = ""
    decimal_mark: str = ""
    date_format: str = ""

    def notation(self, delimiter: str) -> FileNotation:
        """How amounts and dates are written, in a file with this delimiter."""
        grouped = bool(self.decimal_mark) or delimiter != ";"
        return FileNotation(self.decimal_mark or ".", self.date_format, commas_group=grouped)


def style_of(common: FileStyle, files: Mapping[str, Mapping[str, str]], role: str) -> FileStyle:
    """Style of one file: what is stated for it, before what is stated for all.

    Parameters
    ----------
    common : FileStyle
        For all files.
    files : Mapping of str to Mapping
        Settings of single files by role ("lots", "prices", ...).
    role : str
        Which file it is.

    Raises
    ------
    InputError
        If a setting is not known.
    """
    stated = dict(files.get(role, {}))
    known = {f.name for f in fields(FileStyle)}
    if strange := sorted(set(stated) - known):
        raise InputError(
            f"{strange[0]!r} is no setting of the file {role}.", hint=f"There are: {', '.join(sorted(known))}."
        )
    return replace(common, **stated)


def recognised_delimiter(text: str, source: str, known: Collection[str] = ()) -> str:
    """The sign that separates the header of a file; a comma where it has one cell only.

    Parameters
    ----------
    text : str
        The file.
    source : str
        Its name.
    known : collection of str
        Headers that are documented; they decide where several signs are possible.

    Raises
    ------
    InputError
        If several signs separate the header equally well.
    """
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    scores = {}
    for sign in _DELIMITERS:
        try:
            cells = [cell.strip().casefold() for cell in next(csv.reader([header], delimiter=sign), [])]
        except csv.Error:
            continue  # a cell too long for a header; the reader says so with its line
        if len(cells) > 1:
            scores[sign] = sum(cell in known for cell in cells)
    best = [sign for sign, score in scores.items() if score == max(scores.values())]
    if len(best) > 1:
        named = " or ".join("tabs" if sign == "\t" else repr(sign) for sign in best)
        raise InputError(
            f"{source}: the header could be separated by {named}.",
            hint="State the delimiter of the file (--delimiter, or --delimiter lots=';' for one of several).",
            source=source,
        )
    return best[0] if best else ","


def recognised_dates(notation: FileNotation, cells: Iterable[tuple[str, object]], source: str) -> FileNotation:
    """The notation of a file, with the order of day and month that its cells prove.

    Parameters
    ----------
    notation : FileNotation
        What is stated; a stated date format stays.
    cells : iterable of (str, object)
        Label of a row ("line 4") and one of its cells.
    source : str
        Name of the file.

    Returns
    -------
    FileNotation
        The same where every date is ISO, or nothing proves an order; the cells in doubt are errors of their rows.

    Raises
    ------
    InputError
        If some cells prove one order, and some the other.

    Warns
    -----
    InputWarning
        Saying the order, and which row proves it.
    """
    if notation.date_format:
        return notation
    signs: set[str] = set()
    proof: dict[str, tuple[str, str]] = {}
    for label, cell in cells:
        written = str(cell).strip()
        found = NUMBERED_DAY.fullmatch(written) if len(written) in _LENGTHS else None
        if found is None:
            continue
        signs.add(found["sign"])
        first, second = int(found["first"]) > _MONTHS, int(found["second"]) > _MONTHS
        if first != second:
            proof.setdefault("day" if first else "month", (label, written))
    if len(proof) > 1:
        places = " and ".join(f"{label} has {written}" for label, written in proof.values())
        raise InputError(
            f"{source}: {places}: day and month stand in both orders.",
            hint="One order holds for a file; correct the rows, or write dates as 2024-03-04.",
            source=source,
        )
    if not proof or len(signs) > 1:
        return notation
    ((leading, (label, written)),) = proof.items()
    first_code, second_code = _ORDERS[leading]
    (sign,) = signs
    order = "month, day, year" if leading == "month" else "day, month, year"
    warnings.warn(
        f"{source}: dates are read as {order}, because {label} has {written}.",
        InputWarning,
        stacklevel=4,
    )
    return replace(notation, proved_format=f"{first_code}{sign}{second_code}{sign}%Y")
