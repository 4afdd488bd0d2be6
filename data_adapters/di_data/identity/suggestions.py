"""Suggestions for names that are not resolved: for a person to look at, never applied by themselves.

Problem: "INTL BUSINESS MACHS" is plainly IBM to a reader, and a program that joins by resemblance also
joins Delta Air Lines with Delta Apparel. Decision: candidates with their likeness, written in the columns
of a file of decisions with author and day left blank; such a file is refused until a person has signed each
row (`di_advisor.domain.security_rows.overrides_from_rows`). Limits: likeness of words, nothing else; on a real
index, matching by likeness of 92 and more added no name that was right and not found exactly.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from di_advisor.domain.company_names import name_tokens
from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.security_rows import OVERRIDE_COLUMNS
from di_advisor.domain.spreadsheet_cells import text_cell
from di_advisor.errors import InputError

__all__ = ["Suggestion", "suggest", "suggestions_csv"]

_MOST, _LEAST_LIKENESS = 5, 80.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate for a name.

    Attributes
    ----------
    identifier : Identifier
        The name that is unresolved.
    security_id, issuer_id, name : str
        The candidate, and the name of it that is alike.
    likeness : float
        Of the writing, from 0 to 100.
    """

    identifier: Identifier
    security_id: str
    issuer_id: str
    name: str
    likeness: float


def suggest(
    name: str, master: SecurityMaster, *, most: int = _MOST, least_likeness: float = _LEAST_LIKENESS
) -> tuple[Suggestion, ...]:
    """Candidates for a name, the likest first; an issuer with several share classes stands there with each.

    Parameters
    ----------
    name : str
        As a source writes it.
    master : SecurityMaster
        Whose issuers are looked through.
    most : int
        How many issuers at most.
    least_likeness : float
        From 0 to 100.

    Raises
    ------
    InputError
        If the name is empty.
    """
    from rapidfuzz import fuzz, process, utils

    identifier = Identifier(IdentifierScheme.NAME, name)
    if not name_tokens(name):
        raise InputError(f"The name {name!r} has no words.", hint="Give the company's name.")
    written = [(i.issuer_id, n) for i in master.issuers.values() for n in (i.name, *i.former_names) if name_tokens(n)]
    ranked = process.extract(
        name,
        [n for _, n in written],
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=None,
        score_cutoff=least_likeness,
    )
    found: dict[str, Suggestion] = {}
    for _, likeness, place in sorted(ranked, key=lambda r: (-r[1], r[2])):
        issuer_id, alike = written[place]
        if any(s.issuer_id == issuer_id for s in found.values()):
            continue
        if len({s.issuer_id for s in found.values()}) >= most:
            break
        for security_id in master.share_classes(issuer_id):
            found[security_id] = Suggestion(identifier, security_id, issuer_id, alike, float(likeness))
    return tuple(found.values())


def suggestions_csv(suggestions: Iterable[Suggestion]) -> str:
    """Suggestions in the columns of a file of decisions, author and day blank: a person deletes and signs."""
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow([c.name for c in OVERRIDE_COLUMNS])
    for each in suggestions:
        note = f"suggested: like {each.name} ({each.likeness:.0f} of 100)"
        texts = (each.identifier.scheme.value, each.identifier.value, each.security_id)
        rows.writerow([*map(text_cell, texts), "", "", "", "", text_cell(note)])
    return written.getvalue()
