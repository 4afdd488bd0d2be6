"""A paper: typed rows, and what stands on it besides: whose, which settings, what is missing.

Problem: a figure that leaves the books without its assumptions is believed for the wrong reasons.
Decision: every paper carries the accounts that were seen, the settings under which the law was
read, the notices of the books, and a list of what is not known. What is not known is named there
and in no sum; `Paper.complete` refuses such a paper. Limits: rows are in cents, made to add up;
the exact amounts stay in the books. Not tax advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import IncompleteDataError
from di_advisor.ledger.books import Books
from di_advisor.ledger.tax_return import NOT_TAX_ADVICE

__all__ = ["About", "Missing", "Paper", "RowT", "about"]

RowT = TypeVar("RowT")
"""Type of a paper's rows: a frozen dataclass of text, dates, decimals, fractions and truth values."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something a figure would need and nobody knows.

    Attributes
    ----------
    what : str
        ``basis``, ``term``, ``price``, ``ex_date``, ``holding_days`` or ``fraction``.
    account_id, security_id, event_id, lot_id : str
        Where; empty where it does not apply.
    sentence : str
        What is not known, and what is left out because of it.
    """

    what: str
    account_id: str
    security_id: str
    event_id: str
    lot_id: str
    sentence: str


@dataclass(frozen=True)
class About:
    """What a paper rests on.

    Attributes
    ----------
    title : str
        What it is.
    taxpayer : str
        Whose.
    as_of : date
        Last day of the books.
    scope : str
        Accounts that were seen, as a sentence.
    settings : Mapping of str to str
        How the law was read where it is silent.
    notes : tuple of str
        What a reader must know.
    missing : tuple of Missing
        What is not known; it stands in no sum.
    disclaimer : str
        That this is no advice.
    """

    title: str
    taxpayer: str
    as_of: date
    scope: str
    settings: Mapping[str, str]
    notes: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    disclaimer: str = NOT_TAX_ADVICE

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Label and text of everything that is printed beside the rows, in a fixed order."""
        return (
            ("paper", self.title),
            ("taxpayer", self.taxpayer),
            ("as_of", self.as_of.isoformat()),
            ("scope", self.scope),
            *((f"setting {name}", value) for name, value in self.settings.items()),
            *(("note", note) for note in self.notes),
            *(("missing", each.sentence) for each in self.missing),
            ("disclaimer", self.disclaimer),
        )


@dataclass(frozen=True)
class Paper(Generic[RowT]):
    """Rows with what they rest on.

    Attributes
    ----------
    about : About
        What is printed beside them.
    row_type : type
        Type of the rows.
    rows : tuple
        The rows, in a fixed order.
    totals : tuple
        Rows that sum others.
    """

    about: About
    row_type: type[RowT]
    rows: tuple[RowT, ...]
    totals: tuple[RowT, ...] = ()

    def complete(self) -> Paper[RowT]:
        """The paper itself, if nothing is missing.

        Raises
        ------
        IncompleteDataError
            If something is: a paper to be filed needs all of it.
        """
        missing = self.about.missing
        if missing:
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise IncompleteDataError(
                f"{self.about.title}: {missing[0].sentence}{more}",
                hint="Supply what is missing by a correction; until then the paper is not complete.",
                missing=missing,
            )
        return self


def about(books: Books, title: str, *, notes: tuple[str, ...] = (), missing: tuple[Missing, ...] = ()) -> About:
    """What every paper of these books carries.

    Parameters
    ----------
    books : Books
        The books.
    title : str
        Title of the paper.
    notes : tuple of str
        Notes of the paper itself; notices of the books follow them.
    missing : tuple of Missing
        What is not known.
    """
    settings = dict(books.policies.recorded())
    settings["identical_groups"] = "; ".join(books.groups.recorded())
    return About(
        title=title,
        taxpayer=books.taxpayer,
        as_of=books.as_of,
        scope=books.scope,
        settings=FrozenMap(settings),
        notes=(*notes, *dict.fromkeys(n.sentence for n in books.notices)),
        missing=missing,
    )
