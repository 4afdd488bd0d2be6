"""What a registry says of one listed company: its identifiers together, its names over time, its industry.

Problem: a security master is built from many sources, and each knows several identifiers of the same
company at once; apart from each other they say less. Decision: one record holds all that a source said of
one company in one place, with where it stands; what it means for our own ids is the security master's.
Limits: tickers are those of the day the record was fetched; only former names carry dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Provenance
from di_advisor.errors import InputError

__all__ = ["FormerName", "ListedIdentity"]


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name that a company had for a time; None where a day is not known."""

    name: str
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class ListedIdentity:
    """Identifiers of one company, as one source gives them together.

    Attributes
    ----------
    identifiers : tuple of Identifier
        All of the same company: its numbers first, then its tickers in the source's order.
    name : str
        As the source writes it.
    provenance : Provenance
        Where it stands; tickers are those of the day it was fetched.
    exchanges : tuple of str
        One a ticker, in the order of the tickers, where the source gives them; empty otherwise.
    industry_code, industry : str
        Standard industrial classification: four digits, and their meaning; empty where not known.
    former_names : tuple of FormerName
        With their days.

    Raises
    ------
    InputError
        If it identifies nobody.
    """

    identifiers: tuple[Identifier, ...]
    name: str
    provenance: Provenance
    exchanges: tuple[str, ...] = ()
    industry_code: str = ""
    industry: str = ""
    former_names: tuple[FormerName, ...] = ()

    def __post_init__(self) -> None:
        if not self.identifiers:
            raise InputError(f"The company {self.name!r} has no identifier.", hint="Leave out what identifies nobody.")

    def of_scheme(self, scheme: IdentifierScheme) -> tuple[Identifier, ...]:
        """Those of one kind, in order."""
        return tuple(each for each in self.identifiers if each.scheme is scheme)
