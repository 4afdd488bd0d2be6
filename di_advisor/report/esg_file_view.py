"""What came of somebody's ESG file: measures with their coverage, whom it does not name, and what is not used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from di_advisor.domain.esg_columns import ReadEsg
from di_advisor.report.tables import Align, Column, Table
from di_advisor.report.wish_views import coverage_table, told_bundle
from di_advisor.report.wording import count_of, joined
from di_advisor.signals.measure_coverage import MeasureCoverage

__all__ = ["esg_file_bundle", "esg_file_sentence"]

_SHOWN: Final = 20


def esg_file_sentence(name: str, found: ReadEsg) -> str:
    """How many securities a file names, how many of them are the market's, and by what."""
    known = found.subjects - len(found.unresolved)
    ways = [(what.replace("_", " "), n) for what, n in found.recognised.items() if n]
    by = f" by {ways[0][0]}" if len(ways) == 1 else f": {joined([f'{n:,} by {what}' for what, n in ways])}"
    named = count_of(found.subjects, "security", "securities")
    return f"{name} names {named}; {known:,} are recognised{by if ways else ''}."


def esg_file_bundle(name: str, found: ReadEsg, measures: Sequence[MeasureCoverage]) -> dict[str, str]:
    """In every form a notebook may want, by media type.

    Parameters
    ----------
    name : str
        Of the file.
    found : ReadEsg
        What it holds.
    measures : sequence of MeasureCoverage
        What its measures cover of the index and the account.
    """
    unused = tuple((reason, f"{n:,}") for reason, n in found.left_out.items())
    strangers = tuple((who, why or "no name of the market is like that") for who, why in found.unresolved.items())
    more = len(strangers) - _SHOWN
    tables = [
        coverage_table(measures),
        Table("Figures that are not used", (Column("Why"), Column("Figures", align=Align.RIGHT)), unused),
        Table(
            f"Not recognised{f' (the first {_SHOWN} of {len(strangers):,})' if more > 0 else ''}",
            (Column("Named as", align=Align.WHOLE), Column("Why")),
            strangers[:_SHOWN],
        ),
    ]
    said = "Nothing rests on it yet: open the files to use it." if measures else "No figure of it can be used."
    return told_bundle(esg_file_sentence(name, found), said, tables, found.warnings)
