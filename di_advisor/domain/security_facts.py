"""Issuers, their share classes, and decisions of people: what a security master is made of.

Problem: emissions belong to a company, prices to a share class, and a ticker to neither for long.
Decision: an issuer and its securities are two kinds of facts; tickers are spans of time
(`di_advisor.domain.tickers`); where a person decided that an identifier means a security, that is a fact
with an author and a day. Limits: an issuer is a legal entity as the list of securities names it; who owns
whom is not here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.errors import InputError

__all__ = ["IdentityOverride", "Issuer", "ListedSecurity"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """A company.

    Attributes
    ----------
    issuer_id : str
        Permanent id of ours.
    name : str
        Its name today.
    cik, lei : str
        SEC's number and the legal entity identifier; empty where not known.
    former_names : tuple of str
        Names it had, and other ways in which sources write it.
    """

    issuer_id: str
    name: str = ""
    cik: str = ""
    lei: str = ""
    former_names: tuple[str, ...] = field(default=())

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """What identifies it exactly: CIK, then LEI."""
        known = ((IdentifierScheme.CIK, self.cik), (IdentifierScheme.LEI, self.lei))
        return tuple(Identifier(scheme, value) for scheme, value in known if value)


@dataclass(frozen=True, slots=True)
class ListedSecurity:
    """A share class of an issuer.

    Attributes
    ----------
    security_id, issuer_id : str
        Permanent ids; issuer-level metrics are shared by all securities of an issuer.
    name : str
        Name of the share class, where it has one of its own.
    isin, cusip, sedol, figi : str
        Exact identifiers; empty where not known.
    """

    security_id: str
    issuer_id: str
    name: str = ""
    isin: str = ""
    cusip: str = ""
    sedol: str = ""
    figi: str = ""

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """What identifies it exactly, our own id first."""
        known = (
            (IdentifierScheme.SECURITY_ID, self.security_id),
            (IdentifierScheme.ISIN, self.isin),
            (IdentifierScheme.CUSIP, self.cusip),
            (IdentifierScheme.SEDOL, self.sedol),
            (IdentifierScheme.FIGI, self.figi),
        )
        return tuple(Identifier(scheme, value) for scheme, value in known if value)


@dataclass(frozen=True, slots=True)
class IdentityOverride:
    """A person's decision of what an identifier means.

    Attributes
    ----------
    identifier : Identifier
        As a source writes it.
    security_id : str
        What it means; empty where it is none of our securities.
    author : str
        Who decided.
    decided : date
        When.
    first, last : date or None
        From when to when it holds; None where it is open.
    note : str
        Why.

    Raises
    ------
    InputError
        If nobody decided it, or it ends before it starts.
    """

    identifier: Identifier
    security_id: str
    author: str
    decided: date
    first: date | None = None
    last: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not self.author.strip():
            raise InputError(
                f"The decision on {self.identifier} has no author.", hint="A person decides, and says who it was."
            )
        if self.first is not None and self.last is not None and self.last < self.first:
            raise InputError(
                f"The decision on {self.identifier} ends on {self.last}, before {self.first}.",
                hint="Correct the dates.",
            )

    def covers(self, day: date | None) -> bool:
        """Whether it holds on a day; without a day, only one without dates does."""
        if day is None:
            return self.first is None and self.last is None
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: IdentityOverride) -> bool:
        """Whether there is a day on which both hold."""
        starts = max(self.first or date.min, other.first or date.min)
        return starts <= min(self.last or date.max, other.last or date.max)
